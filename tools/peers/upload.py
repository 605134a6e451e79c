"""Put manifests and blobs into a registry by plain HTTP, as anyone with push rights could."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import requests

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
FLUX_CONFIG = "application/vnd.cncf.flux.config.v1+json"
FLUX_LAYER = "application/vnd.cncf.flux.content.v1.tar+gzip"
# Not `{}`: that is the empty config of every evidence manifest, which would then be in the repository already.
_CONFIG = b'{"created":"2026-01-01T00:00:00Z"}'


def digest_of(content: bytes) -> str:
    """The digest of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def put_blob(host: str, repository: str, content: bytes) -> str:
    """Upload one blob; returns its digest."""
    digest = digest_of(content)
    begun = requests.post(f"http://{host}/v2/{repository}/blobs/uploads/", timeout=10)
    begun.raise_for_status()
    location = begun.headers["Location"]
    url = location if location.startswith("http") else f"http://{host}{location}"
    done = requests.put(
        url + ("&" if "?" in url else "?") + f"digest={digest}",
        data=content,
        headers={"Content-Type": "application/octet-stream"},
        timeout=30,
    )
    done.raise_for_status()
    return digest


def put_manifest(host: str, repository: str, reference: str, content: bytes, media_type: str = MANIFEST) -> str:
    """Upload one manifest under a tag or digest; returns its digest."""
    url = f"http://{host}/v2/{repository}/manifests/{reference}"
    requests.put(url, data=content, headers={"Content-Type": media_type}, timeout=10).raise_for_status()
    return digest_of(content)


def get_manifest(host: str, repository: str, reference: str) -> bytes | None:
    """The bytes of one manifest; None where the registry has none."""
    url = f"http://{host}/v2/{repository}/manifests/{reference}"
    answer = requests.get(url, headers={"Accept": f"{MANIFEST}, {INDEX}"}, timeout=10)
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.content


def _layer(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def put_artifact(
    host: str, repository: str, tag: str, files: Mapping[str, bytes], annotations: Mapping[str, str] | None = None
) -> str:
    """Push a Flux artifact under a tag, signed by nobody; returns `host/repository@digest`."""
    layer = _layer(files)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": FLUX_CONFIG, "size": len(_CONFIG), "digest": put_blob(host, repository, _CONFIG)},
        "layers": [{"mediaType": FLUX_LAYER, "size": len(layer), "digest": put_blob(host, repository, layer)}],
        "annotations": dict(annotations or {}),
    }
    digest = put_manifest(host, repository, tag, json.dumps(manifest).encode())
    return f"{host}/{repository}@{digest}"


def carry_layout(layout: Path, host: str, repository: str) -> dict[str, str]:
    """Copy everything that an OCI image layout holds into a registry; returns its tags with their digests.

    Blobs go first, then what index.json lists, subjects before their referrers, then the tags.
    """
    index = json.loads((layout / "index.json").read_text())
    listed = {entry["digest"]: entry["mediaType"] for entry in index["manifests"]}
    contents = {digest: (layout / "blobs" / digest.replace(":", "/")).read_bytes() for digest in listed}
    for path in sorted((layout / "blobs" / "sha256").iterdir()):
        if f"sha256:{path.name}" not in listed:
            put_blob(host, repository, path.read_bytes())
    for digest in sorted(
        listed, key=lambda digest: (listed[digest] == INDEX, "subject" in json.loads(contents[digest]))
    ):
        assert put_manifest(host, repository, digest, contents[digest], listed[digest]) == digest
    tags = {
        entry["annotations"]["org.opencontainers.image.ref.name"]: entry["digest"]
        for entry in index["manifests"]
        if "org.opencontainers.image.ref.name" in entry.get("annotations", {})
    }
    for tag, digest in tags.items():
        put_manifest(host, repository, tag, contents[digest], listed[digest])
    return tags

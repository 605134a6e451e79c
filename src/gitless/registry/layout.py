"""An OCI image layout on disk (image-spec 1.1, image-layout.md): the embedded store, and the medium across air gaps.

Tags are `org.opencontainers.image.ref.name` of entries in index.json. Referrers are listed there and in the fallback
index, since readers look in either place. What other tools wrote stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.blob import Blob
from gitless.model.canonical import read_json_object
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_MANIFEST_BYTES, Manifest
from gitless.model.media_types import ANNOTATION_REF_NAME, OCI_INDEX
from gitless.model.reference import check_tag
from gitless.registry import fallback
from gitless.registry.directory import LOCK_SECONDS, locked, read_limited, write_whole
from gitless.registry.memory import checked_blob, missing_blob
from gitless.registry.names import MANIFEST_TYPES, is_tag, read_manifest, sorted_tags

_MAX_INDEX_BYTES = 16 * 1024 * 1024
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_CHUNK = 1024 * 1024


class LayoutRepository:
    """One layout directory as a repository; it is made by the first write.

    Args:
        directory: The layout's directory.
        lock_seconds: How long a write waits for other writers.
    """

    def __init__(self, directory: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._root = directory
        self._lock_seconds = lock_seconds
        self._thread_lock = threading.RLock()
        self._subjects: dict[Digest, Manifest] = {}

    @property
    def requests(self) -> int:
        """Always 0: nothing is sent."""
        return 0

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.ManifestReader`."""
        found = _tagged(self._entries(), check_tag(tag))
        return found.digest if found else None

    def fetch_manifest(self, target: str | Digest) -> Manifest | None:
        """See `ports.ManifestReader`."""
        entries = self._entries()
        if isinstance(target, Digest):
            found = next((item for item in map(_descriptor, entries) if item and item.digest == target), None)
            return self._manifest(target, found.media_type if found else "")
        found = _tagged(entries, check_tag(target))
        if found is None:
            return None
        manifest = self._manifest(found.digest, found.media_type)
        if manifest is None:
            raise UntrustedContentError(
                f"The OCI layout {self._root} is damaged.", why=f"{target} names {found.digest}, which is not there."
            )
        return manifest

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        """See `ports.ManifestWriter`; content it names must be there already."""
        name = None if tag is None else check_tag(tag)
        with self._thread_lock, locked(self._root, self._lock_seconds):
            self._push(manifest, name)

    def fetch_blob(self, descriptor: Descriptor, max_bytes: int) -> bytes:
        """See `ports.BlobStore`."""
        limit = min(max_bytes, descriptor.size)
        content = read_limited(self._blob_path(descriptor.digest), limit)
        if content is None:
            raise RemoteError(f"The blob {descriptor.digest} is not in the OCI layout {self._root}.")
        return checked_blob(content, descriptor, max_bytes)

    def push_blob(self, blob: Blob) -> None:
        """See `ports.BlobStore`."""
        path = self._blob_path(blob.descriptor.digest)
        if path.is_file() and path.stat().st_size == blob.descriptor.size:
            return
        self._check_layout()

        def copy(stream: BinaryIO) -> None:
            with blob.open() as source:
                _copy_checked(source, stream, blob.descriptor)

        self._write(path, copy)

    def list_referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`."""
        entries = self._entries()
        own = []
        for item in map(_descriptor, entries):
            manifest = self._known(item) if item else None
            if manifest and manifest.subject and manifest.subject.digest == subject:
                own.append(manifest.listing)
        return fallback.union(own, fallback.entries(self.fetch_manifest(subject.fallback_tag), subject))

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`; under the lock, so no writer loses what another wrote."""
        with self._thread_lock, locked(self._root, self._lock_seconds):
            for item in referrers:
                self._push(item, None)
            merged = fallback.merge(self.fetch_manifest(subject.fallback_tag), subject, referrers)
            if merged is not None:
                self._push(merged, subject.fallback_tag)
        return self.list_referrers(subject)

    def confirm(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; what was attached is listed."""

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing is lost here, since writers wait for each other."""

    def list_tags(self, after: str = "") -> tuple[str, ...]:
        """See `ports.TagLister`."""
        names = (_ref_name(entry) for entry in self._entries())
        return sorted_tags({name for name in names if name and is_tag(name)}, after)

    def _push(self, manifest: Manifest, tag: str | None) -> None:
        self._check_layout()
        for needed in (*((manifest.config,) if manifest.config else ()), *manifest.layers):
            if not self._blob_path(needed.digest).is_file():
                raise missing_blob(manifest, needed)
        self._write(self._blob_path(manifest.digest), lambda stream: _write_bytes(stream, manifest.content))
        document = self._document()
        entries = document["manifests"]
        changed = _listed(entries, manifest, tag)
        if changed != entries:
            document["manifests"] = changed
            content = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
            self._write(self._root / "index.json", lambda stream: _write_bytes(stream, content))

    def _check_layout(self) -> None:
        marker = self._root / "oci-layout"
        content = read_limited(marker, 4096)
        if content is None:
            strangers = [item.name for item in self._strangers()]
            if strangers:
                raise UsageError(
                    f"{self._root} is not an OCI layout.",
                    why=f"It holds other files, {strangers[0]!r} for example, and no file oci-layout.",
                    hint="Name a new or empty directory.",
                )
            self._write(marker, lambda stream: _write_bytes(stream, _LAYOUT))
        elif read_json_object(content, str(marker)).get("imageLayoutVersion") != "1.0.0":
            raise UsageError(f"{marker} names a layout version other than 1.0.0.")

    def _strangers(self) -> list[Path]:
        ours = {".gitless", "blobs", "index.json", "oci-layout"}
        return [item for item in sorted(self._root.iterdir()) if item.name not in ours] if self._root.is_dir() else []

    def _write(self, path: Path, write: Any) -> None:
        try:
            write_whole(self._root, path, write)
        except OSError as error:
            raise UsageError(f"Cannot write {path}.", why=error.strerror or "") from error

    def _document(self) -> dict[str, Any]:
        content = read_limited(self._root / "index.json", _MAX_INDEX_BYTES)
        if content is None:
            return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        if len(content) > _MAX_INDEX_BYTES:
            raise UntrustedContentError(f"{self._root / 'index.json'} is longer than 16 MiB.")
        document = read_json_object(content, str(self._root / "index.json"))
        if not isinstance(document.get("manifests"), list):
            raise UntrustedContentError(f"{self._root / 'index.json'} lists no manifests.")
        return document

    def _entries(self) -> list[Any]:
        entries: list[Any] = self._document()["manifests"]
        return entries

    def _manifest(self, digest: Digest, media_type: str) -> Manifest | None:
        content = read_limited(self._blob_path(digest), MAX_MANIFEST_BYTES)
        if content is None:
            return None
        if len(content) > MAX_MANIFEST_BYTES:
            raise UntrustedContentError(f"The manifest {digest} is longer than 4 MiB.")
        manifest = read_manifest(content, media_type, digest)
        return manifest if manifest.media_type in MANIFEST_TYPES else None

    def _known(self, descriptor: Descriptor) -> Manifest | None:
        if descriptor.media_type not in MANIFEST_TYPES:
            return None
        if descriptor.digest not in self._subjects:
            manifest = self._manifest(descriptor.digest, descriptor.media_type)
            if manifest is None:
                return None
            self._subjects[descriptor.digest] = manifest
        return self._subjects[descriptor.digest]

    def _blob_path(self, digest: Digest) -> Path:
        return self._root / "blobs" / "sha256" / digest.hex


def _listed(entries: list[Any], manifest: Manifest, tag: str | None) -> list[Any]:
    """The entries of index.json with the manifest in them; a digest that loses its tag stays listed without one."""
    digest = str(manifest.digest)
    if tag is None and digest in map(_digest, entries):
        return entries
    new = manifest.listing.to_json()
    if tag is None:
        return [*entries, new]
    new["annotations"] = {**new.get("annotations", {}), ANNOTATION_REF_NAME: tag}
    elsewhere = {_digest(entry) for entry in entries if _ref_name(entry) != tag}
    kept = []
    for entry in entries:
        if _ref_name(entry) != tag:
            if _digest(entry) != digest or _ref_name(entry) is not None:
                kept.append(entry)
        elif _digest(entry) != digest and _digest(entry) not in elsewhere:
            kept.append(_without_name(entry))
    return [*kept, new]


def _digest(entry: Any) -> str:
    value = entry.get("digest") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _without_name(entry: dict[str, Any]) -> dict[str, Any]:
    annotations = {key: text for key, text in entry["annotations"].items() if key != ANNOTATION_REF_NAME}
    rest = {key: value for key, value in entry.items() if key != "annotations"}
    return {**rest, "annotations": annotations} if annotations else rest


def _tagged(entries: list[Any], tag: str) -> Descriptor | None:
    # the last entry wins: writers that append when a tag moves leave the older one before it
    found = [entry for entry in entries if _ref_name(entry) == tag]
    return Descriptor.from_json(found[-1]) if found else None


def _ref_name(entry: Any) -> str | None:
    annotations = entry.get("annotations") if isinstance(entry, dict) else None
    name = annotations.get(ANNOTATION_REF_NAME) if isinstance(annotations, dict) else None
    return name if isinstance(name, str) else None


def _descriptor(entry: Any) -> Descriptor | None:
    found = fallback.listed({"manifests": [entry]})
    return found[0] if found else None


def _write_bytes(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


def _copy_checked(source: BinaryIO, target: BinaryIO, descriptor: Descriptor) -> None:
    hashed, size = hashlib.sha256(), 0
    while piece := source.read(_CHUNK):
        size += len(piece)
        hashed.update(piece)
        target.write(piece)
    if size != descriptor.size or hashed.hexdigest() != descriptor.digest.hex:
        raise UntrustedContentError(
            f"The blob {descriptor.digest} is not what its digest says.", why="Its source changed while it was read."
        )

"""Legacy signatures beside the bundles: made once, others' kept, in cosign's own bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping

import pytest
from tests.fakes.keyless import Time, Tokens, signer_for
from tests.fakes.signed import make_signer
from tests.fakes.sigstore.paper_server import PaperServer

from gitless.artifact.manifest import CONFIG_BLOB, build_manifest
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.flows.legacy import attach_legacy
from gitless.model.blob import Blob
from gitless.model.manifest import Manifest
from gitless.model.media_types import FLUX_CONTENT, OCI_INDEX, OCI_MANIFEST
from gitless.model.simple_signing import SIMPLE_SIGNING, legacy_tag, signed_digest, simple_signing
from gitless.registry.memory import MemoryRepository
from gitless.signing.legacy import KeyPayloads
from gitless.signing.legacy_certificate import JobPayloads

PLACE = "ghcr.io/acme/apps"


@pytest.fixture
def repository() -> MemoryRepository:
    return MemoryRepository()


@pytest.fixture
def artifact(repository: MemoryRepository) -> Manifest:
    layer = Blob.of(b"layer", FLUX_CONTENT)
    for blob in (layer, CONFIG_BLOB):
        repository.push_blob(blob)
    manifest = build_manifest(layer.descriptor, {"a": "b"})
    repository.push_manifest(manifest)
    return manifest


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with PaperServer() as running:
        yield running


def signatures(repository: MemoryRepository, artifact: Manifest) -> Manifest:
    found = repository.fetch_manifest(legacy_tag(artifact.digest))
    assert found is not None
    return found


def test_the_payload_is_cosigns(artifact: Manifest) -> None:
    assert simple_signing(PLACE, artifact.digest) == (
        b'{"critical":{"identity":{"docker-reference":"ghcr.io/acme/apps"},"image":{"docker-manifest-digest":"%s"},'
        b'"type":"cosign container image signature"},"optional":null}' % str(artifact.digest).encode()
    )


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"critical": 1}', b'{"critical": {"type": "x", "image": {}}}', b'{"critical": {"type": "cosign container image signature", "image": {"docker-manifest-digest": "sha1:0"}}}']
)  # fmt: skip
def test_what_is_no_payload_is_about_nothing(payload: bytes) -> None:
    assert signed_digest(payload) is None


def test_a_key_signs_once(repository: MemoryRepository, artifact: Manifest) -> None:
    signer = KeyPayloads(make_signer())
    assert attach_legacy(repository, artifact, PLACE, signer)
    (layer,) = signatures(repository, artifact).layers
    assert layer.media_type == SIMPLE_SIGNING
    assert list(layer.annotations) == ["dev.cosignproject.cosign/signature"]
    assert signed_digest(repository.fetch_blob(layer, 9999)) == artifact.digest
    before = signatures(repository, artifact)
    assert not attach_legacy(repository, artifact, PLACE, signer)
    assert signatures(repository, artifact) == before


def test_layers_of_others_stay(repository: MemoryRepository, artifact: Manifest) -> None:
    attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))
    theirs = signatures(repository, artifact).document["layers"][0]
    assert attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))
    manifest = signatures(repository, artifact)
    assert len(manifest.layers) == 2
    assert manifest.document["layers"][0] == theirs
    config = json.loads(repository.fetch_blob(manifest.config, 9999))  # type: ignore[arg-type]
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest.document["layers"]]


def test_a_signature_of_another_digest_is_not_ours(repository: MemoryRepository, artifact: Manifest) -> None:
    """The layer of another artifact, replayed under this one's tag."""
    signer = KeyPayloads(make_signer())
    payload = simple_signing(PLACE, CONFIG_BLOB.descriptor.digest)
    _put(repository, artifact, payload, signer.sign_payload(payload))
    assert attach_legacy(repository, artifact, PLACE, signer)
    assert len(signatures(repository, artifact).layers) == 2


def test_layers_that_are_no_signatures_are_not_read(repository: MemoryRepository, artifact: Manifest) -> None:
    attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))
    theirs = json.loads(signatures(repository, artifact).content)
    theirs["layers"][0].update(mediaType="application/octet-stream", size=10**9)
    repository.push_manifest(Manifest(OCI_MANIFEST, json.dumps(theirs).encode()), legacy_tag(artifact.digest))
    assert attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))
    assert len(signatures(repository, artifact).layers) == 2


@pytest.mark.parametrize("signature", ["", "!", base64.b64encode(b"x").decode()])
def test_a_broken_signature_is_not_ours(repository: MemoryRepository, artifact: Manifest, signature: str) -> None:
    payload = simple_signing(PLACE, artifact.digest)
    _put(repository, artifact, payload, {"dev.cosignproject.cosign/signature": signature})
    assert attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))


def test_a_tag_that_names_something_else_is_not_overwritten(repository: MemoryRepository, artifact: Manifest) -> None:
    tag = legacy_tag(artifact.digest)
    repository.push_manifest(Manifest(OCI_INDEX, b'{"schemaVersion":2,"manifests":[]}'), tag)
    before = repository.resolve(tag)
    with pytest.raises(UntrustedContentError, match="names something else"):
        attach_legacy(repository, artifact, PLACE, KeyPayloads(make_signer()))
    assert repository.resolve(tag) == before


class Contested(MemoryRepository):
    """Another writer puts its own signatures over ours, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        super().push_manifest(manifest, tag)
        if tag is not None and tag.endswith(".sig") and self.times:
            self.times -= 1
            other = json.loads(manifest.content)
            for layer in other["layers"]:
                layer["annotations"] = {"dev.cosignproject.cosign/signature": "AAAA"}
            super().push_manifest(Manifest(manifest.media_type, json.dumps(other).encode()), tag)


@pytest.mark.parametrize("times", [1, 2])
def test_a_tag_that_is_taken_back_is_written_again_once(times: int) -> None:
    repository = Contested(times)
    for blob in (CONFIG_BLOB, Blob.of(b"layer", FLUX_CONTENT)):
        repository.push_blob(blob)
    manifest = build_manifest(Blob.of(b"layer", FLUX_CONTENT).descriptor, {})
    repository.push_manifest(manifest)
    signer = KeyPayloads(make_signer())
    if times == 1:
        assert attach_legacy(repository, manifest, PLACE, signer)
    else:
        with pytest.raises(RemoteError, match="does not keep the legacy signature"):
            attach_legacy(repository, manifest, PLACE, signer)


def test_a_job_signs_once_with_the_certificate_of_its_bundles(
    repository: MemoryRepository, artifact: Manifest, server: PaperServer
) -> None:
    clock = Time()
    tokens = Tokens(clock)
    keyless = signer_for(server, clock, tokens, rekor=1)
    signer = JobPayloads(keyless, tokens.workload.identity)
    assert attach_legacy(repository, artifact, PLACE, signer)
    assert not attach_legacy(repository, artifact, PLACE, signer)
    assert server.entries(1) == 1
    (layer,) = signatures(repository, artifact).layers
    assert layer.annotations["dev.sigstore.cosign/certificate"].encode() == keyless.certificate_pem
    assert layer.annotations["dev.sigstore.cosign/chain"].count("BEGIN CERTIFICATE") == 2
    log = json.loads(layer.annotations["dev.sigstore.cosign/bundle"])
    assert list(log) == ["SignedEntryTimestamp", "Payload"]
    assert list(log["Payload"]) == ["body", "integratedTime", "logIndex", "logID"]
    assert list(json.loads(layer.annotations["dev.sigstore.cosign/rfc3161timestamp"])) == ["SignedRFC3161Timestamp"]


def test_another_jobs_signature_is_not_ours(
    repository: MemoryRepository, artifact: Manifest, server: PaperServer
) -> None:
    clock = Time()
    for tokens in (Tokens(clock), Tokens(clock, ref="refs/heads/other")):
        signer = JobPayloads(signer_for(server, clock, tokens, rekor=1), tokens.workload.identity)
        assert attach_legacy(repository, artifact, PLACE, signer)
    assert len(signatures(repository, artifact).layers) == 2


def _without(name: str) -> object:
    return lambda found: {key: value for key, value in found.items() if not key.endswith(name)}


def _log(**changes: object) -> object:
    def change(found: Mapping[str, str]) -> dict[str, str]:
        log = json.loads(found["dev.sigstore.cosign/bundle"])
        log["Payload"].update(changes)
        return {**found, "dev.sigstore.cosign/bundle": json.dumps(log)}

    return change


@pytest.mark.parametrize(
    "change",
    [
        _without("/signature"),
        _without("/certificate"),
        _without("/bundle"),
        _log(integratedTime=1),
        _log(logIndex=7),
        _log(logID="00" * 32),
        _log(logID="not hex"),
        _log(body="e30="),
        lambda found: {**found, "dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----"},
        lambda found: {**found, "dev.sigstore.cosign/bundle": "[]"},
        lambda found: {**found, "dev.cosignproject.cosign/signature": "AAAA"},
    ],
)
def test_a_damaged_signature_of_a_job_is_made_anew(
    repository: MemoryRepository, artifact: Manifest, server: PaperServer, change: object
) -> None:
    clock = Time()
    tokens = Tokens(clock)
    signer = JobPayloads(signer_for(server, clock, tokens, rekor=1), tokens.workload.identity)
    payload = simple_signing(PLACE, artifact.digest)
    _put(repository, artifact, payload, change(signer.sign_payload(payload)))  # type: ignore[operator]
    assert attach_legacy(repository, artifact, PLACE, signer)
    assert len(signatures(repository, artifact).layers) == 2


def test_rekor_2_is_refused_with_the_reason(server: PaperServer) -> None:
    clock = Time()
    tokens = Tokens(clock)
    with pytest.raises(UsageError, match="cannot be made with Rekor 2") as caught:
        JobPayloads(signer_for(server, clock, tokens, rekor=2), tokens.workload.identity)
    assert "signed entry timestamp" in caught.value.why


def _put(repository: MemoryRepository, artifact: Manifest, payload: bytes, annotations: Mapping[str, str]) -> None:
    from gitless.artifact.signatures import add_signature

    repository.push_blob(Blob.of(payload, SIMPLE_SIGNING))
    manifest, config = add_signature(None, payload, annotations)
    repository.push_blob(config)
    repository.push_manifest(manifest, legacy_tag(artifact.digest))

"""The bytes behind `sha256-<hex>.sig`, and whose layers are kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.artifact.signatures import MAX_SIGNATURES, add_signature
from gitless.errors import UntrustedContentError
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import OCI_INDEX, OCI_MANIFEST
from gitless.model.simple_signing import signed_digest, simple_signing

DIGEST = Digest.parse("sha256:" + "ab" * 32)
PAYLOAD = simple_signing("registry.example/acme/apps", DIGEST)
ANNOTATIONS = {"dev.cosignproject.cosign/signature": "c2lnbmF0dXJl"}


def test_the_manifest_is_these_bytes() -> None:
    manifest, config = add_signature(None, PAYLOAD, ANNOTATIONS)
    layer = Digest.of(PAYLOAD)
    with config.open() as stream:
        written = stream.read()
    assert written == (
        b'{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"",'
        b'"rootfs":{"type":"layers","diff_ids":["%s"]},"config":{}}' % str(layer).encode()
    )
    assert manifest.content.decode() == (
        f'{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}",'
        f'"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{Digest.of(written)}",'
        f'"size":{len(written)}}},'
        f'"layers":[{{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"{layer}",'
        f'"size":{len(PAYLOAD)},"annotations":{{"dev.cosignproject.cosign/signature":"c2lnbmF0dXJl"}}}}]}}'
    )


def test_what_others_wrote_stays() -> None:
    first, _ = add_signature(None, PAYLOAD, ANNOTATIONS)
    theirs = {**first.document, "annotations": {"who": "else"}}
    theirs["layers"][0]["org.example.extra"] = {"deep": [1]}
    manifest, _ = add_signature(Manifest(OCI_MANIFEST, json.dumps(theirs).encode()), PAYLOAD, {})
    assert manifest.document["annotations"] == {"who": "else"}
    assert manifest.document["layers"][0] == theirs["layers"][0]
    assert len(manifest.layers) == 2


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (OCI_INDEX, b'{"schemaVersion":2,"manifests":[]}'),
        (OCI_MANIFEST, b'{"schemaVersion":2}'),
        (OCI_MANIFEST, b'{"schemaVersion":2,"layers":[]}'),
        (OCI_MANIFEST, b'{"schemaVersion":2,"layers":{}}'),
        (OCI_MANIFEST, b'{"schemaVersion":2,"layers":[1]}'),
        (OCI_MANIFEST, b"not JSON"),
    ],
)
def test_something_else_is_not_overwritten(media_type: str, content: bytes) -> None:
    with pytest.raises(UntrustedContentError):
        add_signature(Manifest(media_type, content), PAYLOAD, ANNOTATIONS)


def test_there_is_an_end_to_signatures() -> None:
    manifest = None
    for _ in range(MAX_SIGNATURES):
        manifest, _ = add_signature(manifest, PAYLOAD, ANNOTATIONS)
    with pytest.raises(UntrustedContentError, match="names something else"):
        add_signature(manifest, PAYLOAD, ANNOTATIONS)


@given(st.binary(max_size=200))
def test_any_bytes_are_about_one_digest_or_none(content: bytes) -> None:
    assert signed_digest(content) is None


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_a_payload_is_about_its_digest_wherever_it_is(reference: str) -> None:
    assert signed_digest(simple_signing(reference, DIGEST)) == DIGEST

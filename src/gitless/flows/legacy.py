"""Legacy signatures beside the bundles, for Flux up to 2.7: written before any tag names the artifact, and once."""

from __future__ import annotations

from gitless.artifact.signatures import MAX_SIGNATURES, add_signature
from gitless.errors import RemoteError
from gitless.model.blob import Blob
from gitless.model.manifest import Manifest
from gitless.model.simple_signing import (
    MAX_PAYLOAD_BYTES,
    SIMPLE_SIGNING,
    legacy_tag,
    signed_digest,
    simple_signing,
)
from gitless.ports import PayloadSigner, Repository


def attach_legacy(repository: Repository, artifact: Manifest, reference: str, signer: PayloadSigner) -> bool:
    """See to it that the artifact has a legacy signature of this identity.

    A valid one that is there is kept; layers of others stay as they are.

    Args:
        repository: The artifact's store; the artifact is in it.
        artifact: The manifest this run has built.
        reference: Where it is published, without tag or digest; part of what is signed.
        signer: The publishing identity.

    Returns:
        Whether one was added.

    Raises:
        UntrustedContentError: The tag names something else than signatures.
        RemoteError: The store or a signing service failed, or another writer took the tag back twice.
    """
    tag = legacy_tag(artifact.digest)
    existing = repository.fetch_manifest(tag)
    if _is_signed(repository, artifact, existing, signer):
        return False
    payload = simple_signing(reference, artifact.digest)
    annotations = signer.sign_payload(payload)
    repository.push_blob(Blob.of(payload, SIMPLE_SIGNING))
    for _ in range(2):
        manifest, config = add_signature(existing, payload, annotations)
        repository.push_blob(config)
        repository.push_manifest(manifest, tag)
        # a tag has no lock: another writer may have read it before us and written it after us
        existing = repository.fetch_manifest(tag)
        if existing is not None and _is_signed(repository, artifact, existing, signer):
            return True
    raise RemoteError(
        f"The tag {tag} does not keep the legacy signature.",
        why="Another writer replaced it twice.",
        hint="Run the same command again; it completes what is missing.",
        temporary=True,
    )


def _is_signed(repository: Repository, artifact: Manifest, existing: Manifest | None, signer: PayloadSigner) -> bool:
    for layer in existing.layers[:MAX_SIGNATURES] if existing else ():
        if layer.media_type != SIMPLE_SIGNING or layer.size > MAX_PAYLOAD_BYTES:
            continue
        payload = repository.fetch_blob(layer, MAX_PAYLOAD_BYTES)
        if signed_digest(payload) == artifact.digest and signer.recognises(payload, layer.annotations):
            return True
    return False

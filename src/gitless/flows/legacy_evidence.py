"""Reading legacy signatures, as Flux does where a digest has no bundle at all."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.artifact.signatures import MAX_SIGNATURES
from gitless.errors import MalformedContentError, UntrustedContentError
from gitless.flows.evidence import MAX_REFERRERS
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE_PREFIX
from gitless.model.simple_signing import MAX_PAYLOAD_BYTES, SIMPLE_SIGNING, legacy_tag
from gitless.ports import Repository
from gitless.verification.evidence import JudgedEvidence, judge_legacy
from gitless.verification.legacy import LegacySignature
from gitless.verification.trust import Trust


def judge_legacy_signatures(repository: Repository, subject: Digest, trusted: Sequence[Trust]) -> list[JudgedEvidence]:
    """Weigh the legacy signatures of a digest.

    Args:
        repository: The store.
        subject: The artifact's digest.
        trusted: The trusted identities; any of them may have signed.

    Returns:
        Nothing where any referrer holds a bundle, even one that we do not read: Flux would not look at them then.

    Raises:
        RemoteError: The store failed, or content does not have its digest.
    """
    if _has_bundle(repository, subject):
        return []
    manifest = _fetch(repository, legacy_tag(subject))
    layers = [
        item for item in _layers(manifest) if item.media_type == SIMPLE_SIGNING and item.size <= MAX_PAYLOAD_BYTES
    ]
    return [
        judge_legacy(
            manifest.digest,
            LegacySignature(repository.fetch_blob(layer, MAX_PAYLOAD_BYTES), layer.annotations),
            subject,
            trusted,
        )
        for layer in layers[:MAX_SIGNATURES]
        if manifest is not None
    ]


def _has_bundle(repository: Repository, subject: Digest) -> bool:
    referrers = repository.list_referrers(subject)
    if len(referrers) > MAX_REFERRERS:
        return True
    found = (layer for item in referrers for layer in _layers(_fetch(repository, item.digest)))
    return any(layer.media_type.startswith(BUNDLE_PREFIX) for layer in found)


def _fetch(repository: Repository, target: str | Digest) -> Manifest | None:
    try:
        return repository.fetch_manifest(target)
    except MalformedContentError:
        return None


def _layers(manifest: Manifest | None) -> Sequence[Descriptor]:
    try:
        return manifest.layers if manifest else ()
    except UntrustedContentError:
        return ()

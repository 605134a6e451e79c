"""Reading and completing the evidence of one digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitless.errors import MalformedContentError, RemoteError, UntrustedContentError
from gitless.flows.parallel import map_together
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES, is_bundle_media_type
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_MANIFEST_BYTES, Manifest
from gitless.model.media_types import ANNOTATION_BUNDLE_PREDICATE
from gitless.ports import Repository
from gitless.verification.evidence import Evidence, JudgedEvidence, bundle_layer, judge_evidence
from gitless.verification.judge import REQUIRED_PREDICATES
from gitless.verification.trust import Trust

MAX_REFERRERS = 256  # a digest with more has been flooded; every reader would pay for it
MAX_EVIDENCE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Gathered:
    """The evidence that was read for one digest.

    Attributes:
        evidence: Every bundle among it.
        unread: How many listed referrers were left unread, as there are too many or they are too long together. What
            is not found may then be among them.
    """

    evidence: tuple[Evidence, ...]
    unread: int = 0


def gather(repository: Repository, subject: Digest, listing: Sequence[Descriptor] | None = None) -> Gathered:
    """Read the Sigstore bundles a store lists for `subject`, those that look like ours first.

    Anybody who may write to the repository may attach referrers: what they look like decides what is read first when
    there are too many, never what it is worth. Malformed and absent ones are passed over.

    Args:
        repository: The store.
        subject: The artifact's digest.
        listing: Its referrers, where the caller has read them already.

    Raises:
        UntrustedContentError: Content does not have its digest.
        RemoteError: The store failed.
    """
    referrers = repository.list_referrers(subject) if listing is None else listing
    # every one is read, whatever type the listing gives it: old writers put wrong types there, and Flux reads all
    chosen = sorted(referrers, key=_rank)[:MAX_REFERRERS]
    found = [item for item in map_together(lambda item: _locate(repository, subject, item), chosen) if item]
    affordable = found[: _affordable([layer.size for _, layer in found])]
    bundles = map_together(lambda item: _read(repository, *item), affordable)
    unread = len(referrers) - len(chosen) + len(found) - len(affordable)
    return Gathered(tuple(item for item in bundles if item is not None), unread)


def flooded(subject: Digest, unread: int) -> UntrustedContentError:
    """The error where a verdict would need what was left unread."""
    return UntrustedContentError(
        f"{subject} has {unread} more referrers than are read.",
        why=f"At most {MAX_REFERRERS} are, and {MAX_EVIDENCE_BYTES} bytes of them; what was read does not suffice.",
        hint="Somebody has flooded this artifact. Delete the foreign referrers in the registry.",
    )


def judge_all(evidence: Sequence[Evidence], subject: Digest, trusted: Sequence[Trust]) -> list[JudgedEvidence]:
    """Weigh all of it under the same identities."""
    return [judge_evidence(item, subject, trusted) for item in evidence]


def _rank(item: Descriptor) -> int:
    if not item.artifact_type or not is_bundle_media_type(item.artifact_type):
        return 2
    return 0 if item.annotations.get(ANNOTATION_BUNDLE_PREDICATE) in REQUIRED_PREDICATES else 1


def _affordable(sizes: Sequence[int]) -> int:
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > MAX_EVIDENCE_BYTES:
            return count
    return len(sizes)


def _locate(repository: Repository, subject: Digest, item: Descriptor) -> tuple[Descriptor, Descriptor] | None:
    """The referrer and its bundle's layer; None where there is no bundle that Flux would read."""
    if item.size > MAX_MANIFEST_BYTES:
        return None
    try:
        manifest = repository.fetch_manifest(item.digest)
    except MalformedContentError:
        return None
    layer = _bundle(manifest, subject) if manifest else None
    return (manifest.descriptor, layer) if manifest and layer and layer.size <= MAX_FOREIGN_BUNDLE_BYTES else None


def _bundle(manifest: Manifest, subject: Digest) -> Descriptor | None:
    try:
        return bundle_layer(manifest, subject)
    except UntrustedContentError:
        return None


def _read(repository: Repository, referrer: Descriptor, layer: Descriptor) -> Evidence | None:
    try:
        return Evidence(referrer, repository.fetch_blob(layer, MAX_FOREIGN_BUNDLE_BYTES))
    except RemoteError as error:
        # some registries take a manifest without its blobs, and such a one must not stop everybody else
        if error.status != 404:
            raise
        return None

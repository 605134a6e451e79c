"""Reading and completing the evidence of one digest."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.errors import UntrustedContentError
from gitless.flows.parallel import map_together
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.ports import Repository
from gitless.verification.evidence import Evidence, JudgedEvidence, bundle_layer, judge_evidence
from gitless.verification.trust import Trust

MAX_REFERRERS = 256  # a digest with more has been flooded; every reader would pay for it


def gather(repository: Repository, subject: Digest, listing: Sequence[Descriptor] | None = None) -> list[Evidence]:
    """Read every Sigstore bundle a store lists for `subject`.

    Args:
        repository: The store.
        subject: The artifact's digest.
        listing: Its referrers, where the caller has read them already.

    Raises:
        UntrustedContentError: The listing is flooded, or content does not have its digest.
        RemoteError: The store failed.
    """
    referrers = repository.list_referrers(subject) if listing is None else listing
    if len(referrers) > MAX_REFERRERS:
        raise UntrustedContentError(
            f"{subject} has {len(referrers)} referrers.",
            why=f"More than {MAX_REFERRERS} are not read: somebody has flooded this artifact.",
            hint="Delete the foreign referrers in the registry.",
        )
    # every one is read, whatever type the listing gives it: old writers put wrong types there, and Flux reads all
    found = map_together(lambda item: _read(repository, subject, item), referrers)
    return [item for item in found if item is not None]


def judge_all(evidence: Sequence[Evidence], subject: Digest, trusted: Sequence[Trust]) -> list[JudgedEvidence]:
    """Weigh all of it under the same identities."""
    return [judge_evidence(item, subject, trusted) for item in evidence]


def _read(repository: Repository, subject: Digest, item: Descriptor) -> Evidence | None:
    manifest = repository.fetch_manifest(item.digest)
    if manifest is None:
        return None
    try:
        layer = bundle_layer(manifest, subject)
    except UntrustedContentError:
        return None
    if layer is None or layer.size > MAX_FOREIGN_BUNDLE_BYTES:
        return None
    return Evidence(manifest.descriptor, repository.fetch_blob(layer, MAX_FOREIGN_BUNDLE_BYTES))

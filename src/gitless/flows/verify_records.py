"""The last step of policy `strict` for a channel that promotions move: its records must have moved it there."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.flows.ledger import read_ledger
from gitless.model.reference import Reference
from gitless.model.verdict import Check
from gitless.ports import Repository
from gitless.verification.trust import Trust

_CHECK = "strict.11-records"


def check_records(
    repository: Repository, reference: Reference, channel: str, digest: str, promoters: Sequence[Trust]
) -> Check:
    """Read the channel's chain of records and set what was verified against it.

    Args:
        repository: The store of the reference's location, which is the component's own.
        reference: The channel, as it was asked for.
        channel: Its name.
        digest: What it named when the evidence was judged.
        promoters: The promoting identity.

    Raises:
        RemoteError: The store failed.
        UntrustedContentError: The journal's tag names something else.
    """
    place = reference.location
    history = read_ledger(repository, place.base_name, channel, promoters, place=str(place)).history
    if not history.tag.ok:
        return Check(_CHECK, False, history.tag.reason)
    if history.faults:
        return Check(_CHECK, False, f"{history.faults[0].kind}: {history.faults[0].reason}")
    if history.head is None or str(history.head.record.digest) != digest:
        return Check(_CHECK, False, "No record of a promotion names this digest last.")
    number = history.head.record.sequence
    return Check(_CHECK, True, f"Record {number} of a whole chain moved {channel} to it.")

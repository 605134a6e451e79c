"""What an earlier run of the same command has left, so that a rerun completes it and makes nothing twice."""

from __future__ import annotations

from gitless.errors import UsageError
from gitless.flows.examine import Examined
from gitless.flows.proof import Asked
from gitless.model.digest import Digest
from gitless.model.history import Link
from gitless.model.namespace import PROMOTION
from gitless.model.promotion import Record
from gitless.promotion.entries import record_entry


def completed(examined: Examined) -> Link | None:
    """The channel's last record where it has moved the channel to this digest already; None where work is left.

    Another release of the same digest is work: it needs a record of its own.
    """
    history = examined.ledger.history
    head, wanted, release = history.head, examined.wanted, examined.release
    if head is None or head.state != "completed" or head.record.digest != wanted.digest:
        return None
    return head if not release or history.releases.get(release) == wanted.digest else None


def begun(examined: Examined) -> Link | None:
    """The channel's last record where it authorises this very move, completed or not."""
    head = examined.ledger.history.head
    if head is None or not _is_same(head.record, examined):
        return None
    return head if head.state == "completed" or head.record.observed == examined.ledger.observed else None


def standing_record(examined: Examined, asked: Asked) -> Digest | None:
    """The manifest of the record that authorises this move already: the channel's last, or one that no journal lists.

    Args:
        examined: The move.
        asked: What was said about it; a record of no emergency does not stand for one.

    Raises:
        UsageError: The channel names the digest already, and what it left behind was to be withdrawn only now.
    """
    done = completed(examined)
    if done:
        if asked.withdraw and done.record.withdraws is None:
            raise UsageError(
                f"{examined.wanted.component}: there is nothing to withdraw.",
                why=f"The channel names {examined.wanted.digest} already, so this rollback leaves nothing behind.",
            )
        return done.manifest
    head = begun(examined)
    if head and _is_asked(head.record, examined, asked):
        return head.manifest
    return min(_unlisted(examined, asked), default=None)


def _unlisted(examined: Examined, asked: Asked) -> list[Digest]:
    """Records of this move among the digest's evidence, which a run attached that never came to the journal."""
    history, listed = examined.ledger.history, set(examined.ledger.listed)
    place = (history.head.manifest if history.head else None, history.next_sequence)
    entries = [record_entry(item) for item in examined.countersigned if item.predicate_type == PROMOTION]
    return [
        entry.manifest
        for entry in entries
        if entry.standing == "valid"
        and entry.record
        and entry.manifest not in listed
        and (entry.record.previous, entry.record.sequence) == place
        and entry.record.observed == examined.ledger.observed
        and _is_same(entry.record, examined)
        and _is_asked(entry.record, examined, asked)
    ]


def _is_same(record: Record, examined: Examined) -> bool:
    wanted, channel = examined.wanted, examined.ledger.history.channel
    found = (record.kind, record.component, record.channel, record.digest, record.repository, record.release)
    return found == (wanted.kind, wanted.component, channel, wanted.digest, wanted.place, examined.release)


def _is_asked(record: Record, examined: Examined, asked: Asked) -> bool:
    withdraws = examined.ledger.observed if asked.withdraw else None
    return record.withdraws == withdraws and (record.emergency or not asked.emergency)

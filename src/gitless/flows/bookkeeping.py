"""Keeps one channel's journal beside other writers, and says who was faster.

No registry can compare and swap. So a journal is read again right before it is written, and again afterwards: of two
records with one predecessor every reader takes the same one, and whoever wrote the other is told by whom it lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gitless.errors import CheckError, RemoteError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.examine import Examined
from gitless.flows.ledger import Ledger, read_journal, read_ledger, record_entries
from gitless.flows.movable import move_tag
from gitless.flows.move import Rules
from gitless.flows.parallel import map_together
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.promotion.journal import journal_tag

MAX_LOOKS = 10


@dataclass(frozen=True)
class Bookkeeper:
    """Enters records into the journal of one channel.

    Attributes:
        rules: What holds for the channel.
        pause: Waits before another look, with jitter; takes the number of the look.
        known: Records that were read, or made, before.
    """

    rules: Rules
    pause: Callable[[int], None]
    known: dict[Digest, RecordEntry] = field(default_factory=dict)

    def read(self, examined: Examined) -> Ledger:
        """The channel as it is now."""
        wanted = examined.wanted
        return read_ledger(
            wanted.target,
            wanted.component,
            self.rules.channel,
            self.rules.promoters,
            place=wanted.place,
            known=self.known,
            whole=False,
        )

    def enter(self, examined: Examined, record: Manifest, *, again: bool = False) -> Ledger:
        """See to it that the journal lists a record, also beside other writers.

        Args:
            examined: The move.
            record: The manifest of the record that authorises it.
            again: Whether it was listed before, and has been written over: then it must come back, whoever counts.

        Returns:
            The channel afterwards, which counts the record.

        Raises:
            CheckError: Another promotion follows the same record, and every reader takes that one.
            RemoteError: The store failed, or other writers kept replacing the journal.
        """
        records = [record]
        for look in range(MAX_LOOKS):
            self._append(examined, records, is_first=look == 0 and not again)
            self.pause(look)
            ledger = self.read(examined)
            if all(item.digest in ledger.listed for item in records):
                overwritten = self._overwritten(examined, ledger)
                if not overwritten:
                    _check_superseded(ledger, record.digest)
                    if not is_superseded(ledger, record.digest):
                        check_canonical(ledger, record.digest)
                    return ledger
                records += overwritten
        raise RemoteError(
            f"The journal of {self.rules.channel} does not keep the record.",
            why=f"After {MAX_LOOKS} looks other writers were still replacing it.",
            hint="Run the same command again; serialise promotions of one channel.",
            temporary=True,
        )

    def _append(self, examined: Examined, records: Sequence[Manifest], *, is_first: bool) -> None:
        """Write the journal with the records in it, unless they are there."""
        target, channel = examined.wanted.target, self.rules.channel
        journal, listed = read_journal(target, channel)
        if is_first and listed != examined.ledger.listed and records[0].digest not in listed:
            self._check_head(examined)
        pushes = journal.appended(records, listed)
        if pushes:
            map_together(target.push_manifest, pushes[:-1])
            move_tag(target, pushes[-1], journal_tag(channel))

    def _overwritten(self, examined: Examined, ledger: Ledger) -> list[Manifest]:
        """Records with our predecessor that have moved the channel, and that our journal has written over.

        Their writer may have looked for the last time before that, so it falls to us to list them again.
        """
        before, now = examined.ledger, ledger.observed
        if now is None or now == before.observed:
            return []
        target, head = examined.wanted.target, before.history.head
        evidence = judge_all(gather(target, now).evidence, now, self.rules.promoters)
        rivals = [
            entry.manifest
            for entry in record_entries(evidence)
            if entry.record and entry.standing == "valid" and entry.manifest not in ledger.listed
            and (entry.record.component, entry.record.channel) == (examined.wanted.component, self.rules.channel)
            and entry.record.previous == (head.manifest if head else None)
        ]  # fmt: skip
        found = map_together(target.fetch_manifest, rivals)
        return [manifest for manifest in found if manifest is not None]

    def _check_head(self, examined: Examined) -> None:
        """Before a record is entered: another one must not have taken its place since the gates were judged."""
        before, now = examined.ledger.history.head, self.read(examined).history.head
        if now and now.manifest != (before.manifest if before else None):
            raise _faster(self.rules.channel, f"The record {now.manifest}{_by(now.signer)}")


def is_superseded(ledger: Ledger, record: Digest) -> bool:
    """Whether a later record builds on this one: the move was made, and the channel has gone on."""
    return any(link.manifest == record for link in ledger.history.links[:-1])


def _check_superseded(ledger: Ledger, record: Digest) -> None:
    """A later record may build on ours; but then it must have seen the channel where ours was to move it."""
    head = ledger.history.head
    if head and any(link.manifest == record and link.state == "authorised" for link in ledger.history.links[:-1]):
        who = f"The record {head.manifest}{_by(head.signer)}"
        raise CheckError(
            f"Another promotion of {ledger.history.channel} was faster.",
            why=f"{who} follows ours, and has moved the channel on before ours did.",
            hint="Look at it with gitless history; then promote again if you still want to.",
        )


def check_canonical(ledger: Ledger, record: Digest) -> None:
    """Refuse to go on with a record that does not count.

    Raises:
        CheckError: Another promotion was faster; it says which, and by whom.
        RemoteError: The record is not there although the journal lists it.
    """
    head = ledger.history.head
    if head and head.manifest == record:
        return
    if head is None or not any(link.manifest == record for link in ledger.history.lost):
        raise RemoteError(
            f"The record {record} was stored, and cannot be read.",
            hint="Run the same command again.",
            temporary=True,
        )
    raise _faster(ledger.history.channel, f"The record {head.manifest}{_by(head.signer)}")


def _by(signer: str) -> str:
    return f" by {signer}" if signer else ""


def _faster(channel: str, who: str) -> CheckError:
    return CheckError(
        f"Another promotion of {channel} was faster.",
        why=f"{who} follows the same record as ours, and every reader takes that one.",
        hint="Look at it with gitless history; then promote again if you still want to.",
    )

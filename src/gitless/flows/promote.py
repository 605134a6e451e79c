"""The act of a promotion or rollback: countersign, record, journal, read back, release tag, channel tag, look again.

Bytes never change. The record authorises the move before any tag is written, so that after any interruption the same
command completes it; no registry can compare and swap, so whoever moves a channel looks again afterwards, and of two
records with one predecessor every reader takes the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gitless.artifact.manifest import EMPTY_BLOB
from gitless.errors import CheckError, RemoteError
from gitless.flows.complete import Attachment
from gitless.flows.copy import copy_graph
from gitless.flows.evidence import gather, judge_all
from gitless.flows.examine import Examined, Rules
from gitless.flows.ledger import Ledger, read_ledger, record_entries
from gitless.flows.parallel import map_together
from gitless.flows.proof import Asked, Prover, left_by_an_earlier_run
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE
from gitless.ports import Repository
from gitless.promotion.journal import journal_tag
from gitless.verification.judge import judge

MAX_LOOKS = 10


@dataclass(frozen=True)
class Moved:
    """What an act did.

    Attributes:
        record: Manifest digest of the record that authorises the channel's state.
        ledger: The channel afterwards.
        wrote: Whether anything was written.
        tags: Tags this run wrote, the channel last.
    """

    record: Digest
    ledger: Ledger
    wrote: bool
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promoter:
    """Moves one channel of any component.

    Attributes:
        rules: What holds for the channel.
        prover: Signs.
        pause: Waits before another look, with jitter; takes the number of the look.
        known: Records that were read before.
    """

    rules: Rules
    prover: Prover
    pause: Callable[[int], None]
    known: dict[Digest, RecordEntry] = field(default_factory=dict)

    def act(self, examined: Examined, asked: Asked) -> Moved:
        """Carry out one examined move.

        Args:
            examined: The move; every gate has let it through.
            asked: What was said about it.

        Raises:
            CheckError: A gate said no, another promoter won, or the channel was moved meanwhile.
            RemoteError: A store or a signing service failed; the same command completes the work.
        """
        self._check_gates(examined)
        head = examined.ledger.history.head
        if head and head.state == "completed" and head.record.digest == examined.wanted.digest:
            return self._finish(examined, head.manifest, wrote=False)
        self._copy(examined)
        record = self.prover.record(examined, asked)
        entries = record_entries(examined.countersigned)
        found = left_by_an_earlier_run(examined, record, entries)
        attachments = self.prover.prove(examined, None if found else record)
        self._attach(examined, attachments)
        manifest = self._record_manifest(examined, found, attachments)
        ledger = self._enter(examined, manifest, [*entries, *_new_entries(attachments, self.rules)])
        if _is_superseded(ledger, manifest.digest):
            return Moved(manifest.digest, ledger, True)
        self._check_canonical(ledger, manifest.digest)
        self._read_back(examined)
        return self._finish(examined, manifest.digest, wrote=True)

    def _check_gates(self, examined: Examined) -> None:
        failed = [gate for gate in examined.gates if not gate.ok]
        if failed or not examined.gates:
            raise CheckError(
                f"{examined.wanted.component} was not promoted to {self.rules.channel}.",
                why="\n".join(f"{gate.name}: {gate.reason}" for gate in failed) or "No gate was asked.",
            )

    def _copy(self, examined: Examined) -> None:
        wanted = examined.wanted
        if wanted.source is not wanted.target:
            copy_graph(wanted.source, wanted.target, examined.artifact)

    def _attach(self, examined: Examined, attachments: Sequence[Attachment]) -> None:
        if not attachments:
            return
        target, digest = examined.wanted.target, examined.wanted.digest
        blobs = [EMPTY_BLOB, *(Blob.of(item.bundle, BUNDLE) for item in attachments)]
        map_together(target.push_blob, blobs)
        referrers = [item.referrer for item in attachments]
        listed = {item.digest for item in target.attach(digest, referrers)}
        if not {item.digest for item in referrers} <= listed:
            raise RemoteError(
                f"The store does not list the evidence just attached to {digest}.",
                why="Flux and cosign would not find it, so no tag was written.",
                hint="Run the same command again; it completes what is missing.",
                temporary=True,
            )
        target.settle(digest, referrers)

    def _record_manifest(self, examined: Examined, found: Digest | None, attachments: Sequence[Attachment]) -> Manifest:
        if found is None:
            return attachments[0].referrer
        manifest = examined.wanted.target.fetch_manifest(found)
        if manifest is None:
            raise RemoteError(f"The record {found} was there, and is gone.", temporary=True)
        return manifest

    def _enter(self, examined: Examined, manifest: Manifest, beside: Sequence[RecordEntry]) -> Ledger:
        """See to it that the journal lists the record, also beside other writers."""
        for look in range(MAX_LOOKS):
            ledger = self._ledger(examined, beside)
            if manifest.digest in ledger.listed and look:
                return ledger
            *pages, index = ledger.journal.appended([manifest], ledger.listed) or (None,)
            if index is not None:
                target = examined.wanted.target
                map_together(target.push_manifest, [page for page in pages if page is not None])
                target.push_manifest(index, journal_tag(self.rules.channel))
            self.pause(look)
        raise RemoteError(
            f"The journal of {self.rules.channel} does not keep the record.",
            why=f"After {MAX_LOOKS} looks other writers were still replacing it.",
            hint="Run the same command again; serialise promotions of one channel.",
            temporary=True,
        )

    def _check_canonical(self, ledger: Ledger, record: Digest) -> None:
        head = ledger.history.head
        if head and head.manifest == record:
            return
        winner = head.manifest if head else "nobody"
        who = f" by {head.signer}" if head and head.signer else ""
        raise CheckError(
            f"Another promotion of {self.rules.channel} was faster.",
            why=f"The record {winner}{who} follows the same record as ours, and every reader takes that one.",
            hint="Look at it with gitless history; then promote again if you still want to.",
        )

    def _read_back(self, examined: Examined) -> None:
        """As the cluster that trusts the promoting identity will read it."""
        target, digest = examined.wanted.target, examined.wanted.digest
        evidence = judge_all(gather(target, digest).evidence, digest, self.rules.promoters)
        verdict = judge(examined.artifact, evidence, "flux")
        if not verdict.ok:
            raise CheckError(
                f"The countersignature of {digest} does not verify; no tag was written.",
                why="\n".join(f"{check.id}: {check.reason}" for check in verdict.failures),
            )

    def _finish(self, examined: Examined, record: Digest, *, wrote: bool) -> Moved:
        """Release tag, then channel tag, then another look; what stands already is not written again."""
        tags = [*self._release(examined), *self._channel(examined)]
        ledger = self._settle(examined, record)
        return Moved(record, ledger, wrote or bool(tags), tuple(tags))

    def _release(self, examined: Examined) -> list[str]:
        release, target = examined.release, examined.wanted.target
        if not release:
            return []
        named = target.resolve(release)
        if named == examined.wanted.digest:
            return []
        if named is not None:
            raise CheckError(
                f"The release {release} names another digest.",
                why=f"It names {named}, and releases never move.",
                hint="Take another version.",
            )
        target.push_manifest(examined.artifact, release)
        return [release]

    def _channel(self, examined: Examined) -> list[str]:
        target, channel, digest = examined.wanted.target, self.rules.channel, examined.wanted.digest
        named = target.resolve(channel)
        if named == digest:
            return []
        if named != examined.ledger.observed:
            raise CheckError(
                f"The channel {channel} was moved meanwhile.",
                why=f"It named {examined.ledger.observed or 'nothing'} when the gates were judged, and names "
                f"{named or 'nothing'} now.",
                hint="Look at it with gitless history and gitless audit; then run the same command again.",
            )
        target.push_manifest(examined.artifact, channel)
        return [channel]

    def _settle(self, examined: Examined, record: Digest) -> Ledger:
        """Look again: a promoter that read the channel before us may have written it after us."""
        target, channel = examined.wanted.target, self.rules.channel
        for look in range(MAX_LOOKS):
            ledger = self._ledger(examined, ())
            head = ledger.history.head
            if _is_superseded(ledger, record):
                return ledger
            if head is None or head.manifest == record:
                if ledger.observed == examined.wanted.digest:
                    return ledger
                target.push_manifest(examined.artifact, channel)
            elif ledger.observed == head.record.digest:
                self._check_canonical(ledger, record)
            else:
                self._put_winner(target, head.record.digest)
            self.pause(look)
        raise RemoteError(
            f"The channel {channel} does not come to rest.",
            why=f"After {MAX_LOOKS} looks other writers were still moving it.",
            hint="Run the same command again; serialise promotions of one channel.",
            temporary=True,
        )

    def _put_winner(self, target: Repository, digest: Digest) -> None:
        """The record that counts authorises its digest, whoever writes the tag."""
        manifest = target.fetch_manifest(digest)
        if manifest is None:
            raise RemoteError(f"{digest} was promoted, and is gone.", temporary=True)
        target.push_manifest(manifest, self.rules.channel)

    def _ledger(self, examined: Examined, beside: Sequence[RecordEntry]) -> Ledger:
        wanted = examined.wanted
        return read_ledger(
            wanted.target,
            wanted.component,
            self.rules.channel,
            self.rules.promoters,
            place=wanted.place,
            beside=beside,
            known=self.known,
        )


def _is_superseded(ledger: Ledger, record: Digest) -> bool:
    """Whether a later record builds on this one: the move was made, and the channel has gone on."""
    return any(link.manifest == record for link in ledger.history.links[:-1])


def _new_entries(attachments: Sequence[Attachment], rules: Rules) -> tuple[RecordEntry, ...]:
    """What was just attached, as records that may not be listed yet."""
    judged = [
        item
        for attachment in attachments
        if attachment.referrer.subject
        for item in judge_all([attachment.evidence], attachment.referrer.subject.digest, rules.promoters)
    ]
    return record_entries(judged)

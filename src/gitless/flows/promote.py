"""The act of a promotion or rollback: countersign, record, journal, read back, release tag, channel tag, look again.

Bytes never change. The record authorises the move before any tag is written, so that after any interruption the same
command completes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from gitless.artifact.manifest import EMPTY_BLOB
from gitless.errors import CheckError, RemoteError
from gitless.flows.arrival import Arrival
from gitless.flows.bookkeeping import Bookkeeper, is_superseded
from gitless.flows.complete import Attachment
from gitless.flows.copy import copy_graph
from gitless.flows.evidence import gather, judge_all
from gitless.flows.examine import Examined
from gitless.flows.ledger import Ledger, record_entries
from gitless.flows.move import Rules
from gitless.flows.parallel import both, map_together
from gitless.flows.proof import Asked, Proof, Prover
from gitless.flows.resume import completed, standing_record
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, PREDICATE_SIGNATURE
from gitless.ports import Repository
from gitless.verification.judge import judge, valid


@dataclass(frozen=True)
class Moved:
    """What an act did.

    Attributes:
        record: Manifest digest of the record that authorises the channel's state.
        ledger: The channel afterwards.
        wrote: Whether anything was written.
        tags: Tags this run wrote, the channel last.
        left_out: Referrers that could not be copied, since the source does not hold them whole.
    """

    record: Digest
    ledger: Ledger
    wrote: bool
    tags: tuple[str, ...] = ()
    left_out: tuple[Digest, ...] = ()


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
            UsageError: There is nothing to withdraw.
            RemoteError: A store or a signing service failed; the same command completes the work.
        """
        self._check_gates(examined)
        found = standing_record(examined, asked)
        proof = self.prover.prove(examined, None if found else self.prover.record(examined, asked))
        left_out = self._copy(examined)
        listing = self._attach(examined, proof.attachments)
        self.known.update((entry.manifest, entry) for entry in record_entries(proof.judged))
        record = self._record_manifest(examined, found, proof)
        arrival = Arrival(Bookkeeper(self.rules, self.pause, self.known), examined, record)
        referrers, target = [item.referrer for item in proof.attachments], examined.wanted.target
        # the journal is written while the listing is watched for writers that came late, the tags once it is confirmed
        with ThreadPoolExecutor(max_workers=1) as pool:
            confirmed = pool.submit(_confirm, target, examined.wanted.digest, referrers)
            moved, _ = both(
                lambda: self._arrive(arrival, proof, listing, confirmed),
                lambda: _settle(confirmed, target, examined.wanted.digest, referrers),
            )
        return replace(moved, left_out=left_out)

    def _arrive(self, arrival: Arrival, proof: Proof, listing: Sequence[Descriptor], confirmed: Future[None]) -> Moved:
        examined, record, wrote = arrival.examined, arrival.record, bool(proof.attachments)
        if completed(examined):
            ledger = examined.ledger
            self._read_back(examined, proof, listing)
        else:
            wrote = True
            ledger, _ = both(
                lambda: arrival.books.enter(examined, record), lambda: self._read_back(examined, proof, listing)
            )
            if is_superseded(ledger, record.digest):
                return Moved(record.digest, ledger, wrote)
        confirmed.result()
        tags = arrival.write(ledger)
        if tags:
            ledger = arrival.settle()
        return Moved(record.digest, ledger, wrote or bool(tags), tags)

    def _check_gates(self, examined: Examined) -> None:
        failed = [gate for gate in examined.gates if not gate.ok]
        if failed or not examined.gates:
            raise CheckError(
                f"{examined.wanted.component} was not moved to {self.rules.channel}.",
                why="\n".join(f"{gate.name}: {gate.reason}" for gate in failed) or "No gate was asked.",
            )

    def _copy(self, examined: Examined) -> tuple[Digest, ...]:
        wanted = examined.wanted
        if wanted.source is wanted.target:
            return ()
        left_out = copy_graph(wanted.source, wanted.target, examined.artifact)
        needed = {item.manifest for item in valid([*examined.evidence, *examined.countersigned])}
        lost = [digest for digest in left_out if digest in needed]
        if lost:
            raise RemoteError(
                f"The evidence {lost[0]} of {wanted.digest} cannot be copied.",
                why="It was read to judge the promotion, and cannot be read any more.",
                hint="Run the same command again.",
                temporary=True,
            )
        return left_out

    def _attach(self, examined: Examined, attachments: Sequence[Attachment]) -> tuple[Descriptor, ...]:
        """Attach new evidence; returns the store's own listing afterwards."""
        if not attachments:
            return ()
        target, digest = examined.wanted.target, examined.wanted.digest
        # evidence that is there already has brought the empty config of referrers
        empty = [] if examined.evidence or examined.countersigned else [EMPTY_BLOB]
        map_together(target.push_blob, [*empty, *(Blob.of(item.bundle, BUNDLE) for item in attachments)])
        referrers = [item.referrer for item in attachments]
        listing = target.attach(digest, referrers)
        if not {item.digest for item in referrers} <= {item.digest for item in listing}:
            raise RemoteError(
                f"The store does not list the evidence just attached to {digest}.",
                why="Flux and cosign would not find it, so no tag was written.",
                hint="Run the same command again; it completes what is missing.",
                temporary=True,
            )
        return listing

    def _record_manifest(self, examined: Examined, found: Digest | None, proof: Proof) -> Manifest:
        if found is None:
            return proof.attachments[0].referrer
        manifest = examined.wanted.target.fetch_manifest(found)
        if manifest is None:
            raise RemoteError(f"The record {found} was there, and is gone.", temporary=True)
        return manifest

    def _read_back(self, examined: Examined, proof: Proof, listing: Sequence[Descriptor]) -> None:
        """As the cluster that trusts the promoting identity will read it: one countersignature is enough for it."""
        target, digest = examined.wanted.target, examined.wanted.digest
        signed = [*examined.countersigned, *proof.judged]
        wanted = {item.manifest for item in signed if item.predicate_type == PREDICATE_SIGNATURE}
        listing = [item for item in listing or target.list_referrers(digest) if item.digest in wanted]
        evidence = judge_all(gather(target, digest, listing).evidence, digest, self.rules.promoters)
        verdict = judge(examined.artifact, evidence, "flux")
        if not verdict.ok:
            raise CheckError(
                f"The countersignature of {digest} does not verify; no tag was written.",
                why="\n".join(f"{check.id}: {check.reason}" for check in verdict.failures),
                hint="Run the same command again; it signs what is missing.",
            )


def _confirm(target: Repository, digest: Digest, referrers: Sequence[Manifest]) -> None:
    if referrers:
        target.confirm(digest, referrers)


def _settle(confirmed: Future[None], target: Repository, digest: Digest, referrers: Sequence[Manifest]) -> None:
    """The second look follows the first, whatever becomes of the tags meanwhile."""
    confirmed.result()
    if referrers:
        target.settle(digest, referrers)

"""Looks at one promotion or rollback from all sides, and lets every gate of its channel judge; moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitless.errors import CheckError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.ledger import Ledger, read_ledger
from gitless.flows.move import Rules, Wanted
from gitless.flows.move_facts import FactFinder, choose_release
from gitless.flows.parallel import both, map_together
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.ports import ApprovalSource, Clock
from gitless.promotion.gates.approvals import Tally
from gitless.promotion.gates.facts import GateFacts, SbomFact
from gitless.promotion.policy import judge_gates
from gitless.verification.evidence import Evidence, JudgedEvidence


@dataclass(frozen=True)
class Examined:
    """A move with everything that was learned about it.

    Attributes:
        wanted: What was asked for.
        artifact: The digest's manifest.
        evidence: Its evidence under the publishing identity.
        countersigned: Its evidence under the promoting identity, here and at the target.
        ledger: The channel.
        release: The release to make; empty for none.
        facts: What the gates judged by.
        gates: What they said.
        tally: Approvals counted; None where no gate asks for them.
    """

    wanted: Wanted
    artifact: Manifest
    evidence: tuple[JudgedEvidence, ...]
    countersigned: tuple[JudgedEvidence, ...]
    ledger: Ledger
    release: str
    facts: GateFacts
    gates: tuple[GateResult, ...]
    tally: Tally | None = None

    @property
    def ok(self) -> bool:
        """Whether no gate said no."""
        return bool(self.gates) and all(gate.ok for gate in self.gates)


@dataclass(frozen=True)
class Examiner:
    """Examines moves of one channel.

    Attributes:
        rules: What holds.
        approvals: The CI platform's API; None where there is none, and gates that need it say no.
        examine_sbom: Says what an SBOM's document is worth.
        clock: Tells the time.
        known: Records that were read; an act that follows need not read them again.
    """

    rules: Rules
    approvals: ApprovalSource | None
    examine_sbom: Callable[[Mapping[str, Any]], SbomFact]
    clock: Clock
    known: dict[Digest, RecordEntry] = field(default_factory=dict)

    def examine(self, wanted: Wanted, *, emergency: str | None = None, without: Collection[str] = ()) -> Examined:
        """Read everything about one move and judge it.

        Args:
            wanted: The move.
            emergency: Why it is an emergency; None when it is none.
            without: Gates that are left for later.

        Raises:
            CheckError: The digest does not exist.
            UsageError: No release is given where each promotion makes one, or the policy knows no emergencies.
            RemoteError: A store or the platform failed.
        """
        (artifact, gathered), ledger = both(lambda: self._read(wanted), lambda: self._ledger(wanted))
        evidence = judge_all(gathered[0], wanted.digest, self.rules.publishers)
        everywhere = {item.manifest.digest: item for found in gathered for item in found}
        countersigned = judge_all(list(everywhere.values()), wanted.digest, self.rules.promoters)
        release = choose_release(self.rules, wanted, ledger)
        facts = self._finder.find(wanted, artifact, evidence, ledger, release, without)
        gates = judge_gates(self.rules.policy, facts, emergency=emergency, without=without)
        gate = self.rules.policy.approvals_gate(emergency=emergency is not None)
        tally = gate.tally(facts) if gate and gate.name not in without else None
        return Examined(wanted, artifact, tuple(evidence), tuple(countersigned), ledger, release, facts, gates, tally)

    @property
    def _finder(self) -> FactFinder:
        return FactFinder(self.rules, self.approvals, self.examine_sbom, self.clock)

    def _read(self, wanted: Wanted) -> tuple[Manifest, list[tuple[Evidence, ...]]]:
        """The artifact, and its evidence in the source and, where that is another store, at the target."""
        stores = [wanted.source] if wanted.source is wanted.target else [wanted.source, wanted.target]
        artifact, found = both(
            lambda: wanted.artifact or wanted.source.fetch_manifest(wanted.digest),
            lambda: map_together(lambda store: gather(store, wanted.digest), stores),
        )
        if artifact is None:
            raise CheckError(
                f"{wanted.component}: {wanted.digest} does not exist.",
                why="The registry has no such manifest.",
                hint="Publish it, or look at the digest.",
            )
        return artifact, [item.evidence for item in found]

    def _ledger(self, wanted: Wanted) -> Ledger:
        channel, place = self.rules.channel, wanted.place
        return read_ledger(
            wanted.target, wanted.component, channel, self.rules.promoters, place=place, known=self.known
        )

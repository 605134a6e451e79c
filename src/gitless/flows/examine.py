"""Looks at one promotion or rollback from all sides, and lets every gate of its channel judge; moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitless.errors import CheckError, UsageError
from gitless.flows.evidence import gather, judge_all
from gitless.flows.ledger import Ledger, read_ledger, record_entries
from gitless.flows.parallel import both
from gitless.model.approval import Changes, CheckResults, Decisions, Gap
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.media_types import ANNOTATION_CREATED, ANNOTATION_REVISION, PREDICATE_SBOM
from gitless.model.promotion import PolicyFact, PromotionKind
from gitless.model.revision import Revision, parse_rfc3339
from gitless.ports import ApprovalSource, Clock, Repository
from gitless.promotion.gates.approvals import Tally
from gitless.promotion.gates.facts import GateFacts, ReleaseFact, SbomFact, SourceFact
from gitless.promotion.policy import GatePolicy, judge_gates
from gitless.promotion.release import Part, Version, highest, next_release
from gitless.promotion.tags import BuildTag
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import valid
from gitless.verification.trust import Trust


@dataclass(frozen=True)
class Rules:
    """What holds for one channel, read from the protected default branch.

    Attributes:
        policy: The gates.
        fact: Where the rules come from.
        publishers: The publishing identity.
        promoters: The promoting identity.
        environment: The CI environment whose reviewers approve; empty for none.
        branch: The protected branch.
        shared_key: Whether one key publishes and promotes.
    """

    policy: GatePolicy
    fact: PolicyFact
    publishers: Sequence[Trust]
    promoters: Sequence[Trust]
    environment: str = ""
    branch: str = "main"
    shared_key: bool = False

    @property
    def channel(self) -> str:
        """The channel that moves."""
        return self.policy.channel


@dataclass(frozen=True)
class Wanted:
    """One move that is asked for.

    Attributes:
        component: The component.
        source: Where the digest is.
        target: Where the channel is; the same store unless the channel has a registry of its own.
        place: The target's name, as records write it.
        digest: What the channel is to name.
        kind: `promote` or `rollback`.
        release: The release to make; empty for none, or for the one that `bump` makes.
        bump: What to raise of the channel's highest release.
    """

    component: str
    source: Repository
    target: Repository
    place: str
    digest: Digest
    kind: PromotionKind = "promote"
    release: str = ""
    bump: Part | None = None


@dataclass(frozen=True)
class Examined:
    """A move with everything that was learned about it.

    Attributes:
        wanted: What was asked for.
        artifact: The digest's manifest.
        evidence: Its evidence under the publishing identity.
        countersigned: Its evidence under the promoting identity.
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
        artifact = wanted.source.fetch_manifest(wanted.digest)
        if artifact is None:
            raise CheckError(
                f"{wanted.component}: {wanted.digest} does not exist.",
                why="The registry has no such manifest.",
                hint="Publish it, or look at the digest.",
            )
        gathered = gather(wanted.source, wanted.digest).evidence
        evidence = judge_all(gathered, wanted.digest, self.rules.publishers)
        countersigned = judge_all(gathered, wanted.digest, self.rules.promoters)
        ledger = read_ledger(
            wanted.target,
            wanted.component,
            self.rules.channel,
            self.rules.promoters,
            place=wanted.place,
            beside=record_entries(countersigned),
            known=self.known,
        )
        release = self._release(wanted, ledger)
        facts = self._facts(wanted, artifact, evidence, ledger, release, without)
        gates = judge_gates(self.rules.policy, facts, emergency=emergency, without=without)
        gate = self.rules.policy.approvals_gate(emergency=emergency is not None)
        tally = gate.tally(facts) if gate and gate.name not in without else None
        return Examined(wanted, artifact, tuple(evidence), tuple(countersigned), ledger, release, facts, gates, tally)

    def _release(self, wanted: Wanted, ledger: Ledger) -> str:
        if self.rules.policy.release is None or wanted.kind == "rollback":
            return ""
        if wanted.release:
            return str(Version.parse(wanted.release))
        head = ledger.history.head
        if head and head.record.digest == wanted.digest and head.record.release:
            return head.record.release
        if wanted.bump:
            return next_release(highest(tuple(ledger.history.releases)), wanted.bump)
        raise UsageError(
            f"Each promotion to {self.rules.channel} makes a release, and none was named.",
            hint="Give --release vX.Y.Z, or --bump major, minor or patch.",
        )

    def _facts(
        self,
        wanted: Wanted,
        artifact: Manifest,
        evidence: Sequence[JudgedEvidence],
        ledger: Ledger,
        release: str,
        without: Collection[str],
    ) -> GateFacts:
        revision = Revision.parse(artifact.annotations.get(ANNOTATION_REVISION, ""))
        commit = revision.sha if revision else ""
        history = ledger.history
        named = wanted.target.resolve(release) if release else None
        # a run that ended between record and tag has left this very release on the record
        others = [name for name, digest in history.releases.items() if (name, digest) != (release, wanted.digest)]
        decisions, changes, checks = self._ask(ledger, commit, without)
        return GateFacts(
            digest=wanted.digest,
            now=self.clock.now(),
            kind=wanted.kind,
            commit=commit,
            evidence=tuple(evidence),
            sbom=self._sbom(evidence),
            source=self._source(wanted, artifact, commit),
            release=ReleaseFact(release, named, highest(tuple(others))),
            history=history,
            decisions=decisions,
            changes=changes,
            checks=checks,
        )

    def _sbom(self, evidence: Sequence[JudgedEvidence]) -> SbomFact | Gap:
        statements = [item.statement for item in valid(evidence, PREDICATE_SBOM) if item.statement]
        return self.examine_sbom(statements[0].predicate) if statements else Gap("There is no valid SBOM to look at.")

    def _source(self, wanted: Wanted, artifact: Manifest, commit: str) -> SourceFact | None:
        channel = self.rules.policy.source
        if not channel or wanted.kind == "rollback":
            return None
        if wanted.source.resolve(channel) == wanted.digest:
            return SourceFact(channel, True, f"The channel {channel} names it now.")
        created = artifact.annotations.get(ANNOTATION_CREATED, "")
        if created and commit:
            # build tags never move, and publish writes them once all evidence is there
            moment = parse_rfc3339(created).strftime("%Y%m%dT%H%M%SZ")
            if wanted.source.resolve(str(BuildTag(channel, moment, commit[:12]))) == wanted.digest:
                return SourceFact(channel, True, f"A build tag of {channel} names it.")
        ledger = read_ledger(wanted.source, wanted.component, channel, self.rules.promoters)
        reached = any(link.record.digest == wanted.digest for link in ledger.history.completed)
        word = "was promoted to" if reached else "never came to"
        return SourceFact(channel, reached, f"It {word} the channel {channel}.")

    def _ask(
        self, ledger: Ledger, commit: str, without: Collection[str]
    ) -> tuple[Decisions | None, Changes | None, CheckResults | None]:
        """What only the platform knows, asked where a gate needs it."""
        policy, source = self.rules.policy, self.approvals
        needs_people = policy.approvals is not None or (policy.emergency and policy.emergency.approvals)
        decisions: Decisions | None = None
        changes: Changes | None = None
        if needs_people and "approvals" not in without:
            decisions, changes = self._people(source, ledger, commit)
        if policy.checks is None or "checks" in without:
            return decisions, changes, None
        if source is None:
            return decisions, changes, CheckResults(commit, gaps=(_NO_PLATFORM,))
        return decisions, changes, source.checks(commit)

    def _people(self, source: ApprovalSource | None, ledger: Ledger, commit: str) -> tuple[Decisions, Changes]:
        if source is None:
            return Decisions(gaps=(_NO_PLATFORM,)), Changes("", commit, gaps=(_NO_PLATFORM,))
        named = ledger.named
        revision = Revision.parse(named.annotations.get(ANNOTATION_REVISION, "")) if named else None
        older = revision.sha if revision else None
        environment, branch = self.rules.environment, self.rules.branch
        return both(lambda: source.decisions(environment), lambda: source.changes(older, commit, branch))


_NO_PLATFORM = Gap(
    "This is no job of GitHub Actions or GitLab CI, so nobody can say who approved and what was checked.",
    "Run it in CI, with the rights that docs/promotion.md names.",
)

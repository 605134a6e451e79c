"""Looks up what the gates of one move judge by: where the digest has been, its release, what the CI platform knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitless.errors import UsageError
from gitless.flows.ledger import Ledger, read_ledger
from gitless.flows.move import Rules, Wanted
from gitless.flows.parallel import both
from gitless.model.approval import Changes, CheckResults, Decisions, Gap
from gitless.model.manifest import Manifest
from gitless.model.media_types import ANNOTATION_CREATED, ANNOTATION_REVISION, PREDICATE_SBOM
from gitless.model.revision import Revision, parse_rfc3339
from gitless.ports import ApprovalSource, Clock
from gitless.promotion.gates.facts import GateFacts, ReleaseFact, SbomFact, SourceFact
from gitless.promotion.release import Version, highest, next_release
from gitless.promotion.tags import BuildTag
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import valid

_NO_PLATFORM = Gap(
    "This is no job of GitHub Actions or GitLab CI, so nobody can say who approved and what was checked.",
    "Run it in CI, with the rights that docs/promotion.md names.",
)


@dataclass(frozen=True)
class FactFinder:
    """Looks up the facts of moves of one channel.

    Attributes:
        rules: What holds.
        approvals: The CI platform's API; None where there is none, and gates that need it say no.
        examine_sbom: Says what an SBOM's document is worth.
        clock: Tells the time.
    """

    rules: Rules
    approvals: ApprovalSource | None
    examine_sbom: Callable[[Mapping[str, Any]], SbomFact]
    clock: Clock

    def find(
        self,
        wanted: Wanted,
        artifact: Manifest,
        evidence: Sequence[JudgedEvidence],
        ledger: Ledger,
        release: str,
        without: Collection[str],
    ) -> GateFacts:
        """Everything the channel's gates ask for.

        Args:
            wanted: The move.
            artifact: The digest's manifest.
            evidence: Its evidence, weighed under the publishing identity.
            ledger: The channel.
            release: The release to make; empty for none.
            without: Gates that are left for later.

        Raises:
            RemoteError: A store or the platform failed.
        """
        revision = Revision.parse(artifact.annotations.get(ANNOTATION_REVISION, ""))
        commit = revision.sha if revision else ""
        (source, release_fact), (decisions, changes, checks) = both(
            lambda: both(
                lambda: self._source(wanted, artifact, commit), lambda: _release_fact(wanted, ledger, release)
            ),
            lambda: self._ask(wanted, ledger, commit, without),
        )
        return GateFacts(
            digest=wanted.digest,
            now=self.clock.now(),
            kind=wanted.kind,
            commit=commit,
            evidence=tuple(evidence),
            sbom=self._sbom(evidence),
            source=source,
            release=release_fact,
            history=ledger.history,
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
        if self.rules.guarded_source:
            # anybody who may push can move a tag by hand, and a guarded channel has records that say more
            return self._promoted_to(wanted, channel)
        if wanted.seen_at == channel or wanted.source.resolve(channel) == wanted.digest:
            return SourceFact(channel, True, f"The channel {channel} names it now.")
        tag = _build_tag(channel, artifact, commit)
        if tag and wanted.source.resolve(tag) == wanted.digest:
            return SourceFact(channel, True, f"A build tag of {channel} names it.")
        return SourceFact(channel, False, f"It never came to the channel {channel}.")

    def _promoted_to(self, wanted: Wanted, channel: str) -> SourceFact:
        history = read_ledger(wanted.source, wanted.component, channel, self.rules.promoters).history
        if wanted.digest in history.withdrawn:
            return SourceFact(channel, False, f"It was withdrawn from the channel {channel}.")
        reached = any(link.record.digest == wanted.digest for link in history.completed)
        word = "was promoted to" if reached else "was never promoted to"
        return SourceFact(channel, reached, f"It {word} the channel {channel}.")

    def _ask(
        self, wanted: Wanted, ledger: Ledger, commit: str, without: Collection[str]
    ) -> tuple[Decisions | None, Changes | None, CheckResults | None]:
        """What only the platform knows, asked where a gate needs it."""
        policy = self.rules.policy
        wants_people = policy.approvals is not None or (policy.emergency and policy.emergency.approvals)
        wants_people = wants_people and "approvals" not in without
        (decisions, changes), checks = both(
            lambda: self._people(wanted, ledger, commit) if wants_people else (None, None),
            lambda: self._checks(commit) if policy.checks and "checks" not in without else None,
        )
        return decisions, changes, checks

    def _checks(self, commit: str) -> CheckResults:
        return self.approvals.checks(commit) if self.approvals else CheckResults(commit, gaps=(_NO_PLATFORM,))

    def _people(self, wanted: Wanted, ledger: Ledger, commit: str) -> tuple[Decisions | None, Changes | None]:
        source = self.approvals
        if source is None:
            return Decisions(gaps=(_NO_PLATFORM,)), Changes("", commit, gaps=(_NO_PLATFORM,))
        if wanted.kind == "rollback":
            # it brings nothing that was not in the channel before, so nobody asks who wrote it
            return source.decisions(self.rules.environment), None
        named = ledger.named
        revision = Revision.parse(named.annotations.get(ANNOTATION_REVISION, "")) if named else None
        older = revision.sha if revision else None
        environment, branch = self.rules.environment, self.rules.branch
        return both(lambda: source.decisions(environment), lambda: source.changes(older, commit, branch))


def choose_release(rules: Rules, wanted: Wanted, ledger: Ledger) -> str:
    """The release a move makes; empty for none.

    A move that an earlier run has begun keeps the release it began with.

    Raises:
        UsageError: The channel makes releases and none is named, or it makes none and one is; or it is no version.
    """
    channel = rules.channel
    if rules.policy.release is None and (wanted.release or wanted.bump):
        raise UsageError(
            f"{channel} makes no releases.",
            hint=f"Leave --release and --bump away, or add releases: {{scheme: semver}} to the channel {channel}.",
        )
    if rules.policy.release is None or wanted.kind == "rollback":
        return ""
    if wanted.release:
        return str(Version.parse(wanted.release))
    head = ledger.history.head
    if head and head.record.digest == wanted.digest and head.record.release:
        return head.record.release
    if wanted.bump:
        return next_release(highest(tuple(ledger.history.releases)), wanted.bump)
    raise UsageError(
        f"Each promotion to {channel} makes a release, and none was named.",
        hint="Give --release vX.Y.Z, or --bump major, minor or patch.",
    )


def _release_fact(wanted: Wanted, ledger: Ledger, release: str) -> ReleaseFact:
    releases = ledger.history.releases
    # a record fixes a release before its tag is written, and also where the tag was deleted
    named = (wanted.target.resolve(release) or releases.get(release)) if release else None
    return ReleaseFact(release, named, highest(tuple(releases)))


def _build_tag(channel: str, artifact: Manifest, commit: str) -> str:
    """The tag that publish wrote once all evidence was there, and that never moves; empty where there can be none."""
    created = artifact.annotations.get(ANNOTATION_CREATED, "")
    if not created or not commit:
        return ""
    return str(BuildTag(channel, parse_rfc3339(created).strftime("%Y%m%dT%H%M%SZ"), commit[:12]))

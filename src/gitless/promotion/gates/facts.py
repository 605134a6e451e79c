"""What gates judge by: everything that was learned about one promotion, and what could not be learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from gitless.model.approval import Changes, CheckResults, Decisions, Gap
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import ChannelHistory
from gitless.model.promotion import PromotionKind
from gitless.model.statement import Statement
from gitless.model.workload import Workload


class Attestation(Protocol):
    """One piece of evidence, weighed under the publishing identity (`verification.evidence.JudgedEvidence` is one)."""

    @property
    def manifest(self) -> Digest:
        """The referrer manifest's digest."""
        ...

    @property
    def standing(self) -> Literal["valid", "foreign", "invalid"]:
        """What it is worth."""
        ...

    @property
    def reason(self) -> str:
        """Why, in one sentence."""
        ...

    @property
    def statement(self) -> Statement | None:
        """What it says; trustworthy only where it is valid."""
        ...

    @property
    def workload(self) -> Workload | None:
        """What the certificate says of the job; None for keys."""
        ...

    @property
    def signed_at(self) -> datetime | None:
        """A time another party vouches for; None where nobody does."""
        ...


@dataclass(frozen=True, slots=True)
class SbomFact:
    """What an examination of the SBOM found.

    Attributes:
        problems: What is wrong with it, one sentence each.
        completeness: What it says of itself: `complete`, `incomplete` or `unknown`.
    """

    problems: tuple[str, ...]
    completeness: Literal["complete", "incomplete", "unknown"]


@dataclass(frozen=True, slots=True)
class SourceFact:
    """Whether the digest came through the channel before this one.

    Attributes:
        channel: That channel.
        reached: Whether it named the digest: now, by a build tag, or by a completed promotion.
        reason: What was seen, in one sentence.
    """

    channel: str
    reached: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseFact:
    """The release this promotion would make.

    Attributes:
        version: As it would be tagged; empty when none is asked for.
        named: The digest its tag names already; None where there is no such tag.
        highest: The channel's highest release so far; empty when none.
    """

    version: str
    named: Digest | None
    highest: str


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything about one promotion that gates ask for.

    None stands for what nobody has looked up, since no gate was said to need it; a `Gap` for what could not be learned.
    Both are a no for the gate that asks.

    Attributes:
        digest: What is promoted.
        now: The current time, UTC.
        kind: `promote` or `rollback`.
        commit: The source commit its revision names; empty where there is none.
        evidence: Its evidence, weighed under the publishing identity.
        sbom: What its SBOM is worth.
        source: Whether it came through the channel before.
        release: The release it would become.
        history: The channel's history so far.
        decisions: Approvals of this run, and who asked for it.
        changes: What lies between the channel's revision and this one.
        checks: The CI platform's checks of the commit.
    """

    digest: Digest
    now: datetime
    kind: PromotionKind = "promote"
    commit: str = ""
    evidence: Sequence[Attestation] | Gap | None = None
    sbom: SbomFact | Gap | None = None
    source: SourceFact | Gap | None = None
    release: ReleaseFact | Gap | None = None
    history: ChannelHistory | Gap | None = None
    decisions: Decisions | None = None
    changes: Changes | None = None
    checks: CheckResults | None = None

    @property
    def hints(self) -> tuple[str, ...]:
        """What to do about what could not be learned; may hold lines of YAML to paste."""
        looked = (self.decisions, self.changes, self.checks)
        gaps = [gap for found in looked if found for gap in found.gaps]
        gaps += [found for found in (self.evidence, self.sbom, self.source) if isinstance(found, Gap)]
        return tuple(dict.fromkeys(gap.hint for gap in gaps if gap.hint))

    def attestations(self, predicate_type: str, word: str) -> tuple[tuple[Attestation, ...], str]:
        """The valid evidence of one type.

        Args:
            predicate_type: Its type.
            word: What it is, for the reason.

        Returns:
            The evidence, and why there is none where there is none.
        """
        if self.evidence is None or isinstance(self.evidence, Gap):
            return (), unknown(self.evidence, "evidence")
        same = [item for item in self.evidence if item.statement and item.statement.predicate_type == predicate_type]
        found = tuple(item for item in same if item.standing == "valid")
        if found:
            return found, ""
        if same:
            return (), f"The {word} is {same[0].standing}: {same[0].reason}"
        return (), f"There is no {word}."


class Gate(Protocol):
    """One rule that must hold before a channel moves."""

    @property
    def name(self) -> str:
        """Its stable name."""
        ...

    def judge(self, facts: GateFacts) -> GateResult:
        """Say yes or no, with the reason."""
        ...


def unknown(gap: Gap | None, what: str) -> str:
    """The reason of a gate that lacks something: what could not be learned, or what nobody looked up."""
    return gap.reason if gap else f"Nobody looked up the {what}."

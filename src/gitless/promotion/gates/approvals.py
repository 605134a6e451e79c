"""The approvals gate: enough people other than those who wrote or asked for it said yes, on the platform itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from gitless.model.approval import Approval, Change, Changes, Decisions, Gap, Person
from gitless.model.gate import GateResult
from gitless.model.promotion import Approver
from gitless.promotion.gates.facts import GateFacts

Excluded = Literal["requester", "author"]
_UNREAD = Gap("Nobody looked it up.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An approval that does not count.

    Attributes:
        person: Who gave it.
        reason: Why it does not count.
        url: Where it was given.
    """

    person: Person
    reason: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Approvals counted.

    Attributes:
        approvers: Whose approvals counted, each person once for each place.
        refused: Approvals that did not, each with its reason.
        fault: Why they are not enough; empty when they are.
    """

    approvers: tuple[Approver, ...]
    refused: tuple[Refusal, ...]
    fault: str


@dataclass(frozen=True, slots=True)
class ApprovalsGate:
    """How many people must have approved.

    An approval of the run counts for all that is promoted. A review counts for its own change, so every change that is
    new to the channel needs enough; what was pushed without a change, only approvals of the run can cover.

    Attributes:
        count: How many people.
        exclude: Whose approval does not count.
    """

    count: int
    exclude: tuple[Excluded, ...] = ()
    name: ClassVar[str] = "approvals"

    def judge(self, facts: GateFacts) -> GateResult:
        """Count, and say who approved or what is missing."""
        tally = self.tally(facts)
        names = ", ".join(sorted({str(approver.person) for approver in tally.approvers}))
        reason = f"Approved by {names}." if not tally.fault else tally.fault + _refusals(tally.refused)
        return GateResult.of(self.name, not tally.fault, reason)

    def tally(self, facts: GateFacts) -> Tally:
        """Count approvals, with the people and the reasons; the record names them."""
        # a rollback brings nothing that was not in the channel before
        decisions, changes = facts.decisions, facts.changes if facts.kind == "promote" else Changes("", "")
        counter = _Counter(self._excluded(decisions, changes))
        of_run = counter.run(decisions.approvals) if decisions and not decisions.gaps else set()
        fault = self._unknown(decisions, changes) or self._missing(counter, of_run, changes)
        if decisions and decisions.gaps and fault and decisions.gaps[0].reason not in fault:
            fault += f" {decisions.gaps[0].reason}"
        return Tally(tuple(counter.approvers), tuple(counter.refused), fault)

    def _excluded(self, decisions: Decisions | None, changes: Changes | None) -> dict[Person, str]:
        people: dict[Person, str] = {}
        if "author" in self.exclude and changes:
            people.update(dict.fromkeys(changes.authors, "wrote part of what is promoted"))
        if "requester" in self.exclude and decisions:
            people.update(dict.fromkeys(decisions.requesters, "asked for this promotion: nobody approves their own"))
        return people

    def _unknown(self, decisions: Decisions | None, changes: Changes | None) -> str:
        """Why it cannot be said whose approval must not count."""
        if "requester" in self.exclude and (decisions is None or decisions.gaps or not decisions.requesters):
            gap = decisions.gaps[0] if decisions and decisions.gaps else _UNREAD
            return f"Who asked for this promotion is not known. {gap.reason}"
        if "author" not in self.exclude:
            return ""
        if changes is None or changes.gaps:
            return f"Who wrote what is promoted is not known. {(changes.gaps[0] if changes else _UNREAD).reason}"
        if changes.unknown:
            return f"Who wrote part of it has no account that could be found: {changes.unknown[0][:200]}."
        return ""

    def _missing(self, counter: _Counter, of_run: set[Person], changes: Changes | None) -> str:
        """What lacks approvals."""
        known = changes if changes and not changes.gaps else None
        for change in known.changes if known else ():
            found = len(of_run | counter.change(change))
            if found < self.count:
                return f"Change {change.number} has {found} of {self.count} approvals."
        if known and known.changes and not known.direct:
            return ""
        if len(of_run) >= self.count:
            return ""
        what = f"Commit {known.direct[0][:12]}, which no change brought," if known and known.direct else "This run"
        return f"{what} has {len(of_run)} of {self.count} approvals."


class _Counter:
    """Sorts approvals into those that count and those that do not."""

    def __init__(self, excluded: dict[Person, str]) -> None:
        self._excluded = excluded
        self.approvers: list[Approver] = []
        self.refused: list[Refusal] = []

    def run(self, approvals: Sequence[Approval]) -> set[Person]:
        """Who approved the run; whoever also rejected it did not."""
        against = {item.person for item in approvals if item.state == "rejected"}
        return self._count(approvals, against)

    def change(self, change: Change) -> set[Person]:
        """Who approved a change as it was merged."""
        return self._count(change.approvals, (), change)

    def _count(
        self, approvals: Iterable[Approval], against: Collection[Person], change: Change | None = None
    ) -> set[Person]:
        people: set[Person] = set()
        for item in approvals:
            flaw = self._flaw(item, against, change)
            if flaw:
                self.refused.append(Refusal(item.person, flaw, item.url))
            elif item.person not in people:
                people.add(item.person)
                self.approvers.append(Approver(item.person, item.kind, item.at, change.url if change else ""))
        return people

    def _flaw(self, item: Approval, against: Collection[Person], change: Change | None) -> str:
        if item.person.is_bot:
            return "is a program, and programs do not approve"
        if item.state != "approved" or item.person in against:
            return "withdrew the approval" if item.state == "withdrawn" else "said no"
        if item.flaw:
            return item.flaw
        if change and item.kind == "review" and item.commit != change.head:
            return f"approved commit {item.commit[:12] or 'unknown'}, and {change.head[:12]} was merged"
        return self._excluded.get(item.person, "")


def _refusals(refused: Iterable[Refusal]) -> str:
    seen = dict.fromkeys(f" {item.person} {item.reason}." for item in refused)
    return "".join(seen)

"""The checks gate: named checks of the CI platform were green for the commit, and named attestations are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gitless.model.approval import CheckResult, CheckResults
from gitless.model.gate import GateResult
from gitless.promotion.gates.facts import Attestation, GateFacts

_NOT_READ = "Nobody looked up the checks of its commit."
# fields in which predicates say how it went (in-toto test-result v0.1, SLSA verification summary v1)
_RESULTS = ("result", "verificationResult")
_PASSED = "PASSED"


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check that must be green.

    Attributes:
        name: Its name.
        app_id: The app that must have reported it; None for any, and then all of that name must be green.
    """

    name: str
    app_id: int | None = None

    def __str__(self) -> str:
        return self.name if self.app_id is None else f"{self.name} (app {self.app_id})"


@dataclass(frozen=True, slots=True)
class ChecksGate:
    """What else must have said yes.

    Attributes:
        required: Checks of the platform.
        attestations: Predicate types: a valid statement about the digest must exist, and not say that it failed.
    """

    required: tuple[RequiredCheck, ...] = ()
    attestations: tuple[str, ...] = ()
    name: ClassVar[str] = "checks"

    def judge(self, facts: GateFacts) -> GateResult:
        """All of them, or the first fault. A check that was skipped or is neutral has shown nothing."""
        fault = next(self._faults(facts), "")
        named = ", ".join((*map(str, self.required), *self.attestations))
        return GateResult.of(
            self.name, not fault, fault or f"Passed: {named or 'nothing was asked for'}.", skippable=True
        )

    def _faults(self, facts: GateFacts) -> Iterator[str]:
        if self.required:
            yield from self._check_faults(facts)
        for kind in self.attestations:
            found, why = facts.attestations(kind, "attestation of this type")
            fault = why or _failure(found)
            if fault:
                yield f"{kind}: {fault}"

    def _check_faults(self, facts: GateFacts) -> Iterator[str]:
        checks = facts.checks
        if checks is None or checks.gaps:
            yield checks.gaps[0].reason if checks else _NOT_READ
        elif not facts.commit or checks.commit != facts.commit:
            yield f"The checks are of commit {checks.commit}, and the artifact names {facts.commit or 'none'}."
        else:
            yield from (_check_fault(required, checks) for required in self.required if _check_fault(required, checks))


def _check_fault(required: RequiredCheck, checks: CheckResults) -> str:
    found = [item for item in checks.results if _is_meant(required, item)]
    if not found:
        return f"The check {required} did not report on commit {checks.commit}."
    bad = next((item for item in found if item.conclusion != "success"), None)
    return f"The check {required} is {bad.conclusion}, not success." if bad else ""


def _is_meant(required: RequiredCheck, found: CheckResult) -> bool:
    return found.name == required.name and required.app_id in (None, found.app_id)


def _failure(found: Sequence[Attestation]) -> str:
    """What the latest statement says where all have a time, else what any of them says."""
    times = [item.signed_at for item in found if item.signed_at]
    latest = max(times) if len(times) == len(found) else None
    for item in found:
        predicate = item.statement.predicate if item.statement else {}
        said = [predicate[key] for key in _RESULTS if key in predicate]
        if latest in (None, item.signed_at) and any(value != _PASSED for value in said):
            return f"it says {said[0]!r:.40}, not {_PASSED}."
    return ""

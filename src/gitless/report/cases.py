"""Results as the questions they answered: gates, checks and components, for test reports."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.model.audit import AuditResult
from gitless.model.case import Case, CaseVerdict
from gitless.model.gate import GateVerdict
from gitless.model.moves import MovesResult
from gitless.model.results import PublishResult, VerifyResult

_VERDICTS: dict[GateVerdict, CaseVerdict] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "waived": "skipped",
}


def publish_cases(result: PublishResult) -> list[Case]:
    """Whether each component was published, or stands as it should."""
    return [
        Case(item.name, "publish", "failed" if item.error else "passed", str(item.error) if item.error else "")
        for item in result.components
    ]


def moves_cases(result: MovesResult) -> list[Case]:
    """Every gate of every component; an error is one more."""
    found: list[Case] = []
    for move in result.moves:
        found += [Case(move.name, gate.name, _VERDICTS[gate.verdict], gate.reason) for gate in move.gates]
        if move.error:
            found.append(Case(move.name, result.kind, "failed", str(move.error)))
    return found


def verify_cases(results: Sequence[VerifyResult]) -> list[Case]:
    """Every numbered check of every reference; an error is one more."""
    found: list[Case] = []
    for item in results:
        found += [
            Case(item.reference, check.id, "passed" if check.ok else "failed", check.reason) for check in item.checks
        ]
        if item.error or not item.checks:
            found.append(Case(item.reference, "verify", "failed", str(item.error or "No check was made.")))
    return found


def audit_cases(result: AuditResult) -> list[Case]:
    """Every finding as a failure; each repository without one as a success."""
    bad = {item.component for item in result.findings}
    fine = [Case(item.name, item.repository, "passed") for item in result.components if item.name not in bad]
    found = [Case(item.component, f"{item.kind} {item.tag}".strip(), "failed", item.reason) for item in result.findings]
    return [*fine, *found]


def holds_cases(verb: str, lines: Sequence[str], *, ok: bool) -> list[Case]:
    """One answer for a report as a whole, with the lines that say what is wrong."""
    return [Case("gitless", verb, "passed" if ok else "failed", "" if ok else "\n".join(lines))]

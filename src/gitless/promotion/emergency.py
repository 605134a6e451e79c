"""Emergencies: some gates may be skipped, by the policy's leave, with a reason, and on the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gitless.errors import UsageError
from gitless.model.gate import GateResult

NEVER_SKIPPED = frozenset({"signature", "provenance", "approvals", "target"})


def skip(results: Sequence[GateResult], may_skip: Collection[str], reason: str) -> tuple[GateResult, ...]:
    """Let an emergency skip what failed and may be skipped.

    Args:
        results: What the gates said.
        may_skip: Names the policy allows (`emergency.may-skip`); what can never be skipped is not, whatever it says.
        reason: Why it is an emergency.

    Returns:
        The same results; those that were skipped say so. What passed stays passed, and what may not be skipped failed.

    Raises:
        UsageError: There is no reason.
    """
    if not reason.strip():
        raise UsageError("An emergency needs a reason.", hint="Say it with --reason; the record keeps it.")
    return tuple(_skip(result, may_skip) for result in results)


def _skip(result: GateResult, may_skip: Collection[str]) -> GateResult:
    allowed = result.skippable and result.name in may_skip and result.name not in NEVER_SKIPPED
    return replace(result, verdict="skipped") if result.verdict == "failed" and allowed else result

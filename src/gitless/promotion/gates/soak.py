"""The soak gate: it has been published for long enough. Counted from a time that somebody else vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from gitless.model.gate import GateResult
from gitless.model.media_types import PREDICATE_SIGNATURE
from gitless.model.revision import rfc3339
from gitless.promotion.gates.facts import GateFacts


@dataclass(frozen=True, slots=True)
class SoakGate:
    """How long ago the earliest verified time of the publishing signature must be.

    Attributes:
        period: The least time.
    """

    period: timedelta
    name: ClassVar[str] = "soak"

    def judge(self, facts: GateFacts) -> GateResult:
        """Without a timestamp or a log entry there is no time to count from, which is a no."""
        found, why = facts.attestations(PREDICATE_SIGNATURE, "signature")
        times = [item.signed_at for item in found if item.signed_at]
        if not times:
            return self._answer(
                False, why or "No timestamp authority and no log vouches for the time of its signature."
            )
        since = min(times)
        ends = since + self.period
        if facts.now < ends:
            return self._answer(False, f"It was signed at {rfc3339(since)}; it may be promoted from {rfc3339(ends)}.")
        return self._answer(True, f"It was signed at {rfc3339(since)}, longer ago than {self.period}.")

    def _answer(self, ok: bool, reason: str) -> GateResult:
        return GateResult.of(self.name, ok, reason, skippable=True)

"""The order gate: an artifact goes through the channels in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gitless.model.gate import GateResult
from gitless.promotion.gates.facts import GateFacts, SourceFact, unknown


@dataclass(frozen=True, slots=True)
class OrderGate:
    """The digest must have reached the channel before.

    Attributes:
        source: That channel.
    """

    source: str
    name: ClassVar[str] = "order"

    def judge(self, facts: GateFacts) -> GateResult:
        """Facts about another channel than the one asked for are a no."""
        fact = facts.source
        if not isinstance(fact, SourceFact):
            return GateResult.of(self.name, False, unknown(fact, f"channel {self.source}"))
        if fact.channel != self.source:
            return GateResult.of(self.name, False, f"It was looked up in {fact.channel}, not in {self.source}.")
        return GateResult.of(self.name, fact.reached, fact.reason)

"""The target gate: what was withdrawn stays so, and a rollback only goes where the channel has been. Never skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import ChannelHistory
from gitless.promotion.gates.facts import GateFacts, unknown


@dataclass(frozen=True, slots=True)
class TargetGate:
    """Judges the digest by the channel's own history."""

    name: ClassVar[str] = "target"

    def judge(self, facts: GateFacts) -> GateResult:
        """No withdrawn digest; for rollbacks only one that a completed record moved the channel to."""
        if not isinstance(facts.history, ChannelHistory):
            return GateResult.of(self.name, False, unknown(facts.history, "channel's history"))
        if facts.digest in facts.history.withdrawn:
            return GateResult.of(self.name, False, f"It was withdrawn: {_withdrawal(facts.history, facts.digest)}")
        if facts.kind == "promote":
            return GateResult.of(self.name, True, "It was never withdrawn from this channel.")
        for link in facts.history.completed:
            if link.record.digest == facts.digest:
                reason = f"Record {link.record.sequence} promoted it, and it was never withdrawn."
                return GateResult.of(self.name, True, reason)
        return GateResult.of(self.name, False, "No completed promotion of this channel moved it there.")


def _withdrawal(history: ChannelHistory, digest: Digest) -> str:
    reasons = (link.record.reason for link in history.links if link.record.withdraws == digest)
    return next(reasons, "")

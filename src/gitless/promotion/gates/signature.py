"""The signature gate: what is promoted carries the publishing identity's signature. Always asked, never skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gitless.model.gate import GateResult
from gitless.model.media_types import PREDICATE_SIGNATURE
from gitless.promotion.gates.facts import GateFacts


@dataclass(frozen=True, slots=True)
class SignatureGate:
    """At least one valid signature about this digest."""

    name: ClassVar[str] = "signature"

    def judge(self, facts: GateFacts) -> GateResult:
        """Look for a valid `https://sigstore.dev/cosign/sign/v1` statement."""
        found, why = facts.attestations(PREDICATE_SIGNATURE, "signature")
        return GateResult.of(self.name, bool(found), why or found[0].reason)

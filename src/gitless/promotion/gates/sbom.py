"""The SBOM gate: there is one, it is valid, and it describes enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from gitless.model.gate import GateResult
from gitless.model.media_types import PREDICATE_SBOM
from gitless.promotion.gates.facts import GateFacts, SbomFact, unknown


@dataclass(frozen=True, slots=True)
class SbomGate:
    """A signed SBOM without a fault.

    Attributes:
        profile: `delivery` asks for the artifact's own content; `deployment` also that nothing is left out which the
            manifests name: charts and images.
    """

    profile: Literal["deployment", "delivery"] = "deployment"
    name: ClassVar[str] = "sbom"

    def judge(self, facts: GateFacts) -> GateResult:
        """Look for a valid `https://cyclonedx.org/bom` statement, and at what its examination found."""
        found, why = facts.attestations(PREDICATE_SBOM, "SBOM")
        if not found:
            return self._answer(False, why)
        if not isinstance(facts.sbom, SbomFact):
            return self._answer(False, unknown(facts.sbom, "SBOM's content"))
        if facts.sbom.problems:
            return self._answer(False, f"The SBOM is not valid: {facts.sbom.problems[0]}")
        if self.profile == "deployment" and facts.sbom.completeness == "incomplete":
            return self._answer(
                False, "The SBOM says that it is incomplete, and the profile deployment leaves nothing out."
            )
        return self._answer(True, f"A valid SBOM is there, of profile {self.profile}.")

    def _answer(self, ok: bool, reason: str) -> GateResult:
        return GateResult.of(self.name, ok, reason, skippable=True)

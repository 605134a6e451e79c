"""The secrets gate: gitless checked the content, and every exception it used is still a reviewed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from gitless.model.gate import GateResult
from gitless.model.waiver import Waiver
from gitless.promotion.gates.facts import GateFacts
from gitless.promotion.gates.published import published


@dataclass(frozen=True, slots=True)
class SecretsGate:
    """Publishing refuses plaintext secrets; what it let through stands in the provenance.

    Attributes:
        waivers: The exceptions that the policy's gitless.yaml allows.
    """

    waivers: tuple[Waiver, ...] = ()
    name: ClassVar[str] = "secrets"

    def judge(self, facts: GateFacts) -> GateResult:
        """One provenance is enough whose waivers all stand in the policy and have not ended."""
        found, why = published(facts)
        faults = [self._fault(fields, facts.now.date()) for fields in found]
        if "" in faults:
            used = len(_used(found[faults.index("")]) or ())
            with_waivers = f", with {used} reviewed exceptions" if used else ""
            return GateResult.of(self.name, True, f"Its content was checked for secrets{with_waivers}.")
        return GateResult.of(self.name, False, why or faults[0])

    def _fault(self, fields: Mapping[str, Any], today: date) -> str:
        used = _used(fields)
        if used is None:
            return "Its provenance lists exceptions that cannot be read."
        for rule, place in used:
            same = [waiver for waiver in self.waivers if (waiver.rule, waiver.object) == (rule, place)]
            if not same:
                return f"It was published with an exception from {rule} for {place}, which gitless.yaml does not allow."
            if all(waiver.until and waiver.until < today for waiver in same):
                return f"It was published with an exception from {rule} for {place}, which has ended."
        return ""


def _used(fields: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Rule and object of each waiver; None where they cannot be read."""
    listed = fields.get("waivers", [])
    if not isinstance(listed, list):
        return None
    used = []
    for item in listed:
        pair = (item.get("rule"), item.get("object")) if isinstance(item, Mapping) else (None, None)
        if not isinstance(pair[0], str) or not isinstance(pair[1], str):
            return None
        used.append((pair[0], pair[1]))
    return used

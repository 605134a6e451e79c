"""The determinism gate: what was published can be made again from its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gitless.model.gate import GateResult
from gitless.model.revision import Revision
from gitless.promotion.gates.facts import GateFacts
from gitless.promotion.gates.published import published


@dataclass(frozen=True, slots=True)
class DeterminismGate:
    """Publishing renders twice and compares; beyond that, the provenance must name all that decides the bytes."""

    name: ClassVar[str] = "determinism"

    def judge(self, facts: GateFacts) -> GateResult:
        """One provenance is enough that names a commit without uncommitted changes, and what it was rendered for."""
        found, why = published(facts)
        faults = [_fault(fields) for fields in found]
        if "" in faults:
            return GateResult.of(
                self.name, True, "It was made from a commit alone, and rendered twice to the same bytes."
            )
        return GateResult.of(self.name, False, why or faults[0])


def _fault(fields: Mapping[str, Any]) -> str:
    written = fields.get("revision")
    revision = Revision.parse(written) if isinstance(written, str) else None
    if revision is None:
        return "Its revision names no commit."
    if revision.dirty or fields.get("allowDirty"):
        return "It was published with uncommitted changes allowed."
    renders = fields.get("render", [])
    if not isinstance(renders, list) or not all(isinstance(item, Mapping) for item in renders):
        return "Its provenance does not say how it was rendered."
    if any(item.get("kind") != "none" and not item.get("kubernetes") for item in renders):
        return "It was rendered for a Kubernetes version that its provenance does not name."
    return ""

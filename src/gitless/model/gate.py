"""What one gate said about one promotion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from gitless.model.line import to_line

GateVerdict = Literal["passed", "failed", "skipped", "waived"]
MAX_REASON = 2000  # characters
GATE_VERDICTS: tuple[str, ...] = get_args(GateVerdict)


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's result.

    Attributes:
        name: Stable name such as `soak`; configuration and scripts rely on it.
        verdict: `passed`; `failed`; `skipped` (it failed, and an emergency skipped it); `waived` (it failed, and does
            not hold for rollbacks).
        reason: What was seen, in one sentence, also when it passed.
        skippable: Whether an emergency may skip it at all; said by the gate, not kept in records.
    """

    name: str
    verdict: GateVerdict
    reason: str
    skippable: bool = field(default=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the channel may move as far as this gate goes."""
        return self.verdict != "failed"

    @classmethod
    def of(cls, name: str, ok: bool, reason: str, *, skippable: bool = False) -> GateResult:
        """A gate's own answer: yes or no, with its reason, which may hold foreign text."""
        return cls(name, "passed" if ok else "failed", to_line(reason, MAX_REASON), skippable)

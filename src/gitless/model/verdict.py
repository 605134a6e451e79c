"""What a check says, and what several say together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered step of a procedure.

    Attributes:
        id: Stable name such as `flux.3-subject`; scripts may rely on it.
        ok: Whether it held.
        reason: What was seen, in one sentence, also when it held.
    """

    id: str
    ok: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks of one procedure; no checks at all is a no."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """True when there are checks and every one held."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that did not hold."""
        return tuple(check for check in self.checks if not check.ok)

"""The freeze gate: there are times in which a channel does not move, told by the clock of a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from gitless.model.gate import GateResult
from gitless.promotion.gates.facts import GateFacts

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """Whole days: of every week, or from one date to another.

    Attributes:
        days: Days of the week; empty where it is a span.
        first: First day of the span.
        last: Last day of the span, itself frozen.
        yearly: Whether the span comes back every year; it may then go over new year.
        reason: Why, for people.
    """

    days: tuple[Day, ...] = ()
    first: date | None = None
    last: date | None = None
    yearly: bool = False
    reason: str = ""

    def covers(self, day: date) -> bool:
        """Whether the window holds on this day."""
        if _DAYS[day.weekday()] in self.days:
            return True
        if self.first is None or self.last is None:
            return False
        if not self.yearly:
            return self.first <= day <= self.last
        here, start, end = _in_year(day), _in_year(self.first), _in_year(self.last)
        return start <= here <= end if start <= end else here >= start or here <= end

    def words(self, day: date) -> str:
        """What holds on this day, for people."""
        span = "" if self.days else f" ({self.first} to {self.last}{', every year' if self.yearly else ''})"
        return (self.reason or f"no changes on {_NAMES[day.weekday()]}") + span


@dataclass(frozen=True, slots=True)
class FreezeGate:
    """When the channel must not move.

    Attributes:
        timezone: IANA name of the zone that days are counted in.
        windows: The windows; any of them is enough.
    """

    timezone: str
    windows: tuple[FreezeWindow, ...]
    name: ClassVar[str] = "freeze"

    def judge(self, facts: GateFacts) -> GateResult:
        """A time zone that this machine does not know is a no."""
        try:
            here = facts.now.astimezone(ZoneInfo(self.timezone))
        except (KeyError, ValueError, OSError):  # unknown; not a zone's name; the name of a folder of zones
            return self._answer(False, f"The time zone {self.timezone!r:.80} is not known here.")
        window = self._window(here.date())
        if window is None:
            return self._answer(True, f"No freeze holds on {here:%Y-%m-%d} in {self.timezone}.")
        until = self._until(here)
        later = f"; it ends on {until:%Y-%m-%d} at 00:00 {self.timezone}" if until else ""
        return self._answer(False, f"Frozen on {here:%Y-%m-%d}: {window.words(here.date())}{later}.")

    def _window(self, day: date) -> FreezeWindow | None:
        return next((window for window in self.windows if window.covers(day)), None)

    def _until(self, here: datetime) -> date | None:
        """The first day without a freeze, within a year."""
        days = (here.date() + timedelta(days=ahead) for ahead in range(1, 367))
        return next((day for day in days if self._window(day) is None), None)

    def _answer(self, ok: bool, reason: str) -> GateResult:
        return GateResult.of(self.name, ok, reason, skippable=True)


def _in_year(day: date) -> tuple[int, int]:
    return day.month, day.day

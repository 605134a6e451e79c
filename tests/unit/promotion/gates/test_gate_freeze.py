"""The freeze gate: days of a place, spans of dates, every year, and zones nobody knows."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import digest, refusal

from gitless.promotion.gates.facts import GateFacts
from gitless.promotion.gates.freeze import FreezeGate, FreezeWindow

WEEKEND = FreezeWindow(("sat", "sun"))
NEW_YEAR = FreezeWindow(first=date(2026, 12, 23), last=date(2027, 1, 2), reason="change freeze")
YEARLY = FreezeWindow(first=date(2020, 12, 23), last=date(2021, 1, 2), yearly=True, reason="holidays")
CHRISTMAS = FreezeWindow(first=date(2020, 12, 25), last=date(2020, 12, 25), yearly=True)
SUMMER = FreezeWindow(first=date(2020, 7, 1), last=date(2020, 7, 31), yearly=True)


def at(text: str) -> GateFacts:
    return GateFacts(digest("one"), datetime.fromisoformat(text).replace(tzinfo=timezone.utc))


CASES = {
    "friday": ("Europe/Berlin", WEEKEND, "2026-11-20T12:00", True),
    "saturday": ("Europe/Berlin", WEEKEND, "2026-11-21T12:00", False),
    "friday-night-in-utc-is-saturday-in-berlin": ("Europe/Berlin", WEEKEND, "2026-11-20T23:00", False),
    "saturday-in-utc-is-friday-in-new-york": ("America/New_York", WEEKEND, "2026-11-21T04:59", True),
    "summer-time-moves-midnight": ("Europe/Berlin", WEEKEND, "2026-07-17T22:00", False),
    "winter-time-does-not": ("Europe/Berlin", WEEKEND, "2026-11-20T22:59", True),
    "before-the-span": ("UTC", NEW_YEAR, "2026-12-22T23:59", True),
    "first-day": ("UTC", NEW_YEAR, "2026-12-23T00:00", False),
    "last-day": ("UTC", NEW_YEAR, "2027-01-02T23:59", False),
    "after-the-span": ("UTC", NEW_YEAR, "2027-01-03T00:00", True),
    "a-year-later": ("UTC", NEW_YEAR, "2027-12-24T00:00", True),
    "every-year-before-new-year": ("UTC", YEARLY, "2031-12-31T00:00", False),
    "every-year-after-new-year": ("UTC", YEARLY, "2031-01-01T00:00", False),
    "every-year-outside": ("UTC", YEARLY, "2031-01-03T00:00", True),
    "every-summer": ("UTC", SUMMER, "2031-07-31T00:00", False),
    "every-christmas-day": ("UTC", CHRISTMAS, "2031-12-25T12:00", False),
    "not-the-day-before": ("UTC", CHRISTMAS, "2031-12-24T12:00", True),
    "not-the-day-after": ("UTC", CHRISTMAS, "2031-12-26T12:00", True),
    "not-in-august": ("UTC", SUMMER, "2031-08-01T00:00", True),
}


@pytest.mark.parametrize("name", CASES)
def test_freezes(name: str) -> None:
    zone, window, moment, ok = CASES[name]
    result = FreezeGate(zone, (window,)).judge(at(moment))
    assert result.ok == ok, result.reason
    assert result.skippable


def test_the_reason_says_why_and_until_when() -> None:
    gate = FreezeGate("Europe/Berlin", (WEEKEND, NEW_YEAR))
    assert refusal(gate.judge(at("2026-12-24T12:00"))) == (
        "Frozen on 2026-12-24: change freeze (2026-12-23 to 2027-01-02); it ends on 2027-01-04 at 00:00 Europe/Berlin."
    )
    assert "no changes on Saturday" in refusal(gate.judge(at("2026-11-21T12:00")))
    assert "every year" in refusal(FreezeGate("UTC", (YEARLY,)).judge(at("2026-12-24T12:00")))


def test_a_freeze_that_never_ends() -> None:
    always = FreezeWindow(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert refusal(FreezeGate("UTC", (always,)).judge(at("2026-11-20T12:00"))) == (
        "Frozen on 2026-11-20: no changes on Friday."
    )


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "", "../etc/passwd", "/etc/passwd", "Europe", "a\x00b", "x" * 5000, "CON"]
)
def test_an_unknown_zone_is_a_no(zone: str) -> None:
    result = FreezeGate(zone, (WEEKEND,)).judge(at("2026-11-20T12:00"))
    assert not result.ok
    assert "is not known here" in result.reason


def test_a_window_of_nothing_covers_nothing() -> None:
    assert not FreezeWindow().covers(date(2026, 11, 20))
    assert not FreezeWindow(first=date(2026, 11, 20)).covers(date(2026, 11, 20))
    assert FreezeGate("UTC", ()).judge(at("2026-11-20T12:00")).ok


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 363), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_a_yearly_span_holds_in_every_year_as_in_its_first(first: date, length: int, day: date) -> None:
    last = first + timedelta(days=length)
    inside = {
        ((first + timedelta(days=ahead)).month, (first + timedelta(days=ahead)).day) for ahead in range(length + 1)
    }
    window = FreezeWindow(first=first, last=last, yearly=True)
    leap = (day.month, day.day) == (2, 29)
    assert leap or window.covers(day) == ((day.month, day.day) in inside)

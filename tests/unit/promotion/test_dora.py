"""The four figures, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import HOUR, NOON, digest, entry, record

from gitless.errors import UsageError
from gitless.model.history import ChannelHistory, DeliveryFigures
from gitless.promotion.chain import read_history
from gitless.promotion.dora import measure

DAY = timedelta(days=1)


def lived(*moves: tuple[str, str, float], vouched: bool = True) -> ChannelHistory:
    """A channel from (kind, to, hours after noon); each commit is two hours older than its promotion."""
    entries = []
    seen = None
    for number, (kind, to, hours) in enumerate(moves, 1):
        made = NOON + hours * HOUR
        item: Any = record(number, to, kind=kind, observed=seen, reason="r", created=made, committed=made - 2 * HOUR)
        entries.append(replace(entry(item), signed_at=made + HOUR if vouched else None))
        seen = digest(to)
    return read_history("web", "stable", entries, [item.manifest for item in entries], seen)


def figures(history: ChannelHistory, start: datetime = NOON, end: datetime = NOON + 2 * DAY) -> DeliveryFigures:
    return measure(history, start, end)


def test_nothing_happened() -> None:
    none = figures(lived())
    assert (none.promotions, none.per_day, none.failures, none.is_claimed) == (0, 0.0, 0, False)
    assert none.lead_time is none.failure_rate is none.restore_time is None


def test_promotions_and_lead_time() -> None:
    found = figures(lived(("promote", "a", 1), ("promote", "b", 2), ("promote", "c", 30)))
    assert (found.promotions, found.per_day, found.failures, found.failure_rate) == (3, 1.5, 0, 0.0)
    assert found.lead_time == 3 * HOUR, "to the time that somebody vouches for"
    assert not found.is_claimed


def test_claimed_times_are_said_to_be_claimed() -> None:
    found = figures(lived(("promote", "a", 1), vouched=False))
    assert found.is_claimed
    assert found.lead_time == 2 * HOUR


def test_a_rollback_is_a_failure_and_restores() -> None:
    found = figures(lived(("promote", "a", 1), ("promote", "b", 2), ("rollback", "a", 5), ("promote", "c", 6)))
    assert (found.promotions, found.failures, found.restore_time) == (3, 1, 3 * HOUR)
    assert found.failure_rate == pytest.approx(1 / 3)


def test_only_the_last_promotion_of_a_digest_failed() -> None:
    found = figures(lived(("promote", "a", 0), ("promote", "b", 1), ("promote", "b", 2), ("rollback", "a", 4)))
    assert (found.failures, found.restore_time) == (1, 2 * HOUR)


def test_the_period_counts_promotions_and_looks_beyond_for_their_failure() -> None:
    history = lived(("promote", "a", -30), ("promote", "b", 40), ("rollback", "a", 90))
    found = figures(history)
    assert (found.promotions, found.failures, found.restore_time) == (1, 1, 50 * HOUR)
    assert figures(history, NOON + 41 * HOUR, NOON + 42 * HOUR).promotions == 1
    assert figures(history, NOON + 40 * HOUR, NOON + 41 * HOUR).promotions == 0


def test_commits_without_a_time_are_left_out() -> None:
    bare = entry(record(1, "a"))
    history = read_history("web", "stable", [bare], [bare.manifest], digest("a"))
    assert figures(history).promotions == 1
    assert figures(history).lead_time is None


def test_what_was_never_completed_does_not_count() -> None:
    history = lived(("promote", "a", 1), ("promote", "b", 2))
    stuck = read_history("web", "stable", [entry(link.record) for link in history.links],
                         [link.manifest for link in history.links], digest("a"))  # fmt: skip
    assert figures(stuck).promotions == 1


def test_a_period_has_a_length() -> None:
    with pytest.raises(UsageError, match="ends before"):
        figures(lived(), NOON, NOON)


@given(
    st.lists(
        st.tuples(st.sampled_from(["promote", "rollback"]), st.sampled_from("abc"), st.integers(1, 40)), max_size=9
    )
)
def test_figures_stay_in_their_bounds(moves: Any) -> None:
    found = figures(lived(*moves))
    assert 0 <= found.failures <= found.promotions <= len(moves)
    assert (found.failure_rate is None) == (found.promotions == 0)
    assert (found.restore_time is None) == (found.failures == 0)

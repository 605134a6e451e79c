"""How fast a service is asked, at a time that passes by waiting only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitless.signing.pace import Pace


class Still:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_three_go_at_once() -> None:
    clock = Still()
    pace = Pace(10, clock.now, clock.sleep)
    for _ in range(3):
        pace.wait()
    assert clock.time == 0.0
    pace.wait()
    assert clock.time == 0.4


@given(st.integers(1, 50), st.lists(st.floats(0, 2), min_size=4, max_size=60))
def test_no_second_sees_as_many_as_the_limit(rate: int, pauses: list[float]) -> None:
    clock = Still()
    pace = Pace(rate, clock.now, clock.sleep)
    starts = []
    for pause in pauses:
        clock.time += pause
        pace.wait()
        starts.append(clock.time)
    for start in starts:
        assert len([each for each in starts if start <= each < start + 1]) <= rate


def test_of_ten_at_most_nine_are_used() -> None:
    clock = Still()
    pace = Pace(10, clock.now, clock.sleep)
    starts = []
    for _ in range(150):
        pace.wait()
        starts.append(clock.time)
    assert max(len([each for each in starts if start <= each < start + 1]) for start in starts) == 9
    assert clock.time < 21

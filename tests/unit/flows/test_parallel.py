"""Steps side by side: in order, all of them, to any depth."""

from __future__ import annotations

import threading
import time

import pytest

from gitless.flows.parallel import both, map_together


def test_results_are_in_order_whatever_ends_first() -> None:
    def slow(number: int) -> int:
        time.sleep(0.02 * (3 - number % 4))
        return number

    assert map_together(slow, range(20)) == list(range(20))
    assert map_together(slow, []) == []
    assert both(lambda: "one", lambda: 2) == ("one", 2)


def test_steps_really_run_side_by_side() -> None:
    meeting = threading.Barrier(8)
    assert len(set(map_together(lambda _: meeting.wait(10), range(8)))) == 8


def test_never_more_at_once_than_asked_for() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def step(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    map_together(step, range(40), 3)
    assert most <= 3


def test_the_first_failure_is_raised_when_all_have_ended() -> None:
    ended: list[int] = []

    def step(number: int) -> None:
        time.sleep(0.01 * number)
        ended.append(number)
        if number in (1, 3):
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        map_together(step, range(6))
    assert sorted(ended) == list(range(6))


def test_an_interrupt_is_passed_on_and_nothing_more_begins() -> None:
    begun: list[int] = []

    def step(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        map_together(step, range(100), 4)
    assert len(begun) < 20


def test_steps_within_steps_never_wait_for_a_free_thread() -> None:
    def deeper(depth: int) -> int:
        return sum(map_together(lambda _: deeper(depth - 1), range(4))) if depth else 1

    assert sum(map_together(lambda _: deeper(4), range(16))) == 16 * 4**4


def test_many_callers_at_once() -> None:
    results: list[list[int]] = []
    callers = [
        threading.Thread(target=lambda: results.append(map_together(lambda item: item * 2, range(50))))
        for _ in range(40)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert results == [[item * 2 for item in range(50)]] * 40

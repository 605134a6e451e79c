"""Independent steps side by side, so that a publish waits for round trips and not for their sum.

All of them share one set of threads. Whoever waits works too: a caller does its own steps until none is left, and waits
only for those that others have begun. So steps may have steps of their own, to any depth, with any number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TypeVar, cast

T = TypeVar("T")
A = TypeVar("A")
STEP_THREADS = 8
READ_THREADS = 24  # small reads by digest, such as the records of a history; a host's pool holds 32 connections
_HELPERS = ThreadPoolExecutor(32, "step")


def together(steps: Sequence[Callable[[], T]], threads: int = STEP_THREADS) -> list[T]:
    """Run steps at the same time and wait for all of them, also when one fails.

    Args:
        steps: What to do.
        threads: How many at once, at most.

    Returns:
        Their results, in order.

    Raises:
        BaseException: What the first failing step raised, after every other one has ended.
    """
    if len(steps) <= 1:
        return [step() for step in steps]
    outcomes: list[Future[T]] = [Future() for _ in steps]
    todo = deque(zip(outcomes, steps, strict=True))
    helpers = [_HELPERS.submit(_work, todo) for _ in range(min(len(steps), threads) - 1)]
    try:
        _work(todo)
    finally:
        # one that has not begun finds nothing to do any more
        wait([helper for helper in helpers if not helper.cancel()])
    return [outcome.result() for outcome in outcomes]


def both(first: Callable[[], T], second: Callable[[], A]) -> tuple[T, A]:
    """`together` for two steps with results of different types."""
    results = together(cast("list[Callable[[], object]]", [first, second]))
    return cast("tuple[T, A]", tuple(results))


def map_together(function: Callable[[A], T], items: Sequence[A], threads: int = STEP_THREADS) -> list[T]:
    """`together` for one function over many items."""
    return together([lambda item=item: function(item) for item in items], threads)  # type: ignore[misc]


def _work(todo: deque[tuple[Future[T], Callable[[], T]]]) -> None:
    while todo:
        try:
            outcome, step = todo.popleft()
        except IndexError:  # somebody else took the last one
            return
        try:
            outcome.set_result(step())
        except Exception as error:
            outcome.set_exception(error)  # it is raised where the steps were asked for
        except BaseException as error:
            outcome.set_exception(error)
            _give_up(todo, error)


def _give_up(todo: deque[tuple[Future[T], Callable[[], T]]], error: BaseException) -> None:
    """Begin nothing more: somebody has interrupted."""
    while todo:
        with suppress(IndexError):
            todo.popleft()[0].set_exception(error)

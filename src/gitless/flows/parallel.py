"""Independent steps side by side, so that a publish waits for round trips and not for their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")
STEP_THREADS = 8
READ_THREADS = 24  # small reads by digest, such as the records of a history; a host's pool holds 32 connections


def together(steps: Sequence[Callable[[], T]], threads: int = STEP_THREADS) -> list[T]:
    """Run steps at the same time and wait for all of them, also when one fails.

    Args:
        steps: What to do.
        threads: How many at once.

    Returns:
        Their results, in order.

    Raises:
        BaseException: What the first failing step raised, after every other one has ended.
    """
    if len(steps) <= 1:
        return [step() for step in steps]
    with ThreadPoolExecutor(max_workers=min(len(steps), threads)) as pool:
        futures: list[Future[T]] = [pool.submit(step) for step in steps]
    return [future.result() for future in futures]


def both(first: Callable[[], T], second: Callable[[], A]) -> tuple[T, A]:
    """`together` for two steps with results of different types."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(second)
        result = first()
    return result, future.result()


def map_together(function: Callable[[A], T], items: Sequence[A], threads: int = STEP_THREADS) -> list[T]:
    """`together` for one function over many items."""
    return together([lambda item=item: function(item) for item in items], threads)  # type: ignore[misc]

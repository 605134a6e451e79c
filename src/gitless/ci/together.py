"""Questions to a platform's API side by side, and none of them for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TimeIsUp
from typing import TypeVar

from gitless.errors import RemoteError
from gitless.web.beside import beside

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 6  # platforms ask clients not to flood them
SECONDS = 60.0


def together(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do the same for several items, a few at a time; results in the items' order.

    Raises:
        Exception: What the first failing item raised.
    """
    waiting = list(items)
    if len(waiting) < 2:
        return [work(item) for item in waiting]
    with ThreadPoolExecutor(min(AT_ONCE, len(waiting))) as pool:
        return list(pool.map(work, waiting))


def within(work: Callable[[], R], doing: str, seconds: float = SECONDS) -> R:
    """Do one request; the clients' own limits are for silence only, and an answer may drip.

    Args:
        work: The request.
        doing: What for, after "Cannot".
        seconds: How long it may take as a whole.

    Raises:
        RemoteError: The time is up.
    """
    future = beside(work)
    try:
        return future.result(seconds)
    except TimeIsUp as error:
        if future.done():
            raise
        raise RemoteError(f"Cannot {doing}.", why=f"No whole answer within {seconds:.0f} s.", temporary=True) from error

"""Writes to a platform's API that must not be done twice: what is not known to have failed is looked up first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from gitless.errors import RemoteError

T = TypeVar("T")
Method = Literal["POST", "PATCH", "PUT", "DELETE"]
PAUSE_SECONDS = 2.0  # what a lost answer was about may take a moment to show
_TRIES = 2
_UNHEARD = (403, 429)  # both only where a rate limit refused the request before anything was done


class UncertainError(RemoteError):
    """The answer to a write was lost: it may have taken effect, and sending it again could do it twice."""


def once(method: Method, work: Callable[[], T]) -> T:
    """Send a write; done twice, all but a POST leave the same.

    Raises:
        UncertainError: A POST failed, and not before it was heard.
        Exception: What the work raises.
    """
    try:
        return work()
    except RemoteError as error:
        if method != "POST" or not error.temporary or error.status in _UNHEARD:
            raise
        raise UncertainError(error.what, why=error.why, status=error.status, temporary=True) from error


def make_once(look: Callable[[], T | None], make: Callable[[], T], pause: Callable[[], None]) -> T:
    """Make what is not there yet; where the answer was lost, look before it is tried again.

    Args:
        look: Finds it; None where it is not there.
        make: Makes it by one POST.
        pause: Waits a moment.

    Raises:
        UncertainError: Answers were lost time and again, and it is not there.
    """
    lost: UncertainError | None = None
    for _ in range(_TRIES):
        found = look()
        if found is not None:
            return found
        try:
            return make()
        except UncertainError as error:
            lost = error
            pause()
    found = look()
    if found is None:
        raise lost or AssertionError("there is at least one try")
    return found

"""How long one operation may take, what is tried again, and when: the only retry there is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from gitless.errors import RemoteError

T = TypeVar("T")
TEMPORARY = frozenset({408, 429, 500, 502, 503, 504})


class TemporaryError(RemoteError):
    """A failure that may pass: a broken connection, or one of the statuses in TEMPORARY.

    Args:
        what: As in the base class.
        why: As in the base class.
        hint: As in the base class.
        status: As in the base class.
        wait_seconds: How long the other side asked to wait; None when it did not say.
    """

    def __init__(
        self, what: str, *, why: str = "", hint: str = "", status: int | None = None, wait_seconds: float | None = None
    ) -> None:
        super().__init__(what, why=why, hint=hint, status=status, temporary=True)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock that everything in one operation shares.

    Attributes:
        at: The moment, in seconds of `now`.
        now: The clock.
    """

    at: float
    now: Callable[[], float]

    @property
    def remaining(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self.at - self.now())


@dataclass(frozen=True)
class Patience:
    """Limits of one operation, and the clock they are measured with.

    Attributes:
        attempts: How often one request is sent at most.
        total_seconds: How long one operation may take, waiting included; blobs get `seconds_per_mib` on top.
        seconds_per_mib: Extra seconds for each MiB that is moved.
        connect_seconds: How long a connection may take.
        read_seconds: How long the other side may be silent (some registries sync for 15 seconds first).
        backoff_seconds: The first wait between attempts; it doubles, and is drawn between zero and itself.
    """

    attempts: int = 5
    total_seconds: float = 120.0
    seconds_per_mib: float = 10.0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    backoff_seconds: float = 0.5
    now: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False)

    def deadline(self, size: int = 0) -> Deadline:
        """The deadline of an operation that starts now and moves `size` bytes."""
        return Deadline(self.now() + self.total_seconds + self.seconds_per_mib * size / 2**20, self.now)

    def run(self, action: Callable[[], T], deadline: Deadline) -> T:
        """Do `action`, and again while it fails in a way that may pass.

        Raises:
            RemoteError: The last failure; when the time is up, or a wait that was asked for would pass the
                deadline, its hint says so.
        """
        for attempt in range(self.attempts):
            try:
                return action()
            except TemporaryError as error:
                if attempt + 1 == self.attempts:
                    raise
                self._wait(error, attempt, deadline)
        raise AssertionError("attempts is at least one")

    def _wait(self, error: TemporaryError, attempt: int, deadline: Deadline) -> None:
        asked = error.wait_seconds
        jitter = self.uniform(0, min(8.0, self.backoff_seconds * 2**attempt))
        seconds = jitter if asked is None else asked + min(jitter, 1.0)
        if seconds >= deadline.remaining:
            reason = "" if asked is None else f" It asks to wait {asked:.0f} s."
            raise RemoteError(
                error.what,
                why=f"{error.why}{reason} Only {deadline.remaining:.0f} s are left for this operation.".strip(),
                hint="Run the same command again later; it completes the work.",
                status=error.status,
                temporary=True,
            ) from error
        self.sleep(seconds)

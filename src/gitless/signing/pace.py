"""How fast a service is asked: a few requests at once, and never more in any second than it allows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

_AT_ONCE = 3  # the statements of one artifact
_SHARE = 0.75  # requests that bunch up on the way must not push a second over the limit


class Pace:
    """Lets callers through, three at once where the rate allows it; safe to use from several threads.

    Args:
        per_second: No second sees more; of ten at most nine are used.
        now: A monotonic clock, in seconds.
        sleep: Waits for that many seconds.
    """

    def __init__(self, per_second: float, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        at_once = max(1, min(_AT_ONCE, int(per_second // _AT_ONCE)))
        self._span = at_once / (_SHARE * per_second)
        self._starts: deque[float] = deque(maxlen=at_once)
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may start."""
        with self._lock:
            now = self._now()
            start = now if len(self._starts) < (self._starts.maxlen or 0) else max(now, self._starts[0] + self._span)
            self._starts.append(start)
        if start > now:
            self._sleep(start - now)

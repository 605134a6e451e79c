"""Small pieces of the machine: its clock, a pause, one bounded file."""

from __future__ import annotations

import importlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from gitless.errors import UsageError

T = TypeVar("T")


class SystemClock:
    """The machine's clock, UTC; implements the port `Clock`."""

    def now(self) -> datetime:
        """The current time."""
        return datetime.fromtimestamp(time.time(), timezone.utc)


def pause(look: int) -> None:
    """Wait before another look at a contested tag: 50 ms at first, doubling up to 2 s, with jitter."""
    time.sleep(min(2.0, 0.05 * 2**look) * random.uniform(0.5, 1.5))  # noqa: S311  # spreads writers, hides nothing


def beside(work: Callable[[], T]) -> Future[T]:
    """Run something on a thread that never keeps the process from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # whoever asks for the result gets it, whatever it is
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def import_beside(*names: str) -> None:
    """Import modules on another thread, for work that is certain to need them while it waits for a network."""
    beside(lambda: [importlib.import_module(name) for name in names])


def read_file(path: Path, what: str, max_bytes: int) -> bytes:
    """Read a small file.

    Args:
        path: The file.
        what: What it is, for the error text.
        max_bytes: Longest content that is read.

    Raises:
        UsageError: It is missing, unreadable or longer.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise UsageError(f"{what} {str(path)!r} cannot be read.", why=error.strerror or "") from error
    if len(content) > max_bytes:
        raise UsageError(f"{what} {str(path)!r} is too long.", why=f"At most {max_bytes} bytes are read.")
    return content

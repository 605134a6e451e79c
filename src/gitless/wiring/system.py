"""Small pieces of the machine: its clock, a pause, one bounded file."""

from __future__ import annotations

import importlib
import random
import time
from datetime import datetime, timezone
from pathlib import Path

from gitless.errors import UsageError
from gitless.web.beside import beside as beside


class SystemClock:
    """The machine's clock, UTC; implements the port `Clock`."""

    def now(self) -> datetime:
        """The current time."""
        return datetime.fromtimestamp(time.time(), timezone.utc)


def pause(look: int) -> None:
    """Wait before another look at a contested tag: 50 ms at first, doubling up to 2 s, with jitter."""
    time.sleep(min(2.0, 0.05 * 2**look) * random.uniform(0.5, 1.5))  # noqa: S311  # spreads writers, hides nothing


def import_beside(*names: str) -> None:
    """Import modules on another thread, for work that is certain to need them while it waits for a network."""
    beside(lambda: [importlib.import_module(name) for name in names])


def read_file(path: Path, what: str, max_bytes: int, hint: str = "") -> bytes:
    """Read a small file.

    Args:
        path: The file.
        what: What it is, for the error text.
        max_bytes: Longest content that is read.
        hint: What to do where it cannot be read.

    Raises:
        UsageError: It is missing, unreadable or longer.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise UsageError(f"{what} {str(path)!r} cannot be read.", why=error.strerror or "", hint=hint) from error
    if len(content) > max_bytes:
        raise UsageError(f"{what} {str(path)!r} is too long.", why=f"At most {max_bytes} bytes are read.")
    return content

"""The one place that a machine has for a Sigstore instance: a lock between runs, and a port that must be free."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.peers.process import wait_until

METRICS_PORT = 2112
"""Where the timestamp authority serves its metrics; no flag changes it."""


def default_lock() -> Path:
    """The lock file of this user."""
    return Path(tempfile.gettempdir()) / f"gitless-sigstore-{os.getuid()}.lock"


@contextmanager
def alone(lock: Path, port: int = METRICS_PORT, seconds: float = 90.0) -> Iterator[None]:
    """Hold the place.

    Args:
        lock: The lock file; the system frees it when its holder ends, however it ends.
        port: What must be free.
        seconds: How long to wait for another run.

    Raises:
        RuntimeError: Another run does not leave, or something else has the port.
    """
    with lock.open("w") as handle:
        try:
            wait_until(lambda: _locked(handle.fileno()), f"free: {lock}, held by another run's Sigstore", seconds)
        except TimeoutError as error:
            raise RuntimeError(str(error)) from error
        try:
            # What a killed run leaves ends within moments of it.
            wait_until(lambda: _is_free(port), f"free: port {port}", min(seconds, 5.0))
        except TimeoutError as error:
            needs = f"the timestamp authority needs port {port} and cannot use another"
            raise RuntimeError(f"{needs}; `ss -ltnp sport = :{port}` says who has it") from error
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True

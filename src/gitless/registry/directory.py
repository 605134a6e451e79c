"""Files of a layout on disk: written whole or not at all, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gitless.errors import RemoteError, UsageError

LOCK_SECONDS = 60.0
_OWN = ".gitless"


def write_whole(root: Path, target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file so that after a crash it is there whole or not at all.

    Args:
        root: The layout's directory; temporary files lie in a folder of ours below it.
        target: Where the file goes; what is there is replaced.
        write: Writes the content; whatever it raises leaves `target` as it was.
    """
    own = root / _OWN
    own.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=own)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.fsync(stream.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    _sync(target.parent)


@contextmanager
def locked(root: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the layout's lock; a holder that dies lets go of it.

    Args:
        root: The layout's directory.
        seconds: How long to wait for other writers.

    Raises:
        RemoteError: Others hold it for longer.
        UsageError: The directory cannot be written.
    """
    try:
        (root / _OWN).mkdir(parents=True, exist_ok=True)
        handle = os.open(root / _OWN / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UsageError(f"Cannot write the OCI layout {root}.", why=error.strerror or "") from error
    try:
        _acquire(handle, root, seconds)
        yield
    finally:
        os.close(handle)


def read_limited(file: Path, max_bytes: int) -> bytes | None:
    """Read a file of at most `max_bytes` + 1 bytes, so that the caller sees when it is too long; None when absent.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"Cannot read {file}.", why=error.strerror or "") from error


def _acquire(handle: int, root: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise RemoteError(
                    f"The OCI layout {root} is locked by another process.",
                    why=f"It was not free for {seconds:.0f} s.",
                    hint="Run the same command again when the other one has ended.",
                    temporary=True,
                ) from error
            time.sleep(0.005)
        else:
            return


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

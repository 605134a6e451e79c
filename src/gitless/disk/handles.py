"""Opens folders and files below a root without ever following a link, even one that is swapped in meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# a fifo or device that took a file's place must not block or act: opened without waiting, judged, closed
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@contextmanager
def open_folder(root: Path, parts: Sequence[bytes]) -> Iterator[int]:
    """Open the folder `parts` below `root`, one part after the other, and give its file descriptor.

    Raises:
        OSError: A part is missing, no folder, or a link.
    """
    handle = os.open(root, FOLDER_FLAGS)
    try:
        for part in parts:
            below = os.open(part, FOLDER_FLAGS, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def open_file(name: bytes, folder: int) -> BinaryIO:
    """Open what stands under `name` in the folder with descriptor `folder`; the caller closes and judges its kind.

    Raises:
        OSError: It is missing, unreadable, a link or a folder.
    """
    handle = os.open(name, FILE_FLAGS, dir_fd=folder)
    try:
        return open(handle, "rb")
    except OSError:
        os.close(handle)
        raise

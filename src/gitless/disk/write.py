"""Writes an unpacked tree into a new folder; no link on the way is followed and nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from gitless.artifact.paths import path_fault, shown
from gitless.disk.handles import open_folder
from gitless.errors import DefectError, UsageError
from gitless.model.tree import Entry

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderWriter:
    """Takes entries (gitless.artifact.unpack.EntrySink) and writes them below `root`.

    Modes are 0644 and 0755 whatever the umask.

    Args:
        root: The folder; it must be absent or empty.

    Raises:
        UsageError: It is not empty, a link, or cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
            with open_folder(root, ()) as handle:
                is_empty = not os.listdir(handle)
        except OSError as error:
            raise _unwritable(str(root), error) from error
        if not is_empty:
            raise UsageError(f"The folder {root} is not empty.", hint="Name a new or an empty folder.")

    def write(self, entry: Entry, content: bytes) -> None:
        """Write one entry; folders that were not named before are made.

        Raises:
            UsageError: The disk refuses.
            DefectError: The path was not checked before it came here.
        """
        if path_fault(entry.path):
            raise DefectError(f"{shown(entry.path)} must not be written.", why=path_fault(entry.path))
        parts = entry.path.encode("utf-8").split(b"/")
        try:
            self._make_folders(parts if entry.kind == "directory" else parts[:-1])
            if entry.kind == "file":
                self._write_file(parts, content, 0o755 if entry.executable else 0o644)
        except OSError as error:
            raise _unwritable(entry.path, error) from error

    def _make_folders(self, parts: list[bytes]) -> None:
        for depth, name in enumerate(parts):
            with open_folder(self._root, parts[:depth]) as parent:
                try:
                    os.mkdir(name, 0o700, dir_fd=parent)
                except FileExistsError:
                    continue
            with open_folder(self._root, parts[: depth + 1]) as made:
                os.fchmod(made, 0o755)

    def _write_file(self, parts: list[bytes], content: bytes, mode: int) -> None:
        with open_folder(self._root, parts[:-1]) as parent:
            handle = os.open(parts[-1], _CREATE, 0o600, dir_fd=parent)
        with open(handle, "wb") as file:
            file.write(content)
            os.fchmod(handle, mode)


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"{shown(path)} cannot be written.", why=f"{error.strerror}.")

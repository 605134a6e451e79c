"""A component's folder as a tree: the only code that opens source files.

Links and special files are refused by name instead of being skipped or followed, so nothing from outside the
folder is ever packed and nothing silently missing. Mode bits other than the owner's executable bit, owners, times
and the order in which the folder lists its names do not get out of here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gitless.artifact.ignore import IgnoreRules
from gitless.artifact.paths import path_fault, shown
from gitless.disk.handles import open_file, open_folder
from gitless.errors import UsageError
from gitless.model.tree import MAX_FILE_BYTES, MAX_TREE_BYTES, MAX_TREE_ENTRIES, Entry

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a fifo",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class DiskTree:
    """Walks and reads a folder (gitless.model.tree.Tree).

    Args:
        root: The folder; itself no link.
        rules: What stays out. An ignored link or special file is not looked at.
    """

    def __init__(self, root: Path, rules: IgnoreRules | None = None) -> None:
        self._root = root
        self._rules = rules or IgnoreRules()

    def walk(self) -> Iterator[Entry]:
        """Yield every folder and file below the root, folders first, byte-lexically per folder.

        Raises:
            UsageError: A link, a special file, a refused name, an unreadable folder, or a limit passed.
        """
        entries = total = 0
        pending = self._list(())
        while pending:
            parts, status = pending.pop()
            entry = _entry(parts, status)
            ignored = self._rules.ignores(_path(parts), stat.S_ISDIR(status.st_mode))
            if stat.S_ISDIR(status.st_mode) and not (ignored and self._rules.can_prune):
                pending += self._list(parts)
            if ignored:
                continue
            _judge(entry, parts, status)
            entries, total = entries + 1, total + (status.st_size if entry.kind == "file" else 0)
            if entries > MAX_TREE_ENTRIES or total > MAX_TREE_BYTES:
                raise UsageError(
                    f"The folder {self._root} is too large.",
                    why=f"At most {MAX_TREE_ENTRIES} entries and {MAX_TREE_BYTES} bytes are packed.",
                    hint="Leave what the cluster does not need out with `ignore`.",
                )
            yield entry

    def read(self, path: str) -> bytes:
        """Read one file whole, at most MAX_FILE_BYTES.

        Raises:
            UsageError: The file is longer, gone, or changed its kind.
        """
        if path_fault(path):
            raise UsageError(f"{shown(path)} cannot be read.", why=f"{path_fault(path)}.")
        *folders, name = path.encode("utf-8").split(b"/")
        try:
            with open_folder(self._root, folders) as folder, open_file(name, folder) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise UsageError(f"{shown(path)} is no file any more.", why="It changed while it was read.")
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise _unreadable(path, error) from error
        if len(content) > MAX_FILE_BYTES:
            raise UsageError(f"{shown(path)} is too large.", why=f"At most {MAX_FILE_BYTES} bytes are packed.")
        return content

    def _list(self, folder: tuple[bytes, ...]) -> list[tuple[tuple[bytes, ...], os.stat_result]]:
        """A folder's names with their status, in falling order: the stack gives the smallest first."""
        try:
            with open_folder(self._root, folder) as handle:
                names = sorted((os.fsencode(name) for name in os.listdir(handle)), reverse=True)
                return [((*folder, name), os.stat(name, dir_fd=handle, follow_symlinks=False)) for name in names]
        except OSError as error:
            raise _unreadable(_path(folder) or str(self._root), error) from error


def _path(parts: tuple[bytes, ...]) -> str:
    return b"/".join(parts).decode("utf-8", "surrogateescape")


def _entry(parts: tuple[bytes, ...], status: os.stat_result) -> Entry:
    if stat.S_ISDIR(status.st_mode):
        return Entry(_path(parts), "directory")
    return Entry(_path(parts), "file", bool(status.st_mode & stat.S_IXUSR))


def _judge(entry: Entry, parts: tuple[bytes, ...], status: os.stat_result) -> None:
    fault = path_fault(entry.path)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind:
        fault = f"it is {kind}, which Flux would drop or refuse"
    elif entry.kind == "file" and status.st_size > MAX_FILE_BYTES:
        fault = f"it has {status.st_size} bytes, more than {MAX_FILE_BYTES}"
    if fault:
        raise UsageError(
            f"{shown(entry.path)} cannot be packed.",
            why=f"{fault[0].upper()}{fault[1:]}.",
            hint="Replace it by a plain file, rename it, or add it to the component's `ignore` list.",
        )


def _unreadable(path: str, error: OSError) -> UsageError:
    return UsageError(
        f"{shown(path)} cannot be read.",
        why=f"{error.strerror}.",
        hint="It must be a plain file or folder, no link, that the user running gitless may read.",
    )

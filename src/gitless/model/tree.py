"""The files of a component, wherever they come from: a folder, a renderer or a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

MAX_FILE_BYTES = 32 * 1024 * 1024  # one manifest file; etcd refuses objects far below this
MAX_TREE_BYTES = 512 * 1024 * 1024
MAX_TREE_ENTRIES = 50_000
MAX_PATH_BYTES = 1024


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One file or folder of a tree.

    Attributes:
        path: Relative path with `/`, without leading or trailing slash; never `.` or `..` as a part.
        kind: `file` or `directory`; links and special files never become entries.
        executable: Whether the owner may execute the file; always false for folders.
    """

    path: str
    kind: Literal["file", "directory"]
    executable: bool = False


class Tree(Protocol):
    """Walks entries and reads files; refuses links and special files by name."""

    def walk(self) -> Iterator[Entry]:
        """Yield every folder and file below the root, folders first, byte-lexically per folder.

        Raises:
            UsageError: A link, a special file, a name that is not UTF-8, or a limit passed.
        """
        ...

    def read(self, path: str) -> bytes:
        """Read one file whole, at most MAX_FILE_BYTES.

        Raises:
            UsageError: The file is longer, gone, or changed its kind.
        """
        ...


@dataclass(frozen=True)
class MemoryTree:
    """A tree of bytes: what a renderer printed, or a test made up. Folders between are implied.

    Attributes:
        files: Path to content.
        executables: Paths that carry the executable bit.
        folders: Extra, possibly empty folders.
    """

    files: dict[str, bytes]
    executables: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()

    def walk(self) -> Iterator[Entry]:
        """Yield entries in the order of a depth-first walk with names sorted by their bytes."""
        folders = set(self.folders)
        for path in (*self.files, *self.folders):
            parts = path.split("/")[:-1]
            folders.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
        entries = [Entry(path, "directory") for path in folders]
        entries += [Entry(path, "file", path in self.executables) for path in self.files]
        yield from sorted(entries, key=lambda entry: walk_order(entry.path))

    def read(self, path: str) -> bytes:
        """Return the content given for `path`."""
        return self.files[path]


def walk_order(path: str) -> tuple[bytes, ...]:
    """Sort key of a pre-order walk, byte-lexical per folder (Go's `filepath.WalkDir`)."""
    return tuple(part.encode("utf-8", "surrogateescape") for part in path.split("/"))

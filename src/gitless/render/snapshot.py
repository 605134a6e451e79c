"""Writes a component's tree into a private folder, so that a renderer finds nothing else beside it.

The tree has no links and no special files (`model.tree`), so the copy is also what Flux would build from the
artifact: no file of the repository outside the component, and none of the machine, is within reach by a plain path.
"""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitless.errors import UsageError
from gitless.model.redaction import redact
from gitless.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A private copy of a tree, and an empty home for the tool.

    Attributes:
        root: The copy.
        home: An empty folder.
        values: A folder for values files under names of ours.
        files: Paths of the tree's files.
        folders: Paths of the tree's folders; `.` among them.
    """

    root: Path
    home: Path
    values: Path
    files: frozenset[str]
    folders: frozenset[str]

    def message(self, text: str) -> str:
        """A tool's message, redacted, with paths as the user knows them."""
        for folder in (self.root, self.root.resolve()):
            text = text.replace(f"{folder}/", "").replace(str(folder), ".")
        return redact(text.strip())


@contextmanager
def snapshot(tree: Tree) -> Iterator[Snapshot]:
    """Copy a tree for as long as the block runs.

    Raises:
        UsageError: The tree holds what a tree may not hold (see `Tree`).
    """
    with tempfile.TemporaryDirectory(prefix="gitless-render-") as folder:
        root, home, values = (Path(folder) / name for name in ("tree", "home", "values"))
        for created in (root, home, values):
            created.mkdir()
        files, folders = set(), {"."}
        for entry in tree.walk():
            target = root / entry.path
            if entry.kind == "directory":
                target.mkdir()
                folders.add(entry.path)
            else:
                target.write_bytes(tree.read(entry.path))
                files.add(entry.path)
        yield Snapshot(root, home, values, frozenset(files), frozenset(folders))


def inside(folder: str, path: str, *, named_in: str) -> str:
    """Resolve a path that a file names, relative to that file's folder, within the tree.

    Args:
        folder: The folder it is relative to; `.` for the root.
        path: What is written there.
        named_in: Which file says so, for the error.

    Returns:
        The path relative to the root; `.` for the root itself.

    Raises:
        UsageError: It is absolute, empty, or leads out of the tree.
    """
    resolved = posixpath.normpath(posixpath.join(folder, path))
    if not path or path.startswith("/") or resolved == ".." or resolved.startswith("../") or "\0" in path:
        raise UsageError(
            f"{named_in} names {path[:200]!r}, which is outside of the component's folder.",
            why="A component is rendered from its own folder only: what is outside is not among its recorded inputs, "
            "and Flux could not reach it either.",
            hint="Move the shared files into the component, or make the folder above both the component.",
        )
    return resolved

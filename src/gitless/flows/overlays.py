"""Which kustomizations of a tree are built by themselves, and which are only parts of others."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from gitless.kube.kustomization import FILE_NAMES, local_files
from gitless.kube.yaml import load_single
from gitless.model.tree import Tree


def outermost(tree: Tree, overlays: Sequence[str]) -> list[str]:
    """Leave out the folders that another overlay includes: they are built as part of it.

    Args:
        tree: The packed tree.
        overlays: Folders with a kustomization, `.` for the root.

    Returns:
        The others; all of them where they include each other in a circle, so that kustomize says so.
    """
    files = [entry.path for entry in tree.walk() if posixpath.basename(entry.path) in FILE_NAMES]
    included: set[str] = set()
    for path in files:
        included |= _includes(load_single(tree.read(path), what=path), posixpath.dirname(path) or ".")
    return [folder for folder in overlays if folder not in included] or list(overlays)


def _includes(document: object, folder: str) -> set[str]:
    texts = [text for _, text in local_files(document) if text] if isinstance(document, dict) else []
    return {posixpath.normpath(posixpath.join(folder, text)) for text in texts} - {folder}

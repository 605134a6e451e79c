"""Names that must not leave: what would steer a terminal or a report, and more of them than anybody looks into."""

from __future__ import annotations

from collections.abc import Iterable

from gitless.checks.rules import TOO_LARGE, UNSAFE_NAME
from gitless.kube.nested import Placed
from gitless.model.finding import Finding
from gitless.model.tree import MAX_PATH_BYTES, MAX_TREE_ENTRIES, Entry

_MAX_OBJECT_NAME = 253  # the longest name Kubernetes takes


def inspect_entries(entries: Iterable[Entry]) -> list[Finding]:
    """Judge the names of a tree's files and folders, and how many there are; paths in findings are escaped."""
    found = []
    count = 0
    for entry in entries:
        count += 1
        if fault := path_fault(entry.path):
            found.append(Finding(UNSAFE_NAME, ascii(entry.path)[1:-1][:300], None, "", "", fault))
    if count > MAX_TREE_ENTRIES:
        message = f"the tree has {count} files and folders, more than {MAX_TREE_ENTRIES}"
        found.append(Finding(TOO_LARGE, ".", None, "", "", message))
    return found


def path_fault(path: str) -> str:
    """Say what is wrong with the characters or the length of a path; empty when nothing is."""
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    if not path.isprintable():
        return "the name holds a control character or a line separator"
    return f"the path has {length} bytes, more than {MAX_PATH_BYTES}" if length > MAX_PATH_BYTES else ""


def object_name_fault(placed: Placed) -> str:
    """Say what is wrong with an object's apiVersion, kind, namespace or name; empty when nothing is."""
    if not placed.label.isprintable():
        return "apiVersion, kind, namespace or name holds a control character"
    longest = max(len(placed.name), len(placed.namespace), len(placed.kind))
    return f"a name is longer than {_MAX_OBJECT_NAME} characters" if longest > _MAX_OBJECT_NAME else ""

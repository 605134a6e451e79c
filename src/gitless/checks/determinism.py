"""Compares two renderings of the same inputs; names places that differ and never what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gitless.kube.nested import Placed
from gitless.kube.pointers import to_pointer, walk
from gitless.kube.yaml import YamlError, load_documents

_MAX_DIFFERENCES = 50
_MISSING: Any = object()


@dataclass(frozen=True, order=True, slots=True)
class Difference:
    """One place in which two renderings differ.

    Attributes:
        path: The file.
        object: `apiVersion/Kind/namespace/name`; empty where the file as a whole differs.
        field: JSON pointer into the object; empty where the object is in one rendering only.
    """

    path: str
    object: str
    field: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.path, self.object, self.field) if part)


def compare_renders(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> list[Difference]:
    """Compare two renderings byte by byte, and say where in which object they differ; empty when they are equal.

    Args:
        first: Path to content of the first rendering.
        second: Path to content of the second.

    Returns:
        At most 50 differences, by path.
    """
    return list(islice(_differences(first, second), _MAX_DIFFERENCES))


def _differences(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> Iterator[Difference]:
    for path in sorted({*first, *second}):
        if path not in first or path not in second:
            yield Difference(path, "", "")
        elif first[path] != second[path]:
            yield from _in_file(path, first[path], second[path])


def _in_file(path: str, first: bytes, second: bytes) -> Iterator[Difference]:
    try:
        left, right = _objects(first), _objects(second)
    except YamlError:
        yield Difference(path, "", "")
        return
    found = False
    for key in sorted({*left, *right}):
        for field in _fields(left.get(key, _MISSING), right.get(key, _MISSING)):
            found = True
            yield Difference(path, key[0], field)
    if not found:  # comments, quoting or order
        yield Difference(path, "", "")


def _objects(content: bytes) -> dict[tuple[str, int], Any]:
    """Objects by name; several of one name, and documents that are no objects, by their number."""
    result: dict[tuple[str, int], Any] = {}
    count: dict[str, int] = {}
    for document in load_documents(content, what="a rendering"):
        label = Placed(document).label
        count[label] = count.get(label, -1) + 1
        result[label, count[label]] = document
    return result


def _fields(left: Any, right: Any) -> Iterator[str]:
    if left is _MISSING or right is _MISSING:
        yield ""
        return
    before, after = dict(_leaves(left)), dict(_leaves(right))
    for field in sorted({*before, *after}):
        if before.get(field, _MISSING) != after.get(field, _MISSING):
            yield field


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    for steps, child in walk(value):
        if not isinstance(child, dict | list) or not child:
            yield to_pointer(steps), (type(child), child)

"""Places inside a parsed document: JSON pointers (RFC 6901), patterns that select them, and a bounded walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ANY = "*"
MAX_DEPTH = 200
_MAX_STEP = 253  # the longest name Kubernetes knows; longer keys are cut so that pointers stay short

Steps = tuple[str, ...]


def to_pointer(steps: Steps) -> str:
    """Write steps as a JSON pointer; keys longer than 253 characters are cut and marked with `…`."""
    return "".join("/" + _cut(step).replace("~", "~0").replace("/", "~1") for step in steps)


def select(document: Any, pattern: Steps, prefix: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield every place that `pattern` names and that is there.

    Args:
        document: What was parsed.
        pattern: Keys; `*` stands for every item of a list or every value of a mapping.
        prefix: Steps to put in front of what is yielded.
    """
    if not pattern:
        yield prefix, document
        return
    head, rest = pattern[0], pattern[1:]
    for step, value in children(document):
        if head in (ANY, step):
            yield from select(value, rest, (*prefix, step))


def walk(document: Any, prefix: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield every value below `document`, itself included, in document order, at most 200 levels deep."""
    stack: list[tuple[Steps, Any]] = [(prefix, document)]
    limit = len(prefix) + MAX_DEPTH
    while stack:
        steps, value = stack.pop()
        yield steps, value
        if len(steps) < limit:
            stack.extend((((*steps, step), child) for step, child in reversed(list(children(value)))))


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the steps and values directly below a mapping or a list; nothing below anything else."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield str(key), child
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield str(index), child


def text_at(document: Any, *steps: str) -> str:
    """The string at a place below mappings; empty where there is none or another type stands."""
    for step in steps:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""


def _cut(step: str) -> str:
    return step if len(step) <= _MAX_STEP else step[:_MAX_STEP] + "…"

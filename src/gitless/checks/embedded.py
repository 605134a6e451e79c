"""Reads YAML inside text, and in files whose name does not promise any: bounded in sum and in depth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gitless.kube.yaml import MAX_YAML_BYTES, Document, YamlError, load_stream

_MAX_DEPTH = 3
_START = rb"(?m)^(?:\xef\xbb\xbf)?[\"']?%s[\"']?[ \t]*:"
_API_VERSION, _KIND = (re.compile(_START % key) for key in (b"apiVersion", b"kind"))
_OPERATION = re.compile(rb"(?m)^(?:- |  )[\"']?op[\"']?[ \t]*:")


@dataclass(slots=True)
class _Budget:
    left: int = _MAX_DEPTH * MAX_YAML_BYTES
    text: str = ""  # what was read last: aliases repeat it
    documents: list[Any] = field(default_factory=list)


class Embedded:
    """Parses the texts that stand in one file, in sum no more than a file may hold at every depth.

    Only aliases, which write one text in many places, could exceed that.
    """

    def __init__(self, depth: int = 0, budget: _Budget | None = None) -> None:
        self._depth = depth
        self._budget = budget or _Budget()

    @property
    def inside(self) -> bool:
        """Whether what is read stands in a text itself."""
        return self._depth > 0

    def inner(self) -> Embedded:
        """The reader for texts inside the text that was read."""
        return Embedded(self._depth + 1, self._budget)

    def read(self, text: Any) -> list[Any]:
        """Give the documents of a text; none where it is no text, no YAML, or where too much was read already."""
        if not isinstance(text, str) or self._depth >= _MAX_DEPTH or len(text) > self._budget.left:
            return []
        self._budget.left -= len(text)
        if text != self._budget.text:
            self._budget.documents = [item.value for item in read_leniently(text.encode("utf-8", "replace"))]
            self._budget.text = text
        return self._budget.documents


def read_leniently(content: bytes) -> Sequence[Document]:
    """Give the documents of a text that nobody said is YAML; none where it is not."""
    try:
        return load_stream(content, what="a text")
    except YamlError:
        return []


def looks_structured(content: bytes) -> bool:
    """Whether a text looks like a manifest, a patch or a docker config, whatever its name."""
    if content[:64].lstrip()[:1] in (b"{", b"["):
        words = (b'"apiVersion"', b'"auths"', b'"op"')
        return any(word in content for word in words)
    if _API_VERSION.search(content) and _KIND.search(content):
        return True
    return bool(_OPERATION.search(content))

"""Reads YAML inside text, as often as the text of one object allows and no deeper than people nest it."""

from __future__ import annotations

from typing import Any

from gitless.kube.yaml import MAX_YAML_BYTES, YamlError, load_documents

MAX_EMBEDDED_DEPTH = 3


class Embedded:
    """Parses the texts of one object; in sum no more than a file may hold, which only aliases could exceed."""

    def __init__(self) -> None:
        self._left = MAX_YAML_BYTES

    def read(self, text: Any) -> list[Any]:
        """Give the documents of a text; none where it is no text, no YAML, or where too much was read already."""
        if not isinstance(text, str) or len(text) > self._left:
            return []
        self._left -= len(text)
        try:
            return load_documents(text.encode("utf-8", "replace"), what="a text")
        except YamlError:
            return []

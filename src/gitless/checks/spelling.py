"""Reads keys as kustomize does: in any letter case, so every spelling of a key counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitless.kube.pointers import Steps


def values_under(mapping: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield key and value of every spelling of a key; nothing where there is no mapping."""
    for key, value in mapping.items() if isinstance(mapping, dict) else ():
        if key.lower() == name.lower():
            yield key, value


def items_under(mapping: Any, name: str) -> Iterator[tuple[Steps, Any]]:
    """Yield place and value of the entries of the lists under a key."""
    for key, value in values_under(mapping, name):
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield (key, str(index)), item


def text_under(mapping: Any, name: str) -> str:
    """The text under a key; empty where there is none."""
    return next((value for _, value in values_under(mapping, name) if isinstance(value, str)), "")

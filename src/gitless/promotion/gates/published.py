"""What gitless itself wrote into a provenance: the extension field `gitless_publish` (docs/wire-format.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitless.model.media_types import PREDICATE_PROVENANCE
from gitless.promotion.gates.facts import GateFacts

_NONE = "No provenance of gitless says how it was made."


def published(facts: GateFacts) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """The fields of every valid provenance that gitless wrote, and why there is none where there is none."""
    found, why = facts.attestations(PREDICATE_PROVENANCE, "provenance")
    fields = tuple(_fields(item.statement.predicate if item.statement else {} for item in found))
    return fields, why or ("" if fields else _NONE)


def _fields(predicates: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for predicate in predicates:
        definition = predicate.get("buildDefinition")
        inside = definition.get("gitless_publish") if isinstance(definition, Mapping) else None
        if isinstance(inside, Mapping) and isinstance(inside.get("version"), str):
            yield inside

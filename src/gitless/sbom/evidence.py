"""Where each component outside the artifact was found (CycloneDX `evidence.occurrences`).

Written beside the library, whose set of occurrences is ordered by memory address where they carry no references.
"""

from __future__ import annotations

from typing import Any

from gitless.sbom.graph import Outside
from gitless.sbom.text import short

MAX_OCCURRENCES = 20


def add_evidence(document: dict[str, Any], outside: Outside) -> None:
    """Put the first 20 places into each component of a document; where there are more, `gitless:places` counts them."""
    places: dict[str, set[tuple[str, str, str]]] = {}
    for ref, uses in outside.images.items():
        places[ref] = {(use.path, use.object, f"{use.confidence} {use.pointer}") for use in uses}
    for ref, sources in outside.sources.items():
        places[ref] = {(use.path, use.object, use.pointer) for use in sources}
    for component in document.get("components", ()):
        found = sorted(places.get(component["bom-ref"], ()))
        if found:
            component["evidence"] = {"occurrences": [_occurrence(*place) for place in found[:MAX_OCCURRENCES]]}
        if len(found) > MAX_OCCURRENCES:
            component["properties"].append({"name": "gitless:places", "value": str(len(found))})


def _occurrence(path: str, label: str, context: str) -> dict[str, str]:
    pairs = {"location": short(path, 1024) or ".", "symbol": short(label), "additionalContext": short(context.strip())}
    return {key: value for key, value in pairs.items() if value}

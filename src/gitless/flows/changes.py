"""Which files differ between a verified SBOM and the files that were just packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitless.model.difference import Difference
from gitless.sbom.facts import FileFact


def predicate_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Difference | None:
    """Compare two verified SBOMs; None where one of them lists no files."""
    old, new = _hashes(before), _hashes(after)
    return Difference.between(old, new) if old and new else None


def file_changes(before: Mapping[str, Any] | None, now: Sequence[FileFact]) -> Difference | None:
    """Compare by path and SHA-256.

    Args:
        before: The SBOM of what the channel named, verified; None where there is none.
        now: The files of the new artifact.

    Returns:
        The differences; None where the old SBOM lists no files.
    """
    old = _hashes(before)
    if not old:
        return None
    return Difference.between(old, {fact.path: fact.content.sha256 for fact in now})


def _hashes(sbom: Mapping[str, Any] | None) -> dict[str, str]:
    components = sbom.get("components") if sbom else None
    result: dict[str, str] = {}
    for component in components if isinstance(components, list) else ():
        ref = str(component.get("bom-ref", ""))
        for item in component.get("hashes") or ():
            if ref.startswith("file:") and item.get("alg") == "SHA-256":
                result[ref.removeprefix("file:")] = str(item.get("content"))
    return result

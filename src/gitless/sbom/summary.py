"""What a CycloneDX document says, in a few numbers and names: for `inspect`, `verify` and reports.

Documents may come from anyone: other tools' documents are read as far as they go, and nothing is trusted to be text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gitless.errors import UntrustedContentError
from gitless.model.canonical import read_json_object

Completeness = Literal["complete", "incomplete", "unknown"]
MAX_NAMES = 1000


@dataclass(frozen=True, slots=True)
class SbomSummary:
    """The essence of a document.

    Attributes:
        spec_version: CycloneDX version.
        serial_number: Its URN; empty if it has none.
        timestamp: What it says, unchecked text.
        components: How many components it lists, without the artifact itself.
        files: How many of them are files.
        images: Package URLs of containers, or their names, sorted; at most 1,000.
        charts: Package URLs of charts, or their names, sorted; at most 1,000.
        completeness: `complete` only where every composition says so.
        reasons: gitless's own words about what is missing.
        tools: `name version` of the tools that made it.
    """

    spec_version: str
    serial_number: str
    timestamp: str
    components: int
    files: int
    images: tuple[str, ...]
    charts: tuple[str, ...]
    completeness: Completeness
    reasons: tuple[str, ...]
    tools: tuple[str, ...]


def inspect_sbom(content: bytes) -> SbomSummary:
    """Summarise a document.

    Args:
        content: The document; the caller has limited its length.

    Raises:
        UntrustedContentError: It is no CycloneDX JSON document.
    """
    return summarize_sbom(read_json_object(content, "The SBOM"))


def summarize_sbom(document: dict[str, Any]) -> SbomSummary:
    """Summarise a parsed document, as a statement carries it.

    Raises:
        UntrustedContentError: It is no CycloneDX document.
    """
    if document.get("bomFormat") != "CycloneDX":
        raise UntrustedContentError("The SBOM is not a CycloneDX document.")
    metadata = _object(document.get("metadata"))
    components = [_object(item) for item in _list(document.get("components"))]
    return SbomSummary(
        _text(document.get("specVersion")),
        _text(document.get("serialNumber")),
        _text(metadata.get("timestamp")),
        len(components),
        sum(component.get("type") == "file" for component in components),
        _names(component for component in components if component.get("type") == "container"),
        _names(component for component in components if _property(component, "gitless:kind") == ["chart"]),
        _completeness(document),
        tuple(sorted(set(_reasons([_object(metadata.get("component")), *components])))),
        _tools(metadata),
    )


def _completeness(document: dict[str, Any]) -> Completeness:
    said = {_text(_object(group).get("aggregate")) for group in _list(document.get("compositions"))}
    if said == {"complete"}:
        return "complete"
    return "incomplete" if any(word.startswith("incomplete") for word in said) else "unknown"


def _names(components: Iterator[dict[str, Any]]) -> tuple[str, ...]:
    names = {_text(component.get("purl")) or _text(component.get("name")) for component in components}
    return tuple(sorted(names)[:MAX_NAMES])


def _reasons(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        yield from _property(component, "gitless:incomplete")
        yield from _property(component, "gitless:unknown")


def _property(component: dict[str, Any], name: str) -> list[str]:
    pairs = [_object(item) for item in _list(component.get("properties"))]
    return [_text(pair.get("value")) for pair in pairs if pair.get("name") == name]


def _tools(metadata: dict[str, Any]) -> tuple[str, ...]:
    tools = metadata.get("tools")
    listed = tools if isinstance(tools, list) else _list(_object(tools).get("components"))
    return tuple(sorted(f"{_text(_object(t).get('name'))} {_text(_object(t).get('version'))}".strip() for t in listed))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""Which components a document lists, what each depends on, and how completely that is known."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gitless.kube.findings import ImageUse
from gitless.kube.sources import SourceReference, SourceUse
from gitless.sbom import links
from gitless.sbom.facts import ChartFact, FileFact, Findings, SbomInput
from gitless.sbom.text import plain

Aggregate = Literal["complete", "incomplete", "unknown"]
MAX_FILES = 1000
MAX_OUTSIDE = 4000  # images and sources; each takes more than 500 bytes, so more never fit into one document
FOLDED = "files are listed by folder, since there are too many of them"


@dataclass(slots=True)
class Node:
    """One component of the document.

    Attributes:
        ref: Its bom-ref.
        subject: What it describes: files, uses of an image or a source, or a chart.
        targets: The bom-refs it depends on.
        aggregate: How completely its targets are known.
    """

    ref: str
    subject: Any
    targets: set[str] = field(default_factory=set)
    aggregate: Aggregate = "unknown"


@dataclass(frozen=True, slots=True)
class Outside:
    """What is named outside the artifact, each thing once, with every place that names it."""

    images: dict[str, list[ImageUse]]
    sources: dict[str, list[SourceUse]]
    charts: dict[str, ChartFact]

    def places(self) -> Iterator[tuple[str, str]]:
        """Every reference with a file that names it."""
        yield from ((ref, use.path) for ref, uses in self.images.items() for use in uses)
        yield from ((ref, use.path) for ref, uses in self.sources.items() for use in uses)


@dataclass(frozen=True, slots=True)
class Listing:
    """How files are listed: each on its own, or by folder.

    Attributes:
        ref: The bom-ref that stands for a path.
        folded: Whether several files share one component.
        path: The path of that component.
    """

    ref: Callable[[str], str]
    path: Callable[[str], str]
    folded: bool


def listings(findings: Findings) -> list[Listing]:
    """Ways to list the files, from the fullest to the shortest; more than 1,000 components are never listed."""
    ways = (
        Listing(lambda path: f"file:{plain(path)}", lambda path: path, folded=False),
        _by_folder(posixpath.dirname),
        _by_folder(lambda path: path.partition("/")[0] if "/" in path else ""),
        _by_folder(lambda _path: ""),
    )
    usable: list[Listing] = []
    shortest = MAX_FILES + 1
    for way in ways:
        count = len({way.path(file.path) for file in findings.files})
        if count < shortest or not (count or usable):
            usable.append(way)
            shortest = count
    return usable


def collect_outside(facts: SbomInput) -> Outside:
    """Group the uses by what they name; a chart whose bytes were read takes the place of one that is only named."""
    images: dict[str, list[ImageUse]] = {}
    for use in facts.findings.images:
        images.setdefault(links.image_purl(use.image).to_string(), []).append(use)
    charts = {links.source_purl(chart.reference).to_string(): chart for chart in facts.charts}
    sources: dict[str, list[SourceUse]] = {}
    known = {_identity(chart.reference): ref for ref, chart in charts.items()}
    for source_use in facts.findings.sources:
        source = source_use.source
        ref = known.get(_identity(source)) or links.source_purl(source).to_string()
        sources.setdefault(ref, []).append(source_use)
    return Outside(images, sources, charts)


def build_nodes(facts: SbomInput, listing: Listing, outside: Outside) -> tuple[Node, list[Node]]:
    """Make the artifact's node and all others, with edges and aggregates.

    Returns:
        The artifact, and the rest in the order of their references.
    """
    delivery = facts.settings.profile == "delivery"
    files = _file_nodes(facts.findings.files, listing)
    left_out: set[str] = set()
    loose: set[str] = set()
    for ref, path in outside.places():
        owner = listing.ref(path)
        if delivery and ref not in outside.charts:
            left_out.add(owner)
        else:
            (files[owner].targets if owner in files else loose).add(ref)
    for node in files.values():
        node.aggregate = _file_aggregate(node, listing, left_out)
    others = _outside_nodes(outside, delivery=delivery)
    _rendered(files, listing, others, outside)
    root = _root(facts, listing, files)
    # what no file names by itself: charts that were rendered, and what a build of a folder named
    root.targets |= loose | {ref for ref in others if ref in outside.charts}
    if left_out - set(files):
        root.aggregate = "incomplete"
    nodes = {**files, **others}
    return root, [nodes[ref] for ref in sorted(nodes)]


def _by_folder(folder: Callable[[str], str]) -> Listing:
    return Listing(lambda path: f"folder:{plain(folder(path)) or '.'}", folder, folded=True)


def _identity(source: SourceReference) -> tuple[str, str, str]:
    return (source.name, source.url, source.version or source.digest)


def _file_nodes(files: Sequence[FileFact], listing: Listing) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for file in files:
        ref = listing.ref(file.path)
        node = nodes.setdefault(ref, Node(ref, []))
        node.subject.append(file)
        node.targets |= {listing.ref(name) for name in file.names} - {ref}
    return nodes


def _file_aggregate(node: Node, listing: Listing, left_out: set[str]) -> Aggregate:
    if listing.folded or node.ref in left_out:
        return "incomplete"
    file: FileFact = node.subject[0]
    return "complete" if file.parsed and not file.gaps else "unknown"


def _outside_nodes(outside: Outside, *, delivery: bool) -> dict[str, Node]:
    nodes = {ref: Node(ref, chart) for ref, chart in outside.charts.items()}
    if not delivery:
        nodes |= {ref: Node(ref, uses) for ref, uses in outside.images.items()}
        nodes |= {ref: Node(ref, uses) for ref, uses in outside.sources.items() if ref not in nodes}
    return nodes


def _rendered(files: dict[str, Node], listing: Listing, others: dict[str, Node], outside: Outside) -> None:
    """A chart rendered here names what its output names, as completely as its output does."""
    for ref, chart in outside.charts.items():
        node, refs = others[ref], {listing.ref(path) for path in chart.rendered}
        outputs = [files[name] for name in sorted(refs) if name in files]
        node.targets |= {target for output in outputs for target in output.targets if target in others} - {ref}
        aggregates: set[Aggregate] = {output.aggregate for output in outputs} or {"unknown"}
        node.aggregate = next(value for value in ("incomplete", "unknown", "complete") if value in aggregates)


def _root(facts: SbomInput, listing: Listing, files: dict[str, Node]) -> Node:
    reasons = (*facts.incomplete, *((FOLDED,) if listing.folded else ()))
    ref = links.artifact_purl(facts.artifact).to_string()
    return Node(ref, tuple(sorted(set(reasons))), set(files), "incomplete" if reasons else "complete")

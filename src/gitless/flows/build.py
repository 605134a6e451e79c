"""From a component's folder to a manifest in memory: render, check, pack, list. Nothing leaves the machine here."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from gitless.artifact.manifest import build_manifest
from gitless.artifact.pack import LayerWriter, PackedLayer
from gitless.checks.determinism import compare_renders
from gitless.checks.inspection import Inspection
from gitless.checks.names import inspect_entries
from gitless.errors import CheckError
from gitless.flows.overlays import outermost
from gitless.flows.parallel import map_together
from gitless.kube.yaml import YamlError, load_stream
from gitless.model.component import ComponentPlan
from gitless.model.finding import Finding
from gitless.model.manifest import Manifest
from gitless.model.media_types import (
    ANNOTATION_CONTENT,
    ANNOTATION_CREATED,
    ANNOTATION_REVISION,
    ANNOTATION_SOURCE,
    ANNOTATION_TITLE,
)
from gitless.model.rendering import ChartUse, KustomizeSource, Rendered, RenderRequest, ToolUse
from gitless.model.revision import Source
from gitless.model.tree import Entry, MemoryTree, Tree
from gitless.ports import Renderer
from gitless.sbom.facts import ContentFact, Findings
from gitless.sbom.inventory import Inventory

EMPTY_DELETES = "An empty artifact would make Flux delete everything it has applied from this folder."
OVERLAYS_NOT_BUILT = "kustomize is not installed: overlays were not built, images set by them are not listed"


@dataclass(frozen=True)
class Built:
    """One artifact in memory, its layer in the sink.

    Attributes:
        manifest: The artifact's exact bytes.
        packed: What is known of the layer.
        findings: Files and what they name, for the SBOM.
        problems: What the checks found; waivers are not applied yet.
        tools: Programs that rendered.
        charts: Charts that were rendered.
        incomplete: Why the inventory is not complete.
    """

    manifest: Manifest
    packed: PackedLayer
    findings: Findings
    problems: tuple[Finding, ...]
    tools: tuple[ToolUse, ...] = ()
    charts: tuple[ChartUse, ...] = ()
    incomplete: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The content hash, 64 hex."""
        return self.packed.content.hex


@dataclass(frozen=True)
class Prepared:
    """The tree that is packed, and what made it."""

    tree: Tree
    tools: tuple[ToolUse, ...] = ()
    charts: tuple[ChartUse, ...] = ()
    overlays: tuple[Rendered, ...] = field(default=())
    incomplete: tuple[str, ...] = ()


def build(
    plan: ComponentPlan,
    tree: Tree,
    source: Source,
    renderer: Renderer,
    find_overlays: Callable[[Tree], Sequence[str]],
    sink: BinaryIO,
) -> Built:
    """Make the artifact of one component.

    Args:
        plan: What is asked for.
        tree: The component's folder, ignore rules applied.
        source: This run's commit.
        renderer: helm and kustomize.
        find_overlays: Folders of a tree that kustomize builds.
        sink: Takes the layer's bytes.

    Raises:
        CheckError: Two renderings differ, or nothing would be packed.
        UsageError: The tree, a chart or a kustomization is refused.
    """
    prepared = prepare(plan, tree, renderer, find_overlays)
    entries = tuple(prepared.tree.walk())
    _refuse_empty(plan, entries)
    inspection = Inspection(entry.path for entry in entries if entry.kind == "file")
    inventory, problems = Inventory(), inspect_entries(entries)
    packed = _pack(plan, prepared.tree, entries, Desk(inspection, inventory, problems), sink)
    for output in prepared.overlays:
        for path, content in output.files.items():
            _look_into_overlay(path, content, Desk(inspection, inventory, problems))
    return Built(
        _manifest(plan, source, packed),
        packed,
        inventory.findings(),
        (*problems, *inspection.finish()),
        prepared.tools,
        prepared.charts,
        prepared.incomplete,
    )


def _refuse_empty(plan: ComponentPlan, entries: Sequence[Entry]) -> None:
    if not any(entry.kind == "file" for entry in entries):
        raise CheckError(
            f"{plan.name}: there is no file to publish in {plan.folder or '.'!r}.",
            why=EMPTY_DELETES,
            hint="Check the folder, and the ignore rules that choose what is packed.",
        )


def prepare(
    plan: ComponentPlan, tree: Tree, renderer: Renderer, find_overlays: Callable[[Tree], Sequence[str]]
) -> Prepared:
    """Render what is to be rendered, twice; or build the overlays of a tree that is packed as it is."""
    if plan.renders:
        outputs = [_render_twice(plan, tree, renderer, request) for request in plan.renders]
        files = {path: content for output in outputs for path, content in output.files.items()}
        return Prepared(MemoryTree(files), _tools(outputs), _charts(outputs))
    overlays = find_overlays(tree)
    if not overlays:
        return Prepared(tree)
    if not renderer.has("kustomize"):
        return Prepared(tree, incomplete=(OVERLAYS_NOT_BUILT,))
    requests = [RenderRequest(folder, KustomizeSource(folder)) for folder in outermost(tree, overlays)]
    built = map_together(lambda request: renderer.render(tree, request), requests)
    return Prepared(tree, overlays=tuple(built))


def _render_twice(plan: ComponentPlan, tree: Tree, renderer: Renderer, request: RenderRequest) -> Rendered:
    first, second = map_together(lambda _: renderer.render(tree, request), (1, 2))
    if not any(content.strip() for content in first.files.values()):
        raise CheckError(
            f"{plan.name}: rendering {request.output!r} printed nothing.",
            why=EMPTY_DELETES,
            hint="Check the values that switch the templates on.",
        )
    differences = compare_renders(first.files, second.files)
    if differences:
        raise CheckError(
            f"{plan.name}: rendering {request.output!r} twice gave different results.",
            why="\n".join(str(difference) for difference in differences[:20]),
            hint="A template makes random or time-dependent values. Give them as values, or use an existing Secret.",
        )
    return first


def _tools(outputs: Sequence[Rendered]) -> tuple[ToolUse, ...]:
    return tuple(sorted({tool for output in outputs for tool in output.tools}))


def _charts(outputs: Sequence[Rendered]) -> tuple[ChartUse, ...]:
    return tuple(sorted({chart for output in outputs for chart in output.charts}))


@dataclass(frozen=True)
class Desk:
    """What every file passes: the checks, the list for the SBOM, and the problems found so far."""

    inspection: Inspection
    inventory: Inventory
    problems: list[Finding]

    def look(self, path: str, content: bytes) -> list[Any] | None:
        """Check one file; returns its documents, None where they were not or could not be read."""
        parsed = self.inspection.parse(path, content)
        self.problems.extend(self.inspection.inspect(path, content, parsed))
        return None if parsed is None or isinstance(parsed, YamlError) else [document.value for document in parsed]


def _pack(plan: ComponentPlan, tree: Tree, entries: Sequence[Entry], desk: Desk, sink: BinaryIO) -> PackedLayer:
    # one reading of each file: what is checked and listed is byte for byte what is packed
    writer = LayerWriter(sink, plan.media_type)
    for entry in entries:
        if entry.kind == "directory":
            writer.add(entry)
            continue
        content = tree.read(entry.path)
        documents = desk.look(entry.path, content)
        desk.inventory.add(entry, ContentFact.of(content), documents)
        writer.add(entry, content)
    return writer.close()


def _look_into_overlay(path: str, content: bytes, desk: Desk) -> None:
    """Check what kustomize builds in the cluster; it is looked into, never packed."""
    built = f"{posixpath.dirname(path) or '.'} (built)"
    parsed = load_stream(content, what=built)
    desk.problems.extend(desk.inspection.inspect(built, content, parsed))
    desk.inventory.add_built(posixpath.dirname(path), [document.value for document in parsed])


def _manifest(plan: ComponentPlan, source: Source, packed: PackedLayer) -> Manifest:
    annotations = {
        **plan.annotations,
        ANNOTATION_CREATED: source.created_text,
        ANNOTATION_SOURCE: source.url,
        ANNOTATION_REVISION: source.revision,
        ANNOTATION_TITLE: plan.name,
        ANNOTATION_CONTENT: str(packed.content),
    }
    return build_manifest(packed.descriptor, annotations)

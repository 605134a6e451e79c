"""Objects inside objects: the items of a List, and what a ResourceSet of the Flux operator will create."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitless.kube.kinds import group_of
from gitless.kube.pointers import MAX_DEPTH, Steps, text_at

_MAX_LABEL = 512


@dataclass(frozen=True, slots=True)
class Placed:
    """An object's document and where it stands in the document of the file.

    Attributes:
        document: The object; anything a file may hold.
        steps: Where it stands in the file's document; empty at its root.
    """

    document: Any
    steps: Steps = ()

    @property
    def group(self) -> str:
        """The API group."""
        return group_of(text_at(self.document, "apiVersion"))

    @property
    def kind(self) -> str:
        """The kind; empty where there is none."""
        return text_at(self.document, "kind")

    @property
    def name(self) -> str:
        """`metadata.name`; empty where there is none."""
        return text_at(self.document, "metadata", "name")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; empty where there is none."""
        return text_at(self.document, "metadata", "namespace")

    @property
    def label(self) -> str:
        """`version/kind/namespace/name`, the spelling waivers use; empty for what is no object."""
        if not self.kind:
            return ""
        parts = (text_at(self.document, "apiVersion"), self.kind, self.namespace, self.name)
        return "/".join(part for part in parts if part)[:_MAX_LABEL]


def placed_objects(document: Any) -> Iterator[Placed]:
    """Yield the document and every object inside it, outermost first; at most 200 levels deep."""
    stack = [Placed(document)]
    while stack:
        placed = stack.pop()
        yield placed
        if len(placed.steps) < MAX_DEPTH:
            stack.extend(reversed(list(_inside(placed))))


def inner_field(placed: Placed) -> Steps:
    """Where an object keeps other objects; empty for kinds that keep none."""
    if placed.kind == "ResourceSet" and placed.group == "fluxcd.controlplane.io":
        return ("spec", "resources")
    listed = placed.kind.endswith("List") and isinstance(placed.document.get("items"), list)
    return ("items",) if listed else ()


def _inside(placed: Placed) -> Iterator[Placed]:
    field = inner_field(placed)
    items = placed.document
    for step in field:
        items = items.get(step) if isinstance(items, dict) else None
    if field and isinstance(items, list):
        for index, item in enumerate(items):
            yield Placed(_with_kind(item, placed), (*placed.steps, *field, str(index)))


def _with_kind(item: Any, outer: Placed) -> Any:
    """Items of a typed list such as `DeploymentList` may leave apiVersion and kind to the list."""
    kind = outer.kind.removesuffix("List")
    if not isinstance(item, dict) or not kind or "kind" in item or outer.kind == "ResourceSet":
        return item
    return {"apiVersion": text_at(outer.document, "apiVersion"), "kind": kind, **item}

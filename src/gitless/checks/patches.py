"""Patches of kustomize, taken apart: what a patch writes is turned into a partial object, which is judged like any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitless.checks.embedded import Embedded
from gitless.checks.spelling import items_under, text_under, values_under
from gitless.kube.pointers import Steps

_API = {
    "Secret": "v1",
    "ConfigMap": "v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
}
TARGETS = tuple(_API)
_MAX_STEPS = 64
_GROUP = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch of a kustomization, or of an object of Flux that carries patches.

    Attributes:
        steps: Where it stands.
        document: What is written inline, parsed: a partial object, or a list of operations (RFC 6902); else None.
        file: The file it names, as written; empty for an inline patch.
        target: Kind the patch is for; empty where that is left to the patch.
    """

    steps: Steps
    document: Any
    file: str
    target: str


def patches_in(mapping: Any, reader: Embedded, prefix: Steps = ()) -> Iterator[Patch]:
    """Yield the patches below `patches`, `patchesStrategicMerge` and `patchesJson6902`, keys in any letter case.

    Args:
        mapping: What holds the lists.
        reader: Reads what is written inline.
        prefix: Steps to put in front of what is yielded.
    """
    for name in ("patches", "patchesJson6902"):
        for steps, entry in items_under(mapping, name):
            yield from _entry(reader, entry, (*prefix, *steps))
    for steps, entry in items_under(mapping, "patchesStrategicMerge"):
        yield from _inline(reader, entry, (*prefix, *steps), "")


def partial_objects(document: Any, target: str) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Yield what a patch writes as objects, each with its place in the patch.

    Args:
        document: A partial object, or a list of operations.
        target: Kind of the object that is patched; empty where the patch names it itself.
    """
    if isinstance(document, dict):
        yield (), _typed(document, target)
    for index, operation in enumerate(document if isinstance(document, list) else ()):
        if isinstance(operation, dict) and "value" in operation and isinstance(operation.get("path"), str):
            written = _nested(operation["path"], operation["value"])
            if isinstance(written, dict):
                yield (str(index), "value"), _typed(written, target)


def is_json_patch(document: Any) -> bool:
    """Whether a document is a list of operations."""
    if not isinstance(document, list) or not document:
        return False
    return all(isinstance(item, dict) and "op" in item and "path" in item for item in document)


def _entry(reader: Embedded, entry: Any, steps: Steps) -> Iterator[Patch]:
    target = next((_target(value) for _, value in values_under(entry, "target")), "")
    for key, value in values_under(entry, "patch"):
        yield from _inline(reader, value, (*steps, key), target)
    for key, value in values_under(entry, "path"):
        if isinstance(value, str) and value:
            yield Patch((*steps, key), None, value, target)


def _inline(reader: Embedded, value: Any, steps: Steps, target: str) -> Iterator[Patch]:
    if not isinstance(value, str):
        yield Patch(steps, value, "", target)
        return
    for document in reader.read(value):
        if isinstance(document, str):  # a line of patchesStrategicMerge names a file
            yield Patch(steps, None, document, target)
        else:
            yield Patch(steps, document, "", target)


def _target(selector: Any) -> str:
    """The kind a selector means; selectors are patterns, and one that could mean Secret is taken for it."""
    kind, group = text_under(selector, "kind"), text_under(selector, "group")
    kinds = [part.strip("^$() ") for part in kind.split("|")]
    if not all(part.isalnum() for part in kinds if part):
        kind = "Secret"
    else:
        kind = "Secret" if "Secret" in kinds else kinds[0]
    foreign = kind in ("Secret", "ConfigMap") and _GROUP.fullmatch(group)
    return "" if foreign else kind


def _typed(document: dict[str, Any], target: str) -> dict[str, Any]:
    """Give a partial object the kind it is for: kustomize goes by the target, whatever kind the patch names."""
    kind = target if target in _API else ""
    if not kind and "stringData" in document:
        kind = "Secret"
    if not kind and not target and "kind" not in document and "data" in document:
        kind = "ConfigMap"
    return {**document, "apiVersion": _API[kind], "kind": kind} if kind else document


def _nested(path: str, value: Any) -> Any:
    steps = path.split("/", _MAX_STEPS)[1:]
    for step in reversed(steps):
        value = {step.replace("~1", "/").replace("~0", "~"): value}
    return value

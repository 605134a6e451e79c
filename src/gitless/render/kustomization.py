"""Judges kustomizations before kustomize runs: nothing remote, nothing outside of the tree, no plugins, no charts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gitless.errors import UsageError
from gitless.kube.kustomization import FILE_NAMES
from gitless.kube.pointers import ANY, Steps, select
from gitless.kube.yaml import load_single
from gitless.model.tree import Tree
from gitless.render.snapshot import Snapshot, inside

MAX_KUSTOMIZATIONS = 1_000
_FOLDERS: tuple[Steps, ...] = (("resources", ANY), ("bases", ANY), ("components", ANY))
_PLUGINS: tuple[Steps, ...] = (("generators", ANY), ("transformers", ANY), ("validators", ANY))
_FILES: tuple[Steps, ...] = (
    ("crds", ANY),
    ("configurations", ANY),
    ("patchesStrategicMerge", ANY),
    ("patches", ANY, "path"),
    ("patchesJson6902", ANY, "path"),
    ("replacements", ANY, "path"),
    ("openapi", "path"),
    *((generator, ANY, "env") for generator in ("configMapGenerator", "secretGenerator")),
    *((generator, ANY, "envs", ANY) for generator in ("configMapGenerator", "secretGenerator")),
)
_KEYED: tuple[Steps, ...] = tuple(
    (generator, ANY, "files", ANY) for generator in ("configMapGenerator", "secretGenerator")
)
_CHARTS = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_INLINE: tuple[Steps, ...] = (*_PLUGINS, ("patchesStrategicMerge", ANY))  # these may also hold YAML as text
_PATTERNS = (*_FOLDERS, *_PLUGINS, *_FILES, *_KEYED, *((chart,) for chart in _CHARTS))
_KEYS = frozenset(step for steps in _PATTERNS for step in steps)
_LOWER_KEYS = frozenset(key.lower() for key in _KEYS)
# kustomize takes these for repositories or downloads even where a folder of that name exists
_REMOTE = re.compile(
    r"^[A-Za-z][A-Za-z0-9+.-]*::|://|^[^/]*@[^/]*[:/]|^(?:www\.)?(?:github|gitlab|bitbucket)\.|^gh:|\?|_git/|\.git(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known about a kustomization and all it includes.

    Attributes:
        folders: Every kustomization folder that is part of the build.
        confined: Whether every path that kustomize will open was seen and lies in the tree; false where generators,
            transformers or validators are configured in files of their own, whose paths are not looked at.
    """

    folders: frozenset[str]
    confined: bool


def judge(snapshot: Snapshot, folder: str) -> Judged:
    """Follow a kustomization through its bases and components.

    Args:
        snapshot: The tree.
        folder: Where the kustomization is; `.` for the root.

    Raises:
        UsageError: There is no kustomization, or one names what is remote, outside, missing or a chart.
    """
    waiting, seen, confined = [folder], set[str](), True
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if len(seen) > MAX_KUSTOMIZATIONS:
            raise UsageError(f"The kustomization {folder} includes more than {MAX_KUSTOMIZATIONS} others.")
        path = _file_of(snapshot, current)
        document = load_single((snapshot.root / path).read_bytes(), what=path)
        _refuse_spelling(document, path)
        _refuse_charts(document, path)
        confined = confined and not any(True for steps in _PLUGINS for _ in select(document, steps))
        waiting += _included(snapshot, current, path, document)
    return Judged(frozenset(seen), confined)


def find_overlays(tree: Tree) -> tuple[str, ...]:
    """List the folders that `kustomize build` builds, bases among them, sorted; `.` for the root.

    Components and the Kustomization objects of Flux are left out: neither is a build of its own.

    Raises:
        UsageError: A kustomization file is no YAML, or the tree holds what a tree may not hold.
    """
    found = []
    for entry in tree.walk():
        folder, name = posixpath.split(entry.path)
        if entry.kind == "file" and name in FILE_NAMES and _is_built(tree.read, entry.path):
            found.append(folder or ".")
    return tuple(sorted(set(found)))


def _is_built(read: Callable[[str], bytes], path: str) -> bool:
    document = load_single(read(path), what=path)
    if not isinstance(document, dict):
        return True
    group = str(document.get("apiVersion", "")).partition("/")[0]
    return document.get("kind") != "Component" and group in ("", "kustomize.config.k8s.io")


def _file_of(snapshot: Snapshot, folder: str) -> str:
    paths = [posixpath.normpath(posixpath.join(folder, name)) for name in FILE_NAMES]
    present = [path for path in paths if path in snapshot.files]
    if len(present) != 1:
        raise UsageError(
            f"The folder {folder} cannot be built by kustomize.",
            why=f"It has {', '.join(present)}." if present else "It has no kustomization.yaml.",
            hint="Exactly one of kustomization.yaml, kustomization.yml and Kustomization is needed.",
        )
    return present[0]


def _refuse_charts(document: Any, path: str) -> None:
    used = [key for key in _CHARTS if isinstance(document, dict) and key in document]
    if used:
        raise UsageError(
            f"{path} inflates Helm charts ({used[0]}), which is switched off.",
            why="kustomize would download the chart and run Helm without pinned versions; Flux refuses it as well.",
            hint="Render the chart with `render: [{helm: …}]` in gitless.yaml.",
        )


def _included(snapshot: Snapshot, folder: str, path: str, document: Any) -> Iterator[str]:
    for text in _texts(document, _FOLDERS + _PLUGINS):
        resolved = _local(snapshot, folder, path, text)
        if resolved in snapshot.folders:
            yield resolved
    for text in _texts(document, _FILES):
        _local(snapshot, folder, path, text)
    for text in _texts(document, _KEYED):
        _local(snapshot, folder, path, text.partition("=")[2] if "=" in text else text)


def _texts(document: Any, patterns: tuple[Steps, ...]) -> Iterator[str]:
    for pattern in patterns:
        for _, value in select(document, pattern):
            if isinstance(value, str) and not (pattern in _INLINE and _is_inline(value)):
                yield value


def _is_inline(text: str) -> bool:
    return "\n" in text.strip() or text.lstrip().startswith("{")


def _refuse_spelling(document: Any, path: str) -> None:
    # kustomize reads keys without regard to case, so `Resources` would slip past the checks on `resources`
    for pattern in _PATTERNS:
        for key in (steps[-1] for level in _levels(pattern) for steps, _ in select(document, level)):
            if key not in _KEYS and key.lower() in _LOWER_KEYS:
                raise UsageError(
                    f"{path} has the key {key!r} in an unusual spelling.", hint="Write it as kustomize documents it."
                )


def _levels(pattern: Steps) -> Iterator[Steps]:
    for position, step in enumerate(pattern):
        if step != ANY:
            yield (*pattern[:position], ANY)


def _local(snapshot: Snapshot, folder: str, path: str, text: str) -> str:
    if _REMOTE.search(text):
        raise UsageError(
            f"{path} names a remote source: {text[:200]!r}.",
            why="It would be fetched while rendering, and is neither pinned by digest nor recorded in the provenance.",
            hint="Copy (vendor) it into the component's folder.",
        )
    resolved = inside(folder, text, named_in=path)
    if resolved not in snapshot.files and resolved not in snapshot.folders:
        raise UsageError(f"{path} names {text[:200]!r}, which does not exist in the component's folder.")
    return resolved

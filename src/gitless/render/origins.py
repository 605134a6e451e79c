"""Reads where vendored charts are from, as the chart above them declares it.

A declaration only: nobody has compared the vendored bytes with what the repository serves. What is not plainly
declared has no origin; nothing is refused for it, since Helm itself decides what it takes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from gitless.kube.sources import clean_url
from gitless.kube.yaml import YamlError, load_single
from gitless.render.snapshot import Snapshot

MAX_DEPENDENCIES = 200
_MAX_BYTES = 1024 * 1024
# what was locked counts over what was asked for; requirements.* are those of Helm 2's charts
_FILES = ("requirements.yaml", "Chart.yaml", "requirements.lock", "Chart.lock")
_SCHEMES = ("oci://", "https://", "http://")


def declared_origins(snapshot: Snapshot, chart: str) -> Mapping[tuple[str, str], str]:
    """The repositories that a chart declares for its dependencies.

    Args:
        snapshot: The component's tree.
        chart: The chart's folder.

    Returns:
        Name and exact version to the URL of the repository, without credentials. Aliases of repositories (`@name`) and
        paths are left out.
    """
    found = {}
    for name in _FILES:
        for entry in _dependencies(snapshot, posixpath.normpath(posixpath.join(chart, name))):
            url = clean_url(entry["repository"])
            if url.startswith(_SCHEMES):
                found[entry["name"], entry["version"]] = url
    return found


def _dependencies(snapshot: Snapshot, path: str) -> Iterator[dict[str, str]]:
    if path not in snapshot.files:
        return
    with (snapshot.root / path).open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        return
    try:
        document = load_single(content, what=path)
    except YamlError:
        return
    listed = document.get("dependencies") if isinstance(document, dict) else None
    for entry in listed[:MAX_DEPENDENCIES] if isinstance(listed, list) else ():
        if _is_plain(entry):
            yield entry


def _is_plain(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "version", "repository"))

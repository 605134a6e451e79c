"""Reads which charts went into an output: the chart itself and everything vendored in its charts/ folder."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gitless.errors import UsageError
from gitless.kube.yaml import load_single
from gitless.model.canonical import canonical_json
from gitless.model.rendering import ChartUse
from gitless.render.origins import declared_origins
from gitless.render.snapshot import Snapshot

MAX_CHART_FILE_BYTES = 1024 * 1024
_MAX_ARCHIVE_ENTRIES = 10_000
_CHART_FILE = "Chart.yaml"


def used_charts(snapshot: Snapshot, chart: str) -> tuple[ChartUse, ...]:
    """Describe a chart and the charts vendored in it, packed ones too, sorted by path.

    Raises:
        UsageError: The folder is no chart, or a Chart.yaml or chart archive in it cannot be read.
    """
    own = _join(chart, _CHART_FILE)
    if own not in snapshot.files:
        raise UsageError(
            f"{chart} is no Helm chart.",
            why=f"There is no {own} in the component's folder.",
            hint="`chart:` names a folder of the component; vendor charts from repositories with `helm pull --untar`.",
        )
    below = "" if chart == "." else f"{chart}/"
    found = [_from_folder(snapshot, chart)]
    for path in sorted(snapshot.files):
        relative = path.removeprefix(below) if path.startswith(below) else ""
        folder, name = posixpath.split(path)
        if relative == _CHART_FILE or "charts" not in relative.split("/")[:-1]:
            continue
        if name == _CHART_FILE and posixpath.basename(posixpath.dirname(folder)) == "charts":
            found.append(_vendored(snapshot, _from_folder(snapshot, folder)))
        elif name.endswith(".tgz") and posixpath.basename(folder) == "charts":
            found.append(_vendored(snapshot, _from_archive(snapshot, path)))
    return tuple(sorted(found))


def _vendored(snapshot: Snapshot, use: ChartUse) -> ChartUse:
    above = posixpath.dirname(posixpath.dirname(use.path)) or "."
    return replace(use, repository=declared_origins(snapshot, above).get((use.name, use.version), ""))


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _from_folder(snapshot: Snapshot, folder: str) -> ChartUse:
    path = _join(folder, _CHART_FILE)
    content = (snapshot.root / path).read_bytes()[: MAX_CHART_FILE_BYTES + 1]
    return _use(folder, content, path, hashlib.sha256(canonical_json(list(_listing(snapshot, folder)))).hexdigest())


def _listing(snapshot: Snapshot, folder: str) -> Iterator[list[str]]:
    below = "" if folder == "." else f"{folder}/"
    for path in sorted(snapshot.files):
        if path.startswith(below):
            yield [path.removeprefix(below), _digest(snapshot.root / path)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _from_archive(snapshot: Snapshot, path: str) -> ChartUse:
    try:
        content = _packed_chart_file(snapshot.root / path)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} is not a readable chart archive.", why=str(error)[:200]) from error
    return _use(path, content, f"{_CHART_FILE} in {path}", _digest(snapshot.root / path))


def _packed_chart_file(archive: Path) -> bytes:
    # helm package writes Chart.yaml first; the limits keep a packed bomb from being unpacked in search of it
    unpacked = 0
    with tarfile.open(archive, "r|gz") as members:
        for count, member in enumerate(members):
            unpacked += member.size
            if count > _MAX_ARCHIVE_ENTRIES or unpacked > 64 * MAX_CHART_FILE_BYTES:
                break
            if member.isfile() and member.name.count("/") == 1 and posixpath.basename(member.name) == _CHART_FILE:
                stream = members.extractfile(member)
                return stream.read(MAX_CHART_FILE_BYTES + 1) if stream else b""
    raise tarfile.TarError("it holds no Chart.yaml")


def _use(path: str, content: bytes, what: str, sha256: str) -> ChartUse:
    if len(content) > MAX_CHART_FILE_BYTES:
        raise UsageError(f"{what} is longer than {MAX_CHART_FILE_BYTES} bytes.")
    document = load_single(content, what=what)
    name, version, app = (_text(document, key) for key in ("name", "version", "appVersion"))
    if not name or not version:
        raise UsageError(f"{what} has no name or no version.", why="Both are required and are recorded as evidence.")
    return ChartUse(path, name, version, app, sha256)


def _text(document: Any, key: str) -> str:
    value = document.get(key, "") if isinstance(document, dict) else ""
    return str(value)[:256] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""

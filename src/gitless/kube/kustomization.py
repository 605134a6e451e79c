"""What a kustomization file names: files beside it, remote bases, charts and image overrides."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from gitless.kube.nested import Placed
from gitless.kube.pointers import ANY, Steps, select, text_at
from gitless.kube.sources import (
    SourceReference,
    clean_url,
    exact_version,
    is_commit,
    last_part,
    plain_name,
    url_ref,
)

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_FILE_REFERENCES = 10_000
_BASES: tuple[Steps, ...] = (("resources", ANY), ("components", ANY), ("bases", ANY))
_FILES: tuple[Steps, ...] = (
    ("crds", ANY),
    ("configurations", ANY),
    ("generators", ANY),
    ("transformers", ANY),
    ("validators", ANY),
    ("patchesStrategicMerge", ANY),
    ("patches", ANY, "path"),
    ("patchesJson6902", ANY, "path"),
    ("replacements", ANY, "path"),
    ("openapi", "path"),
    ("helmCharts", ANY, "valuesFile"),
    ("helmCharts", ANY, "additionalValuesFiles", ANY),
)
_GENERATED: tuple[Steps, ...] = tuple(
    (generator, ANY, field, ANY)
    for generator in ("configMapGenerator", "secretGenerator")
    for field in ("files", "envs")
)
_REMOTE = re.compile(r"(?:https?|ssh|git|oci)://|git::|[a-z]{1,16}@[A-Za-z0-9.-]{1,253}:|(?:github|gitlab)\.com/")


def is_kustomization(placed: Placed, path: str) -> bool:
    """Whether a document is a kustomization file: by its kind, or by its file name where the kind is left out."""
    if placed.kind:
        return placed.kind in ("Kustomization", "Component") and placed.group == "kustomize.config.k8s.io"
    return posixpath.basename(path) in FILE_NAMES and isinstance(placed.document, dict) and not placed.steps


def local_files(document: Any) -> Iterator[tuple[Steps, str | None]]:
    """Yield what a kustomization names in its own tree.

    Yields:
        The place, and the path as it is written; None where the entry is not text that can be a path.
    """
    for steps, value in _entries(document, _BASES + _FILES):
        text = _path_text(value)
        if text is None or not _REMOTE.match(text):
            yield steps, text
    for steps, value in _entries(document, _GENERATED):
        text = _path_text(value)
        yield steps, text.rpartition("=")[2] if text is not None and "files" in steps else text


def remote_bases(document: Any) -> Iterator[tuple[Steps, SourceReference | None]]:
    """Yield the remote bases a kustomization names; None where the URL is not plain."""
    for steps, value in _entries(document, _BASES):
        text = _path_text(value)
        if text is not None and _REMOTE.match(text):
            yield steps, _remote_base(text)


def helm_charts(document: Any) -> Iterator[tuple[Steps, SourceReference | None]]:
    """Yield the charts that kustomize would inflate; None where one is not plain."""
    for steps, value in _entries(document, (("helmCharts", ANY),)):
        name, url = plain_name(text_at(value, "name")), clean_url(text_at(value, "repo"))
        version = exact_version(text_at(value, "version"))
        if name and url:
            in_oci = url.startswith("oci://")
            tag = version.replace("+", "_") if in_oci else ""
            yield steps, SourceReference("chart", name, f"{url}/{name}" if in_oci else url, version, tag)
        elif text_at(value, "repo"):
            yield steps, None


def image_overrides(document: Any, field: Steps) -> Iterator[tuple[Steps, str | None]]:
    """Yield the images that an `images` transformer sets; None where one is not text.

    Args:
        document: A kustomization, or a Kustomization of Flux.
        field: Where the list stands.
    """
    for steps, value in _entries(document, ((*field, ANY),)):
        if not isinstance(value, dict):
            continue
        parts = [value.get(key, "") for key in ("name", "newName", "newTag", "digest")]
        if not all(isinstance(part, str) for part in parts):
            yield steps, None
            continue
        name, new_name, tag, digest = parts
        if new_name or tag or digest:
            yield steps, (new_name or name) + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _entries(document: Any, patterns: tuple[Steps, ...]) -> Iterator[tuple[Steps, Any]]:
    count = 0
    for pattern in patterns:
        for steps, value in select(document, pattern):
            count += 1
            if count > MAX_FILE_REFERENCES:
                yield steps, None
                return
            yield steps, value


def _path_text(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > 4096 or "\n" in value:
        return None
    return value


def _remote_base(text: str) -> SourceReference | None:
    plain = text.removeprefix("git::")
    if plain.startswith(("github.com/", "gitlab.com/")):
        plain = f"https://{plain}"
    url, ref = clean_url(plain.partition("?")[0]), url_ref(plain)
    if not url or not last_part(url):
        return None
    return SourceReference("git", last_part(url), url, exact_version(ref), ref, ref if is_commit(ref) else "")

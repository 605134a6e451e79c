"""Files of settings that become manifests elsewhere: `.env` files and the values of charts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from gitless.checks.literals import defaults_in, is_written_out, names_secret, secrets_in
from gitless.checks.rules import DEFAULT_PASSWORD, PLAINTEXT_VALUE
from gitless.checks.sops import dotenv_pairs
from gitless.checks.spelling import items_under, values_under
from gitless.kube.nested import Placed
from gitless.kube.pointers import ANY, Steps, select

_VALUES = re.compile(r"values[^/]*\.ya?ml", re.IGNORECASE)
_MAX_TEXT = 1024 * 1024
_VALUES_FIELDS: tuple[Steps, ...] = (
    ("spec", "valuesFiles", ANY),
    ("spec", "chart", "spec", "valuesFiles", ANY),
)
_WRITTEN_OUT = "a value that names a secret is written out"
_PUBLISHED = "the password is one that charts and examples publish"


def is_dotenv(path: str) -> bool:
    """Whether a file's name says that it holds `KEY=VALUE` lines."""
    return posixpath.basename(path).endswith(".env")


def is_values_file(path: str) -> bool:
    """Whether a file's name says that it holds the values of a chart."""
    return bool(_VALUES.fullmatch(posixpath.basename(path)))


def dotenv_secrets(content: bytes) -> Iterator[tuple[str, Steps, str]]:
    """Yield (rule, key, message) for the lines of a `.env` file where a secret is written out."""
    # shells take `export`, and other readers spaces around the sign, where kustomize takes neither
    lines = content[:_MAX_TEXT].decode("utf-8", "replace").splitlines()
    plain = (line.strip().removeprefix("export ").partition("=") for line in lines)
    text = "\n".join(f"{key.strip()}={value.strip()}" for key, _, value in plain)
    for key, value in dotenv_pairs(text):
        value = "" if value.startswith("#") else value.strip("'\"")
        if key.startswith("sops_") or not names_secret(key):
            continue
        if is_written_out(key, value):
            yield PLAINTEXT_VALUE, (key,), _WRITTEN_OUT
        elif list(defaults_in({key: value})):
            yield DEFAULT_PASSWORD, (key,), _PUBLISHED


def values_secrets(document: Any) -> Iterator[tuple[str, Steps, str]]:
    """Yield (rule, place, message) for values of a chart that are secrets written out; none for an object."""
    if isinstance(document, dict) and "apiVersion" in document and "kind" in document:
        return
    for steps in secrets_in(document):
        if steps[0] != "sops":
            yield PLAINTEXT_VALUE, steps, _WRITTEN_OUT
    for steps in defaults_in(document):
        yield DEFAULT_PASSWORD, steps, _PUBLISHED


def inline_values_secrets(kustomization: Any) -> Iterator[tuple[str, Steps, str]]:
    """Yield (rule, place, message) for `helmCharts[].valuesInline` of a kustomization."""
    for place, chart in items_under(kustomization, "helmCharts"):
        for key, values in values_under(chart, "valuesInline"):
            for rule, steps, message in values_secrets(values):
                yield rule, (*place, key, *steps), message


def values_files(kustomization: Any, path: str) -> Iterator[tuple[Steps, str]]:
    """Yield place and path of the values files that the charts of a kustomization name."""
    folder = posixpath.dirname(path)
    for place, chart in items_under(kustomization, "helmCharts"):
        single = (((key,), value) for key, value in values_under(chart, "valuesFile"))
        for steps, name in (*single, *items_under(chart, "additionalValuesFiles")):
            if isinstance(name, str):
                yield (*place, *steps), posixpath.normpath(posixpath.join(folder, name))


def release_values_files(placed: Placed) -> Iterator[tuple[Steps, str]]:
    """Yield place and path of the values files that a HelmRelease or HelmChart names, from the tree's root."""
    if placed.group not in ("helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"):
        return
    for field in _VALUES_FIELDS:
        for steps, name in select(placed.document, field):
            if isinstance(name, str):
                yield steps, posixpath.normpath(name)

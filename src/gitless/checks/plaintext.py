"""Secrets written out in Kubernetes objects: structural rules per kind, SOPS known (facts: supplychain.md 7)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from gitless.checks.literals import defaults_in, environment_in, secrets_in, url_passwords_in
from gitless.checks.rules import (
    DEFAULT_PASSWORD,
    DOCKER_CONFIG,
    PLAINTEXT_ENV,
    PLAINTEXT_SECRET,
    PLAINTEXT_VALUE,
    URL_PASSWORD,
)
from gitless.checks.sops import is_marked, plain_entries
from gitless.kube.nested import Placed
from gitless.kube.pointers import Steps
from gitless.kube.yaml import YamlError, load_documents

_Found = Iterator[tuple[str, Steps, str]]
_STRUCTURED = (".yaml", ".yml", ".json")
_DOCKER_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})
_REMEDY = "encrypt it with SOPS, or use a SealedSecret or ExternalSecret"


def plaintext_in(placed: Placed, *, may_name: bool = True, may_link: bool = True) -> _Found:
    """Yield (rule, place in the object, message) for what one object shows readably; never a value.

    Args:
        placed: An object, or any other document.
        may_name: False where the file holds no word that could name a secret; saves the search.
        may_link: False where the file holds no URL with an @; saves the search.
    """
    document = placed.document
    judge = _KINDS.get((placed.group, placed.kind))
    if judge:
        yield from judge(document)
    for steps in environment_in(document) if may_name else ():
        yield PLAINTEXT_ENV, steps, "an environment variable that names a secret has a literal value"
    for steps in url_passwords_in(document) if may_link else ():
        yield URL_PASSWORD, steps, "a URL holds a password"


def _secret(document: Any) -> _Found:
    marked = is_marked(document)
    for field, key in plain_entries(document):
        message = "SOPS has left this entry readable" if marked else f"this entry is readable; {_REMEDY}"
        yield PLAINTEXT_SECRET, (field, key) if key else (field,), message


def _config_map(document: Any) -> _Found:
    for field in ("data", "binaryData"):
        entries = document.get(field)
        for key, value in entries.items() if isinstance(entries, dict) else ():
            if isinstance(value, str):
                yield from _config_entry((field, key), value)
    yield from _values(document, ("data",))


def _config_entry(steps: Steps, text: str) -> _Found:
    if (steps[-1] in _DOCKER_KEYS and text.strip()) or ('"auths"' in text and '"auth"' in text):
        yield DOCKER_CONFIG, steps, "a ConfigMap holds registry credentials"
    if posixpath.splitext(steps[-1])[1] in _STRUCTURED:
        for inner in secrets_in(_embedded(text)):
            # the first step is the number of the embedded document
            yield PLAINTEXT_VALUE, (*steps, *inner[1:]), "a value that names a secret is written out"


def _embedded(text: str) -> Any:
    try:
        return load_documents(text.encode("utf-8", "replace"), what="an entry")
    except YamlError:
        return None


def _helm_release(document: Any) -> _Found:
    yield from _values(document, ("spec", "values"))


def _flux_kustomization(document: Any) -> _Found:
    yield from _values(document, ("spec", "postBuild", "substitute"))


def _values(document: Any, field: Steps) -> _Found:
    value = document
    for step in field:
        value = value.get(step) if isinstance(value, dict) else None
    for steps in secrets_in(value, field):
        yield PLAINTEXT_VALUE, steps, "a value that names a secret is written out; take it from a Secret"
    for steps in defaults_in(value, field):
        yield DEFAULT_PASSWORD, steps, "the password is one that charts and examples publish"


_KINDS: dict[tuple[str, str], Callable[[Any], _Found]] = {
    ("", "Secret"): _secret,
    ("", "ConfigMap"): _config_map,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _flux_kustomization,
}

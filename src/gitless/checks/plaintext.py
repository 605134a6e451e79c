"""Secrets written out in Kubernetes objects: structural rules per kind, SOPS known (facts: supplychain.md 7)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from gitless.checks.embedded import MAX_EMBEDDED_DEPTH
from gitless.checks.literals import defaults_in, environment_in, secrets_in, url_passwords_in
from gitless.checks.patches import partial_objects, patches_in
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
from gitless.kube.pointers import ANY, Steps, select
from gitless.kube.yaml import YamlError, load_documents

_Found = Iterator[tuple[str, Steps, str]]
_STRUCTURED = (".yaml", ".yml", ".json")
_DOCKER_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})
_REMEDY = "encrypt it with SOPS, or use a SealedSecret or ExternalSecret"


def plaintext_in(placed: Placed, *, may_name: bool = True, may_link: bool = True, depth: int = 0) -> _Found:
    """Yield (rule, place in the object, message) for what one object shows readably; never a value.

    Args:
        placed: An object, or any other document.
        may_name: False where the file holds no word that could name a secret; saves the search.
        may_link: False where the file holds no URL with an @; saves the search.
        depth: In how many texts the object stands; past a few, what stands in texts inside it is not looked into.
    """
    document = placed.document
    judge = _KINDS.get((placed.group, placed.kind))
    if judge:
        yield from judge(document, depth)
    for steps in environment_in(document) if may_name else ():
        yield PLAINTEXT_ENV, steps, "an environment variable that names a secret has a literal value"
    for steps in url_passwords_in(document) if may_link else ():
        yield URL_PASSWORD, steps, "a URL holds a password"


def patched_in(document: Any, prefix: Steps = (), depth: int = 0) -> _Found:
    """Yield what the inline patches of a kustomization show readably.

    Args:
        document: What holds `patches`, `patchesStrategicMerge` and `patchesJson6902`.
        prefix: Steps to put in front of what is yielded.
        depth: As for `plaintext_in`.
    """
    for patch in patches_in(document, prefix) if depth < MAX_EMBEDDED_DEPTH else ():
        for rule, steps, message in written_by(patch.document, patch.target, depth + 1):
            yield rule, (*patch.steps, *steps), message


def written_by(patch: Any, target: str, depth: int = 0) -> _Found:
    """Yield what one patch shows readably, places relative to the patch.

    Args:
        patch: A partial object, or a list of operations.
        target: Kind it is for; empty where the patch names it itself.
        depth: As for `plaintext_in`.
    """
    for place, written in partial_objects(patch, target):
        for rule, steps, message in plaintext_in(Placed(written), depth=depth):
            yield rule, place or steps, message  # inside a list of operations, the operation is the place


def _secret(document: Any, _depth: int) -> _Found:
    marked = is_marked(document)
    for field, key in plain_entries(document):
        message = "SOPS has left this entry readable" if marked else f"this entry is readable; {_REMEDY}"
        yield PLAINTEXT_SECRET, (field, key) if key else (field,), message


def _config_map(document: Any, _depth: int) -> _Found:
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


def _helm_release(document: Any, depth: int) -> _Found:
    yield from _values(document, ("spec", "values"))
    for steps, renderer in select(document, ("spec", "postRenderers", ANY, "kustomize")):
        yield from patched_in(renderer, steps, depth)


def _flux_kustomization(document: Any, depth: int) -> _Found:
    yield from _values(document, ("spec", "postBuild", "substitute"))
    for steps, spec in select(document, ("spec",)):
        yield from patched_in(spec, steps, depth)


def _values(document: Any, field: Steps) -> _Found:
    value = document
    for step in field:
        value = value.get(step) if isinstance(value, dict) else None
    for steps in secrets_in(value, field):
        yield PLAINTEXT_VALUE, steps, "a value that names a secret is written out; take it from a Secret"
    for steps in defaults_in(value, field):
        yield DEFAULT_PASSWORD, steps, "the password is one that charts and examples publish"


_KINDS: dict[tuple[str, str], Callable[[Any, int], _Found]] = {
    ("", "Secret"): _secret,
    ("", "ConfigMap"): _config_map,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _flux_kustomization,
}

"""Secrets written out in Kubernetes objects: structural rules per kind, SOPS known (facts: supplychain.md 7)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from gitless.checks.credentials import kubeconfig_credentials, registry_credentials
from gitless.checks.embedded import Embedded, looks_structured
from gitless.checks.literals import defaults_in, environment_in, is_placeholder, secrets_in, url_passwords_in
from gitless.checks.patches import partial_objects, patches_in
from gitless.checks.rules import (
    DEFAULT_PASSWORD,
    DOCKER_CONFIG,
    PLAINTEXT_ENV,
    PLAINTEXT_SECRET,
    PLAINTEXT_VALUE,
    URL_PASSWORD,
)
from gitless.checks.sops import decode_text, is_marked, plain_entries
from gitless.kube.nested import Placed, placed_objects
from gitless.kube.pointers import ANY, Steps, select, text_at

_Found = Iterator[tuple[str, Steps, str]]
_STRUCTURED = (".yaml", ".yml", ".json")
_DOCKER_KEYS = frozenset({".dockerconfigjson", ".dockercfg"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_REMEDY = "encrypt it with SOPS, or use a SealedSecret or ExternalSecret"


def plaintext_in(
    placed: Placed, reader: Embedded | None = None, *, may_name: bool = True, may_link: bool = True
) -> _Found:
    """Yield (rule, place in the object, message) for what one object shows readably; never a value.

    Args:
        placed: An object, or any other document.
        reader: Reads objects that stand in texts inside this one.
        may_name: False where the file holds no word that could name a secret; saves the search.
        may_link: False where the file holds no URL with an @; saves the search.
    """
    document, reader = placed.document, reader or Embedded()
    judge = _KINDS.get((placed.group, placed.kind))
    if judge:
        yield from judge(document, reader)
    yield from _annotation(document, reader)
    for steps in registry_credentials(document):
        yield DOCKER_CONFIG, steps, "registry credentials are written out"
    for steps in environment_in(document) if may_name else ():
        yield PLAINTEXT_ENV, steps, "an environment variable that names a secret has a literal value"
    for steps in url_passwords_in(document) if may_link else ():
        yield URL_PASSWORD, steps, "a URL holds a password"


def patched_in(document: Any, reader: Embedded, prefix: Steps = ()) -> _Found:
    """Yield what the inline patches of a kustomization show readably.

    Args:
        document: What holds `patches`, `patchesStrategicMerge` and `patchesJson6902`.
        reader: Reads the patches.
        prefix: Steps to put in front of what is yielded.
    """
    for patch in patches_in(document, reader, prefix):
        for rule, steps, message in written_by(patch.document, patch.target, reader.inner()):
            yield rule, (*patch.steps, *steps), message


def written_by(patch: Any, target: str, reader: Embedded) -> _Found:
    """Yield what one patch shows readably, places relative to the patch.

    Args:
        patch: A partial object, or a list of operations.
        target: Kind it is for; empty where the patch names it itself.
        reader: Reads what stands in texts inside it.
    """
    for place, written in partial_objects(patch, target):
        for rule, steps, message in plaintext_in(Placed(written), reader):
            yield rule, place or steps, message  # inside a list of operations, the operation is the place


def _secret(document: Any, reader: Embedded) -> _Found:
    marked = is_marked(document)
    for field, key in plain_entries(document):
        if key and reader.inside and is_placeholder(document[field][key]):
            continue
        message = "SOPS has left this entry readable" if marked else f"this entry is readable; {_REMEDY}"
        yield PLAINTEXT_SECRET, (field, key) if key else (field,), message


def _annotation(document: Any, reader: Embedded) -> _Found:
    """What kubectl leaves in an object when it applies it: the object once more, before anything was encrypted."""
    text = text_at(document, "metadata", "annotations", _LAST_APPLIED)
    if "Secret" in text:
        for rule, steps, message in _objects(reader.read(text), reader):
            if rule == PLAINTEXT_SECRET:
                yield rule, ("metadata", "annotations", _LAST_APPLIED, *steps), message


def _objects(documents: list[Any], reader: Embedded) -> _Found:
    """What objects show that stand in a text; the number of the document is left out."""
    inner = reader.inner()
    for document in documents:
        for placed in placed_objects(document):
            for rule, steps, message in plaintext_in(placed, inner):
                yield rule, (*placed.steps, *steps), message


def _config_map(document: Any, reader: Embedded) -> _Found:
    for field in ("data", "binaryData"):
        entries = document.get(field)
        for key, value in entries.items() if isinstance(entries, dict) else ():
            if isinstance(value, str):
                text = value if field == "data" else decode_text(value) or value
                yield from _once(_config_entry((field, key), text, reader))
    yield from _values(document, ("data",))


def _once(found: _Found) -> _Found:
    """Leave out what two rules say of one place of an entry."""
    seen: set[tuple[str, Steps]] = set()
    for rule, steps, message in found:
        if (rule, steps) not in seen:
            seen.add((rule, steps))
            yield rule, steps, message


def _config_entry(steps: Steps, text: str, reader: Embedded) -> _Found:
    if (steps[-1] in _DOCKER_KEYS and text.strip()) or ('"auths"' in text and '"auth"' in text):
        yield DOCKER_CONFIG, steps, "a ConfigMap holds registry credentials"
    structured = posixpath.splitext(steps[-1])[1] in _STRUCTURED
    if not structured and not looks_structured(text.encode("utf-8", "replace")):
        return
    documents = reader.read(text)
    for inner in secrets_in(documents) if structured else ():
        # the first step is the number of the embedded document
        yield PLAINTEXT_VALUE, (*steps, *inner[1:]), "a value that names a secret is written out"
    for rule, inner, message in _objects(documents, reader):
        yield rule, steps if rule == DOCKER_CONFIG else (*steps, *inner), message


def _kubeconfig(document: Any, _reader: Embedded) -> _Found:
    for steps in kubeconfig_credentials(document):
        yield PLAINTEXT_VALUE, steps, "a kubeconfig holds a credential"


def _helm_release(document: Any, reader: Embedded) -> _Found:
    yield from _values(document, ("spec", "values"))
    for steps, renderer in select(document, ("spec", "postRenderers", ANY, "kustomize")):
        yield from patched_in(renderer, reader, steps)


def _flux_kustomization(document: Any, reader: Embedded) -> _Found:
    yield from _values(document, ("spec", "postBuild", "substitute"))
    for steps, spec in select(document, ("spec",)):
        yield from patched_in(spec, reader, steps)


def _patch_transformer(document: Any, reader: Embedded) -> _Found:
    """An entry of `patches` as an object of its own, as kustomize takes it below `transformers`."""
    for rule, steps, message in patched_in({"patches": [document]}, reader):
        yield rule, steps[2:], message


def _values(document: Any, field: Steps) -> _Found:
    value = document
    for step in field:
        value = value.get(step) if isinstance(value, dict) else None
    for steps in secrets_in(value, field):
        yield PLAINTEXT_VALUE, steps, "a value that names a secret is written out; take it from a Secret"
    for steps in defaults_in(value, field):
        yield DEFAULT_PASSWORD, steps, "the password is one that charts and examples publish"


_KINDS: dict[tuple[str, str], Callable[[Any, Embedded], _Found]] = {
    ("", "Secret"): _secret,
    ("", "ConfigMap"): _config_map,
    ("", "Config"): _kubeconfig,
    ("", "PatchTransformer"): _patch_transformer,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _helm_release,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): _flux_kustomization,
}

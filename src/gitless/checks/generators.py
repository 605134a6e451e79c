"""Inputs of kustomize generators, judged whether or not kustomize is there: what they name becomes an object."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gitless.checks.embedded import Embedded
from gitless.checks.literals import is_variable, is_written_out, may_hold_secrets, names_secret, secrets_in
from gitless.checks.sops import dotenv_pairs, is_encrypted_file, is_marked
from gitless.checks.spelling import items_under, values_under
from gitless.kube.pointers import Steps, text_at

_SECRET, _CONFIG_MAP = "secretGenerator", "configMapGenerator"
_MAX_TEXT = 1024 * 1024
_MAX_KEYS = 20
_MAX_FOLDERS = 16
_BUILTIN = {"SecretGenerator": True, "ConfigMapGenerator": False}


@dataclass(frozen=True, slots=True)
class InputFacts:
    """What is kept of a file for the case that a generator names it; never its content.

    Attributes:
        empty: Nothing but white space.
        encrypted: SOPS has encrypted it.
        secret_keys: Names of keys in it that name a secret which is written out, at most 20.
        variables: Whether it has `KEY=VALUE` lines with values.
    """

    empty: bool
    encrypted: bool
    secret_keys: tuple[str, ...] = ()
    variables: bool = False


@dataclass(frozen=True, slots=True)
class GeneratorInput:
    """One entry of a generator.

    Attributes:
        kustomization: Path of the kustomization file.
        line: Line its document starts on.
        field: Where the entry stands.
        secret: Whether a Secret is generated.
        kind: `literals`, `envs` or `files`; `values` for a file of values that a chart is given.
        file: The file it names, relative to the tree; empty for literals.
        written_out: For literals: whether a secret is written out.
    """

    kustomization: str
    line: int
    field: Steps
    secret: bool
    kind: str
    file: str
    written_out: bool = False


def input_facts(content: bytes, documents: list[Any]) -> InputFacts:
    """Look at a file as a generator's input.

    Args:
        content: Its bytes.
        documents: Its parsed documents, if it is structured and could be read.
    """
    text = content[:_MAX_TEXT].decode("utf-8", "replace")
    if not text.strip():
        return InputFacts(empty=True, encrypted=False)
    if is_encrypted_file(text) or (documents and all(is_marked(document) for document in documents)):
        keys = {steps[-1] for document in documents for steps in secrets_in(document) if steps[0] != "sops"}
        return InputFacts(empty=False, encrypted=True, secret_keys=_some(keys))
    if documents:
        searched = documents if may_hold_secrets(content) else ()
        return InputFacts(False, False, _some({steps[-1] for document in searched for steps in secrets_in(document)}))
    pairs = list(dotenv_pairs(text))
    keys = {key for key, value in pairs if names_secret(key) and is_written_out(key, value)}
    return InputFacts(False, False, _some(keys), any(value for _, value in pairs))


def generator_inputs(document: Any, path: str, line: int, reader: Embedded) -> Iterator[GeneratorInput]:
    """Yield every input of every generator of a kustomization, of those written inline below `generators` too."""
    folder = posixpath.dirname(path)
    for generator in (_SECRET, _CONFIG_MAP):
        for steps, entry in items_under(document, generator):
            yield from _inputs(entry, generator == _SECRET, folder, path, line, steps)
    for steps, text in items_under(document, "generators"):
        for inner in reader.read(text):
            if kind := _builtin_kind(inner):
                yield from _inputs(inner, _BUILTIN[kind], folder, path, line, steps)


def builtin_inputs(document: Any, path: str, line: int) -> Iterator[GeneratorInput]:
    """Yield the inputs of a generator in a file of its own (`kind: SecretGenerator`).

    kustomize reads its files relative to the kustomization that names it, which may stand in any folder above.
    """
    kind = _builtin_kind(document)
    if not kind:
        return
    folder = posixpath.dirname(path)
    for _ in range(_MAX_FOLDERS):
        yield from _inputs(document, _BUILTIN[kind], folder, path, line, ())
        if not folder:
            return
        folder = posixpath.dirname(folder)


def problem_of(item: GeneratorInput, files: Mapping[str, InputFacts]) -> str:
    """Say what is wrong with an input; empty when nothing is. A file that is not in the tree never leaves.

    Args:
        item: The input.
        files: Facts of every file of the tree.
    """
    if item.kind == "literals":
        return "a literal is a secret written out" if item.written_out else ""
    facts = files.get(item.file)
    if facts is None or facts.empty:
        return ""
    if facts.secret_keys:
        return f"it names {ascii(item.file)[:300]}, where a secret is written out ({_listed(facts.secret_keys)})"
    plain = not facts.encrypted and (item.kind == "files" or facts.variables)
    return f"it makes a Secret of {ascii(item.file)[:300]}, which is not encrypted" if item.secret and plain else ""


def _inputs(entry: Any, secret: bool, folder: str, path: str, line: int, steps: Steps) -> Iterator[GeneratorInput]:
    for kind, place, value in _entry_inputs(entry):
        field = (*steps, *place)
        if kind == "literals":
            yield GeneratorInput(path, line, field, secret, kind, "", _is_plain_literal(value, secret))
            continue
        name = value.partition("=")[2] if kind == "files" and "=" in value else value
        yield GeneratorInput(path, line, field, secret, kind, posixpath.normpath(posixpath.join(folder, name)))


def _entry_inputs(entry: Any) -> Iterator[tuple[str, Steps, str]]:
    for key, value in values_under(entry, "env"):  # the older spelling of envs
        if isinstance(value, str):
            yield "envs", (key,), value
    for kind in ("literals", "envs", "files"):
        for steps, value in items_under(entry, kind):
            if isinstance(value, str):
                yield kind, steps, value


def _builtin_kind(document: Any) -> str:
    kind = text_at(document, "kind")
    return kind if kind in _BUILTIN and text_at(document, "apiVersion") == "builtin" else ""


def _is_plain_literal(text: str, secret: bool) -> bool:
    key, _, value = text.partition("=")
    value = value.strip("'\"")
    # every value of a secretGenerator is meant to be secret, whatever its key
    return not is_variable(value) if secret else names_secret(key) and is_written_out(key, value)


def _some(keys: set[str]) -> tuple[str, ...]:
    return tuple(sorted(keys)[:_MAX_KEYS])


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(ascii(key)[1:65].rstrip("'") for key in keys[:5])

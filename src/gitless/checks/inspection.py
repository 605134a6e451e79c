"""One pass over the files of a tree, one file at a time, and a last look at what needs several of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from gitless.checks.embedded import Embedded, looks_structured, read_leniently
from gitless.checks.generators import (
    GeneratorInput,
    InputFacts,
    builtin_inputs,
    generator_inputs,
    input_facts,
    problem_of,
)
from gitless.checks.keys import private_keys_in
from gitless.checks.literals import may_hold_secrets
from gitless.checks.names import object_name_fault
from gitless.checks.patchfiles import PatchFiles
from gitless.checks.plaintext import patched_in, plaintext_in
from gitless.checks.rules import ADVICE, PLAINTEXT_GENERATOR, PLAINTEXT_VALUE, PRIVATE_KEY, UNSAFE_NAME, YAML_INVALID
from gitless.checks.settings import (
    dotenv_secrets,
    inline_values_secrets,
    is_dotenv,
    is_values_file,
    release_values_files,
    values_files,
    values_secrets,
)
from gitless.kube.kustomization import FILE_NAMES, is_kustomization
from gitless.kube.nested import Placed, inner_field, placed_objects
from gitless.kube.pointers import Steps, to_pointer
from gitless.kube.yaml import Document, YamlError, load_stream
from gitless.model.finding import Finding

STRUCTURED = (".yaml", ".yml", ".json")
MAX_FINDINGS = 1000
_MAX_SETTINGS = 50  # findings of one file that are kept


class Inspection:
    """Judges the files of one packed tree; keeps a few flags per file, never content.

    Call `inspect` once for each file in any order, then `finish`.

    Args:
        paths: Every file of the tree: a folder with a Chart.yaml holds templates, which are no YAML.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._charts = frozenset(posixpath.dirname(path) for path in paths if posixpath.basename(path) == "Chart.yaml")
        self._files: dict[str, InputFacts] = {}
        self._inputs: list[GeneratorInput] = []
        self._patches = PatchFiles()
        self._settings: dict[str, list[Finding]] = {}

    def is_structured(self, path: str) -> bool:
        """Whether the file is to be parsed: YAML, JSON or a kustomization, and no template of a chart."""
        named = path.lower().endswith(STRUCTURED) or posixpath.basename(path) == "Kustomization"
        return named and not self._is_template(path)

    def parse(self, path: str, content: bytes) -> Sequence[Document] | YamlError | None:
        """Parse a file once, for `inspect` and everybody else who looks into it; None where it is not structured."""
        if not self.is_structured(path):
            return None
        try:
            return load_stream(content, what=path)
        except YamlError as error:
            return error

    def inspect(self, path: str, content: bytes, parsed: Sequence[Document] | YamlError | None) -> list[Finding]:
        """Judge one file by itself.

        Args:
            path: Its path in the tree.
            content: Its bytes.
            parsed: What `parse` gave.
        """
        documents = self._documents(path, content, parsed)
        found = [
            Finding(PRIVATE_KEY, path, line, "", "", "it holds a private key") for line in private_keys_in(content)
        ]
        if isinstance(parsed, YamlError):
            found.append(Finding(YAML_INVALID, path, parsed.line, "", "", _in_one_line(parsed)))
        may_name, may_link = may_hold_secrets(content), b"@" in content
        # what nobody named YAML may be a template of it, where placeholders are no secrets: as in a text
        reader = Embedded() if parsed is not None else Embedded().inner()
        for document in documents:
            found += self._judge(path, document, reader, may_name=may_name, may_link=may_link)
            if len(found) > MAX_FINDINGS:
                break
        self._note_settings(path, content, documents if self.is_structured(path) else ())
        self._files[path] = input_facts(content, [document.value for document in documents if document.value])
        return found[:MAX_FINDINGS]

    def finish(self) -> list[Finding]:
        """Judge what needs several files: inputs of generators, values files, and patches in files."""
        found = []
        reported = set()
        for item in self._inputs:
            own = item.kind == "values" and item.file in self._settings  # which says more
            if (problem := problem_of(item, self._files)) and not own:
                rule = PLAINTEXT_VALUE if item.kind == "values" else PLAINTEXT_GENERATOR
                found.append(Finding(rule, item.kustomization, item.line, "", to_pointer(item.field), problem))
                reported.add(item.file)
        for path, findings in self._settings.items():
            found += findings if path not in reported else ()
        unique = dict.fromkeys((*found, *self._patches.findings()))
        return sorted(unique, key=_is_advice)[:MAX_FINDINGS]

    def _judge(
        self, path: str, document: Document, reader: Embedded, *, may_name: bool, may_link: bool
    ) -> Iterator[Finding]:
        yield from self._patches.judge(path, document, reader)
        for placed in placed_objects(document.value):
            label = placed.label
            if fault := object_name_fault(placed):
                label = ascii(label)[1:-1]
                yield Finding(UNSAFE_NAME, path, document.line, label, "/metadata", fault)
            shown = chain(
                plaintext_in(placed, reader, may_name=may_name, may_link=may_link),
                self._build_input(path, document, placed, reader),
            )
            for rule, steps, message in shown:
                if not _belongs_inside(placed, steps):
                    yield Finding(rule, path, document.line, label, to_pointer(steps), message)

    def _build_input(
        self, path: str, document: Document, placed: Placed, reader: Embedded
    ) -> Iterable[tuple[str, Steps, str]]:
        """Note what a document makes kustomize do, and judge what it hands over inline."""
        self._inputs += builtin_inputs(placed.document, path, document.line)
        self._note_values(release_values_files(placed), path, document)
        # kustomize takes a file of that name without asking for its apiVersion
        named = posixpath.basename(path) in FILE_NAMES and not placed.steps
        if not named and not is_kustomization(placed, path):
            return ()
        self._inputs += generator_inputs(placed.document, path, document.line, reader)
        shown = list(islice(patched_in(placed.document, reader), MAX_FINDINGS))  # before the reader is spent on names
        self._patches.note(placed.document, path, reader)
        self._note_values(values_files(placed.document, path), path, document)
        return chain(shown, inline_values_secrets(placed.document))

    def _note_values(self, named: Iterable[tuple[Steps, str]], path: str, document: Document) -> None:
        for steps, name in named:
            self._inputs.append(GeneratorInput(path, document.line, steps, secret=False, kind="values", file=name))

    def _note_settings(self, path: str, content: bytes, documents: Sequence[Document]) -> None:
        """Judge a file of settings; said at the end, unless a generator that names the file is reported."""
        found: list[Finding] = []
        for rule, steps, message in dotenv_secrets(content) if is_dotenv(path) else ():
            found.append(Finding(rule, path, None, "", to_pointer(steps), message))
        for document in documents if is_values_file(path) else ():
            for rule, steps, message in values_secrets(document.value):
                found.append(Finding(rule, path, document.line, "", to_pointer(steps), message))
        if len(self._settings) >= MAX_FINDINGS // 2:  # advice never takes the room of what stops publishing
            found = [finding for finding in found if finding.rule not in ADVICE]
        if found and len(self._settings) < MAX_FINDINGS:
            self._settings[path] = sorted(found, key=_is_advice)[:_MAX_SETTINGS]

    def _documents(
        self, path: str, content: bytes, parsed: Sequence[Document] | YamlError | None
    ) -> Sequence[Document]:
        """What was parsed, or what can be of a file whose name does not say that it is a manifest."""
        if isinstance(parsed, YamlError):
            return ()
        if parsed is not None:
            return parsed
        return read_leniently(content) if not self._is_template(path) and looks_structured(content) else ()

    def _is_template(self, path: str) -> bool:
        """Whether the path lies in `templates/` of a folder with a Chart.yaml."""
        parts = path.split("/")
        return any(
            part == "templates" and "/".join(parts[:index]) in self._charts for index, part in enumerate(parts[:-1])
        )


def _belongs_inside(placed: Placed, steps: Steps) -> bool:
    """Whether a place lies in an inner object, which is judged by itself."""
    field = inner_field(placed) if placed.kind else ()
    return bool(field) and steps[: len(field)] == field


def _is_advice(finding: Finding) -> bool:
    return finding.rule in ADVICE


def _in_one_line(error: YamlError) -> str:
    return " ".join(error.why.split()) or error.what

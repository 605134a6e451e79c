"""The one YAML loader: for looking into manifests and for gitless.yaml, never for writing anything back.

libyaml (through PyYAML) finds the events; values are built here, so that scalars mean what they mean to Kubernetes
(`kube.scalar`) and hostile documents stay bounded in depth, length and alias expansion. Error texts name line and
column, and never a value: what is read may be a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from gitless.errors import UsageError
from gitless.kube.builder import BuildError, DocumentBuilder
from gitless.kube.scalar import to_json_number

MAX_YAML_BYTES = 16 * 1024 * 1024
MAX_DOCUMENTS = 20_000

_PARSER = yaml.CBaseLoader  # the way to libyaml's parser; its resolver and constructor are not used


class YamlError(UsageError):
    """A text that is no YAML, or YAML that is refused; points at the place and shows no content (exit code 2).

    Args:
        what: Which text could not be read.
        why: The problem, without any value.
        hint: What to do.
        line: First line is 1; None where the problem has no place.
        column: First column is 1; None where the problem has no place.
    """

    def __init__(
        self, what: str, *, why: str = "", hint: str = "", line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a stream.

    Attributes:
        value: None, bool, int, float, str, list or dict with text keys. Aliased parts are shared: do not change them.
        line: The line its content starts on, counted from 1.
    """

    value: Any
    line: int


def load_documents(content: bytes, *, what: str) -> list[Any]:
    """Read every document of a YAML stream, or one JSON document; empty documents are None.

    Args:
        content: The text in UTF-8.
        what: What it is, for the error text, such as a path.

    Raises:
        YamlError: It is no YAML, longer than MAX_YAML_BYTES, too deep, repeats a key, expands too far, or carries tags
            other than the core ones.
    """
    return [document.value for document in load_stream(content, what=what)]


def load_single(content: bytes, *, what: str) -> Any:
    """Read a text that holds exactly one document; an empty text is None.

    Raises:
        YamlError: As `load_documents`, or there is more than one document.
    """
    documents = load_stream(content, what=what)
    if len(documents) > 1:
        raise YamlError(f"{what} holds {len(documents)} YAML documents where one is expected.", line=documents[1].line)
    return documents[0].value if documents else None


def load_stream(content: bytes, *, what: str) -> list[Document]:
    """Read every document with the line it starts on; see `load_documents`."""
    text = _decode(content, what)
    if text.lstrip()[:1] == "{":
        document = _try_json(text, what)
        if document:
            return [document]
    try:
        return list(_build(text, what))
    except BuildError as error:
        raise _failure(what, error.problem, error.line, error.column) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line, mark.column) if mark else (None, None)
        raise _failure(what, error.problem or error.context or "unreadable", *place) from None
    except yaml.YAMLError:
        raise _failure(what, "it contains a character that YAML does not allow", None, None) from None


def _decode(content: bytes, what: str) -> str:
    if len(content) > MAX_YAML_BYTES:
        raise YamlError(
            f"{what} is too long to be looked into.", why=f"{len(content)} bytes, at most {MAX_YAML_BYTES} are read."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(f"{what} is not UTF-8 text.", why=f"Line {line} holds other bytes.", line=line) from None


def _build(text: str, what: str) -> Iterator[Document]:
    parser = _PARSER(text)
    builder = DocumentBuilder()
    count = 0
    try:
        while True:
            event = parser.get_event()
            if event is None or isinstance(event, yaml.StreamEndEvent):
                return
            if builder.feed(event):
                count += 1
                if count > MAX_DOCUMENTS:
                    raise YamlError(f"{what} holds more than {MAX_DOCUMENTS} YAML documents.")
                yield Document(builder.value, builder.line)
    finally:
        parser.dispose()


def _failure(what: str, problem: str, line: int | None, column: int | None) -> YamlError:
    if line is None or column is None:
        return YamlError(f"{what} is not readable YAML.", why=f"{problem[:1].upper()}{problem[1:]}.")
    return YamlError(
        f"{what} is not readable YAML.",
        why=f"Line {line + 1}, column {column + 1}: {problem}.",
        line=line + 1,
        column=column + 1,
    )


def _try_json(text: str, what: str) -> Document | None:
    """JSON is read by its own rules (as Kubernetes does), since libyaml refuses its surrogate pairs; None: not JSON."""
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_json_integer, parse_float=_json_float, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        return None
    if not _fits(value):
        raise YamlError(
            f"{what} is not readable JSON.", why=f"It nests deeper than {DocumentBuilder.MAX_DEPTH} levels."
        )
    return Document(value, text[: len(text) - len(text.lstrip())].count("\n") + 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is repeated")
    return result


def _json_integer(digits: str) -> int | float:
    number = float(digits) if len(digits) > 20 else int(digits)
    return number if isinstance(number, int) else to_json_number(number)


def _json_float(digits: str) -> int | float:
    return to_json_number(float(digits))


def _refuse(_word: str) -> Any:
    raise ValueError("no JSON")


def _fits(value: Any) -> bool:
    level = [value]
    for _ in range(DocumentBuilder.MAX_DEPTH + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return True
    return False


def _children(node: Any) -> list[Any]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in inner if isinstance(child, dict | list)]

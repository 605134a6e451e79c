"""Bytes of gitless.yaml in, a checked Config out; every fault at once, each with the path of its key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from gitless.config.schema import Config
from gitless.errors import UsageError
from gitless.kube.yaml import load_single

DEFAULT_NAME = "gitless.yaml"
MAX_CONFIG_BYTES = 1024 * 1024
_MAX_SHOWN = 20
_PLAIN = {
    "missing": "is missing",
    "string_type": "must be text; put it in quotes if it looks like a number, a date or a word such as yes",
    "int_type": "must be a whole number",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "date_type": "must be a date such as 2027-03-31",
    "date_from_datetime_parsing": "must be a date such as 2027-03-31",
    "date_from_datetime_inexact": "must be a date such as 2027-03-31",
}


def parse_config(content: bytes, name: str = DEFAULT_NAME) -> Config:
    """Read the configuration.

    Args:
        content: The file's bytes.
        name: The file's name, for error texts.

    Raises:
        YamlError: It is no single YAML document.
        UsageError: It is no mapping, has unknown keys or wrong values; all of them are listed.
    """
    if len(content) > MAX_CONFIG_BYTES:
        raise UsageError(f"{name} is longer than {MAX_CONFIG_BYTES} bytes.")
    document = load_single(content, what=name)
    if not isinstance(document, dict):
        raise UsageError(f"{name} is not a mapping.", hint="It begins with version: 1.")
    return validate(document, name)


def validate(document: dict[str, Any], name: str) -> Config:
    """Check a parsed document; see `parse_config`."""
    try:
        # strict JSON mode: lists become tuples and texts dates, and nothing else is converted
        return Config.model_validate_json(json.dumps(document))
    except ValidationError as error:
        faults = sorted({_describe(fault) for fault in error.errors(include_url=False, include_input=False)})
    more = [f"… and {len(faults) - _MAX_SHOWN} more"] if len(faults) > _MAX_SHOWN else []
    raise UsageError(
        f"{name} is not valid.",
        why="\n".join(faults[:_MAX_SHOWN] + more),
        hint="docs/configuration.md lists every key.",
    )


def _describe(fault: Any) -> str:
    location = [part for part in fault["loc"] if not _names_a_type(part)]
    path = _spell(location)
    if fault["type"] == "extra_forbidden":
        return f"{path}: unknown key{_suggest(location)}"
    if fault["type"] == "value_error":
        message = str(fault["ctx"]["error"])
    elif fault["type"] == "literal_error":
        message = f"must be {fault['ctx']['expected']}"
    else:
        message = _PLAIN.get(fault["type"], fault["msg"])
    return f"{path}: {message}" if path else message


def _names_a_type(part: Any) -> bool:
    """Pydantic names the member of a union in the location; that is no key."""
    return isinstance(part, str) and (part in ("[key]", "SigstoreFiles") or part.startswith("literal["))


def _spell(location: list[Any]) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            text = part if part.isprintable() and len(part) <= 64 else ascii(part)[:64]
            path += f".{text}" if path else text
    return path


def _suggest(location: list[Any]) -> str:
    known = [field.alias or name for name, field in _model_at(location[:-1]).model_fields.items()]
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _model_at(location: list[Any]) -> type[BaseModel]:
    model: type[BaseModel] = Config
    inside = False  # between a mapping or list and the section it holds
    for part in location:
        if inside or isinstance(part, int):
            inside = False
            continue
        annotation = {field.alias or name: field.annotation for name, field in model.model_fields.items()}[part]
        model = next(_sections_in(annotation))
        inside = getattr(annotation, "__origin__", None) is dict
    return model


def _sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections_in(argument)

"""A platform's published description of its API: fills answers up to it, and refuses those that break it.

contract = Contract("github.json")
operation = contract.find("GET", "/repos/acme/apps/pulls/7/reviews")
operation.build([{"id": 1, "state": "APPROVED"}])       # every other required field gets a plain value
operation.check(query, body, answer)                    # AssertionError with the place that is wrong
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

FIXTURES = Path(__file__).parent.parent / "fixtures" / "openapi"
_PLAIN = {"integer": 1, "number": 1, "boolean": False, "array": [], "string": "text", "null": None}
_FORMATS = {"date-time": "2026-01-05T10:00:00Z", "uri": "https://platform.example/", "email": "a@platform.example"}


@dataclass(frozen=True)
class Operation:
    """One method of one path of the description; without a schema it has no body."""

    route: str
    query: frozenset[str]
    status: int
    schema: dict[str, Any] | None
    names: dict[str, Any]
    answered: Any
    asked: Any

    def build(self, value: Any) -> Any:
        """`value` with every field it lacks and the description requires."""
        return _build(self.schema, value, self.names) if self.schema else None

    def check(self, query: set[str], body: bytes, answer: Any) -> None:
        """Refuse a question or an answer that the description does not allow."""
        unknown = {name.removesuffix("[]") for name in query} - self.query
        assert not unknown, f"{self.route} takes no {', '.join(sorted(unknown))}"
        assert bool(body) == bool(self.asked), f"{self.route}: a body of {len(body)} bytes"
        sent = ((self.asked, json.loads(body)),) if self.asked else ()
        for validator, document in (*sent, (self.answered, answer)):
            for error in validator.iter_errors(document) if validator else ():
                raise AssertionError(f"{self.route}: {error.message} at {list(error.instance_path)}")


class Contract:
    """The operations of one description under tests/fixtures/openapi."""

    def __init__(self, name: str) -> None:
        document = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
        names = document["$defs"]
        self._operations = []
        for route, operation in document["operations"].items():
            pattern = re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(route)))
            found = Operation(
                route,
                frozenset(operation["query"]),
                operation.get("status", 200),
                operation["schema"],
                names,
                _validator(operation["schema"], names),
                _validator(operation.get("body"), names),
            )
            self._operations.append((pattern, found))

    def find(self, method: str, path: str) -> Operation:
        """The operation that a path, below the API's base and still quoted, belongs to."""
        for pattern, operation in self._operations:
            if pattern.fullmatch(f"{method} {path}"):
                return operation
        raise AssertionError(f"the description has no {method} {path}")


def _validator(schema: dict[str, Any] | None, names: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": names}) if schema else None


def _build(schema: dict[str, Any], value: Any, names: dict[str, Any]) -> Any:
    schema = _resolved(schema, names)
    if isinstance(value, list):
        return [_build(schema.get("items", {}), item, names) for item in value]
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    filled = {name: _plain(fields.get(name, {}), names) for name in schema.get("required", ()) if name not in value}
    return {**filled, **{name: _build(fields.get(name, {}), part, names) for name, part in value.items()}}


def _plain(schema: dict[str, Any], names: dict[str, Any]) -> Any:
    if {"type": "null"} in schema.get("anyOf", ()):
        return None
    schema = _resolved(schema, names)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    if "null" in (kinds if isinstance(kinds, list) else [kinds]):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kinds == "object":
        return _build(schema, {}, names)
    return _FORMATS.get(schema.get("format", ""), _PLAIN[kinds])


def _resolved(schema: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    while True:
        if "$ref" in schema:
            schema = names[schema["$ref"].rpartition("/")[2]]
            continue
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema and "type" not in schema and "properties" not in schema:
                schema = schema[key][0]
                break
        else:
            return schema

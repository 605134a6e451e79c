"""docs/configuration.md from the JSON Schema, so that the page cannot tell another story than the checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gitless.config.schema import SCHEMA_FILE, json_schema

_INTRO = f"""# gitless.yaml

The configuration stands at the root of the repository. It is read once and checked as a whole: unknown keys and
repeated keys are refused with their path. Its JSON Schema is shipped as `{SCHEMA_FILE}`, for completion in editors.

The file is overruled by the environment (`GITLESS_REGISTRY`, `GITLESS_CHANNEL`, `GITLESS_MEDIA_TYPE`,
`GITLESS_SIGNING_KEY`, `GITLESS_PATH`, `GITLESS_NAME`), and the environment by the command line. One component needs no
file at all: `gitless publish --path DIR --name NAME --registry REGISTRY`.

Versions such as `"1.34"` need quotes, since YAML reads them as numbers.
This page is made from the schema; change the schema, not the page."""


def document_configuration() -> str:
    """The page as Markdown, ending in a line feed."""
    schema = json_schema()
    lines = [_INTRO, "", "## The file", "", *_table(schema)]
    for name, section in sorted(schema["$defs"].items()):
        lines += ["", f"## {name}", "", section["description"], "", *_table(section)]
    return "\n".join(lines) + "\n"


def schema_text() -> str:
    """The JSON Schema as it is shipped: two blanks of indentation, a line feed at the end."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _table(section: Mapping[str, Any]) -> Iterator[str]:
    required = section.get("required", [])
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, value in section["properties"].items():
        default = "required" if key in required else _default(value)
        yield f"| `{key}` | {_cell(_type(value))} | {default} | {_cell(value.get('description', ''))} |"


def _default(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    return f"`{json.dumps(default)}`" if default not in (None, [], {}) and not isinstance(default, dict) else ""


def _type(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(_type(choice) for choice in value["anyOf"] if choice.get("type") != "null")
    if "const" in value or "enum" in value:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    if value.get("type") == "object":
        values = value.get("patternProperties") or {"": value.get("additionalProperties")}
        return f"mapping to {_type(next(iter(values.values())))}"
    return "date" if value.get("format") == "date" else str(value["type"])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

"""Cuts the operations our fakes answer out of GitHub's OpenAPI description, as JSON Schema.

Usage: openapi_subset.py generated/api.github.com.json > tests/fixtures/openapi/github.json

The description is in the npm package @octokit/openapi (MIT). Texts and examples are left out; `nullable` of
OpenAPI 3.0 becomes a type of JSON Schema; only what the answers require is kept of long objects.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = (
    "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
    "GET /repos/{owner}/{repo}/activity",
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
    "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    "GET /repos/{owner}/{repo}/commits/{ref}/statuses",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/deployments",
    "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "POST /repos/{owner}/{repo}/deployments",
    "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/statuses/{sha}",
)
_SUCCESSES = ("200", "201", "204")
_KEPT = ("type", "format", "enum", "pattern", "required", "minimum", "maximum", "minItems", "maxItems", "uniqueItems")
_PREFIX = "#/components/schemas/"


def main(path: str) -> None:
    """Print the subset of the description at `path`."""
    description = json.loads(Path(path).read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    operations = {}
    for name in OPERATIONS:
        method, route = name.split(" ")
        operation = description["paths"][route][method.lower()]
        status = next(status for status in _SUCCESSES if status in operation["responses"])
        found = {
            "query": sorted(_query(operation, description)),
            "status": int(status),
            "schema": _content(operation["responses"][status], description, names),
        }
        if "requestBody" in operation:
            found["body"] = _content(operation["requestBody"], description, names)
        operations[name] = found
    info = description["info"]
    head = {"source": f"@octokit/openapi {info['version']}", "license": info["license"]["name"]}
    subset = {**head, "operations": operations, "$defs": dict(sorted(names.items()))}
    print(json.dumps(subset, indent=1, sort_keys=False))


def _query(operation: dict[str, Any], description: dict[str, Any]) -> list[str]:
    found = []
    for parameter in operation.get("parameters", ()):
        if "$ref" in parameter:
            parameter = description["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        if parameter["in"] == "query":
            found.append(parameter["name"])
    return found


def _content(part: dict[str, Any], description: dict[str, Any], names: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of a JSON body; None where there is no body."""
    content = part.get("content")
    return _schema(content["application/json"]["schema"], description, names) if content else None


def _schema(schema: dict[str, Any], description: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PREFIX)
        if name not in names:
            names[name] = {}
            names[name] = _schema(description["components"]["schemas"][name], description, names)
        return {"$ref": f"#/$defs/{name}"}
    found: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            found[key] = [_schema(part, description, names) for part in schema[key]]
    if isinstance(schema.get("items"), dict):
        found["items"] = _schema(schema["items"], description, names)
    if isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = _schema(schema["additionalProperties"], description, names)
    if schema.get("additionalProperties") is False:
        found["additionalProperties"] = False
    if schema.get("properties"):
        found["properties"] = {
            name: _schema(part, description, names)
            for name, part in schema["properties"].items()
            if _is_kept(name, schema)
        }
    if schema.get("nullable"):
        return {"anyOf": [found, {"type": "null"}]} if "type" not in found else _nullable(found)
    return found


def _is_kept(name: str, schema: dict[str, Any]) -> bool:
    return name in schema.get("required", ()) or len(schema["properties"]) < 45


def _nullable(found: dict[str, Any]) -> dict[str, Any]:
    if "enum" in found and None not in found["enum"]:
        found = {**found, "enum": [*found["enum"], None]}
    return {**found, "type": [found["type"], "null"]}


if __name__ == "__main__":
    main(sys.argv[1])

"""Judges a CycloneDX document: the strict schema, and five rules that no schema can say.

Documents may come from elsewhere: nothing here trusts a type before the schema has.
"""

from __future__ import annotations

import functools
import itertools
import json
from importlib import resources
from typing import Any

from gitless.errors import GitlessError
from gitless.model.canonical import read_json_object

MAX_PROBLEMS = 20
_BASE = "http://cyclonedx.org/schema/"
_HASH_DIGITS = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128}


def check_sbom(content: bytes) -> list[str]:
    """Say what is wrong with a CycloneDX 1.6 document.

    Args:
        content: The document; the caller has limited its length.

    Returns:
        One sentence per fault, at most 20; empty when schema and the five rules hold: references are unique, every
        component stands in `dependencies` once and names only known targets, every component is in exactly one
        composition, everything can be reached from the artifact, and hashes have their algorithm's length.
    """
    try:
        document = read_json_object(content, "The SBOM")
    except GitlessError as error:
        return [str(error)]
    problems = _by_schema(document)
    return problems or _by_rules(document)[:MAX_PROBLEMS]


def _by_schema(document: dict[str, Any]) -> list[str]:
    if document.get("specVersion") != "1.6":
        return ["schema: specVersion is not 1.6"]
    try:
        errors = list(itertools.islice(_validator().iter_errors(document), MAX_PROBLEMS))
    except ValueError as error:  # nested too deeply for the validator, or text that is no Unicode
        return [f"schema: {str(error)[:300]}"]
    return [_sentence(error) for error in errors]


def _sentence(error: Any) -> str:
    path = "/".join(str(step) for step in error.instance_path)
    return f"schema: /{path[:300]}: {str(error.message)[:300]}"


def _by_rules(document: dict[str, Any]) -> list[str]:
    components = _components(document)
    root = document.get("metadata", {}).get("component", {}).get("bom-ref")
    refs = [component["bom-ref"] for component in components if component.get("bom-ref")]
    if not root or len(refs) < len(components):
        return ["a component has no bom-ref, or there is no metadata.component"]
    edges = document.get("dependencies", [])
    return [
        *(f"bom-ref is used twice: {ref[:200]!r}" for ref in _repeated(refs)),
        *_dependencies(set(refs), edges),
        *_compositions(set(refs), document.get("compositions", [])),
        *_reachable(root, set(refs), edges),
        *(problem for component in components for problem in _hashes(component)),
    ]


def _components(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The artifact and every component, nested ones included."""
    root = document.get("metadata", {}).get("component")
    pending = [*([root] if root else []), *document.get("components", [])]
    found = []
    while pending:
        component = pending.pop()
        found.append(component)
        pending.extend(component.get("components", []))
    return found


def _dependencies(refs: set[str], edges: list[dict[str, Any]]) -> list[str]:
    named = [edge["ref"] for edge in edges]
    targets = {target for edge in edges for target in edge.get("dependsOn", [])}
    return [
        *(f"dependencies names it twice: {ref[:200]!r}" for ref in _repeated(named)),
        *(f"dependencies lacks {ref[:200]!r}" for ref in sorted(refs - set(named))),
        *(f"dependencies names an unknown {ref[:200]!r}" for ref in sorted((targets | set(named)) - refs)),
    ]


def _compositions(refs: set[str], compositions: list[dict[str, Any]]) -> list[str]:
    named = [ref for group in compositions for ref in group.get("dependencies", [])]
    return [
        *(f"two compositions name {ref[:200]!r}" for ref in _repeated(named)),
        *(f"no composition names {ref[:200]!r}" for ref in sorted(refs - set(named))),
        *(f"a composition names an unknown {ref[:200]!r}" for ref in sorted(set(named) - refs)),
    ]


def _repeated(refs: list[str]) -> list[str]:
    seen: set[str] = set()
    repeated: set[str] = set()
    for ref in refs:
        (repeated if ref in seen else seen).add(ref)
    return sorted(repeated)


def _reachable(root: str, refs: set[str], edges: list[dict[str, Any]]) -> list[str]:
    targets = {edge["ref"]: edge.get("dependsOn", []) for edge in edges}
    seen, pending = {root}, [root]
    while pending:
        for target in targets.get(pending.pop(), []):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return [f"the artifact does not lead to {ref[:200]!r}" for ref in sorted(refs - seen)]


def _hashes(component: dict[str, Any]) -> list[str]:
    values = [*component.get("hashes", [])]
    for reference in component.get("externalReferences", []):
        values += reference.get("hashes", [])
    return [
        f"a {value['alg']} hash of {component['bom-ref'][:200]!r} has {len(value['content'])} digits"
        for value in values
        if len(value["content"]) != _HASH_DIGITS.get(value["alg"], len(value["content"]))
    ]


@functools.cache
def _validator() -> Any:
    """The strict schema, compiled once. The library bundles its files without a promise to keep their names."""
    import jsonschema_rs

    registry = jsonschema_rs.Registry([
        (f"{_BASE}spdx.SNAPSHOT.schema.json", _bundled("spdx.SNAPSHOT.schema.json")),
        (f"{_BASE}jsf-0.82.SNAPSHOT.schema.json", _bundled("jsf-0.82.SNAPSHOT.schema.json")),
    ])  # fmt: skip
    schema = _bundled("bom-1.6.SNAPSHOT.schema.json")
    return jsonschema_rs.Draft7Validator(schema, registry=registry, validate_formats=True)


def _bundled(name: str) -> Any:
    return json.loads((resources.files("cyclonedx.schema") / "_res" / name).read_bytes())

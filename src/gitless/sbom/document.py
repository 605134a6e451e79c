"""Makes the CycloneDX 1.6 document of an artifact: the same facts always give the same bytes.

cyclonedx-python-lib holds the model; its outputter is not used, since it is quadratic and draws random references.
What the library has no model for (compositions) or writes from chance (serial number) is added afterwards, and the
result is checked before anyone sees it.
"""

from __future__ import annotations

import gc
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gitless.errors import DefectError, UsageError
from gitless.model.canonical import canonical_json
from gitless.model.namespace import NAMESPACE
from gitless.model.revision import rfc3339
from gitless.sbom.evidence import add_evidence
from gitless.sbom.facts import SbomInput
from gitless.sbom.graph import MAX_OUTSIDE, Listing, Node, Outside, build_nodes, collect_outside, listings
from gitless.sbom.validation import check_sbom

# a bundle of 3 MiB holds its statement in base64 (4/3), with room for certificates and timestamps
MAX_SBOM_BYTES = 2_300_000
SPEC_VERSION = "1.6"
_SCHEMA = f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json"
_SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}/sbom")


def build_sbom(facts: SbomInput) -> bytes:
    """Write the SBOM of one artifact as canonical JSON.

    Args:
        facts: What is known; nothing is looked up and nothing is guessed.

    Returns:
        At most 2.3 MB; where listing every file would be longer, folders stand for their files and the document says
        that it is incomplete.

    Raises:
        UsageError: Images and charts alone are too many for one document.
        DefectError: The document does not pass the schema or our own checks.
    """
    outside = collect_outside(facts)
    fits = len(outside.images) + len(outside.sources) <= MAX_OUTSIDE or facts.settings.profile == "delivery"
    for listing in listings(facts.findings) if fits else ():
        content = canonical_json(_document(facts, listing, outside))
        if len(content) <= MAX_SBOM_BYTES:
            return _checked(content)
    raise UsageError(
        f"The SBOM of {facts.artifact.name} would be longer than {MAX_SBOM_BYTES} bytes.",
        why=f"It names {len(outside.images)} images and {len(outside.sources)} charts or other sources.",
        hint="Split the component into several.",
    )


def _checked(content: bytes) -> bytes:
    problems = check_sbom(content)
    if problems:
        raise DefectError("The SBOM does not pass its checks.", why="\n".join(problems[:5]))
    return content


def _document(facts: SbomInput, listing: Listing, outside: Outside) -> dict[str, Any]:
    root, nodes = build_nodes(facts, listing, outside)
    with _without_gc():
        document = _serialised(facts, listing, outside, root, nodes)
    document |= {"$schema": _SCHEMA, "bomFormat": "CycloneDX", "specVersion": SPEC_VERSION}
    document["metadata"]["timestamp"] = rfc3339(facts.artifact.created)
    document.get("components", []).sort(key=lambda component: str(component["bom-ref"]))
    add_evidence(document, outside)
    document["compositions"] = _compositions([root, *nodes])
    document.pop("serialNumber", None)
    document["serialNumber"] = uuid.uuid5(_SERIALS, canonical_json(document).decode()).urn
    return document


def _serialised(
    facts: SbomInput, listing: Listing, outside: Outside, root: Node, nodes: Sequence[Node]
) -> dict[str, Any]:
    # the library costs 0.15 s to import: only runs that make a document pay
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.dependency import Dependency
    from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
    from cyclonedx.model.tool import ToolRepository
    from cyclonedx.schema.schema import SchemaVersion1Dot6

    from gitless.sbom import elements
    from gitless.sbom.components import Components, author, tool

    make = Components(facts)
    data_license = facts.settings.data_license
    metadata = BomMetaData(
        component=make.artifact(root.subject),
        tools=ToolRepository(components=[tool(fact) for fact in facts.tools]),
        authors=author(facts.settings.author),
        manufacturer=make.manufacturer,
        supplier=make.supplier,
        lifecycles=[PredefinedLifecycle(LifecyclePhase.BUILD)],
        licenses=[elements.license_named(data_license)] if data_license else None,
    )
    bom = Bom(
        version=1,
        metadata=metadata,
        components=[_component(make, listing, outside, node) for node in nodes],
        dependencies=[
            Dependency(BomRef(node.ref), [Dependency(BomRef(target)) for target in node.targets])
            for node in (root, *nodes)
        ],
    )
    serialisable: Any = bom  # `as_json` is put on the class by its decorator
    result: dict[str, Any] = json.loads(serialisable.as_json(view_=SchemaVersion1Dot6))
    return result


def _component(make: Any, listing: Listing, outside: Outside, node: Node) -> Any:
    ref = node.ref
    if ref in outside.charts:
        return make.chart(ref, outside.charts[ref])
    if ref in outside.images:
        return make.image(ref, node.subject)
    if ref in outside.sources:
        return make.source(ref, node.subject[0].source)
    if listing.folded:
        return make.folder(ref, listing.path(node.subject[0].path), node.subject)
    return make.file(ref, node.subject[0])


def _compositions(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    groups: dict[str, list[str]] = {}
    for node in nodes:
        groups.setdefault(node.aggregate, []).append(node.ref)
    return [{"aggregate": name, "dependencies": sorted(groups[name])} for name in sorted(groups)]


@contextmanager
def _without_gc() -> Iterator[None]:
    """The model is one tree of many small objects that all live to the end: collecting in between only costs time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

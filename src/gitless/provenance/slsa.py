"""Build facts as a SLSA provenance predicate (`https://slsa.dev/provenance/v1`, SLSA 1.2 build-provenance).

Claims no level. What a CI environment says about itself without a verified token stands under `gitless_unverified` and
never becomes the builder's id: a gate that trusts builder ids must not be fooled by environment variables.
"""

from __future__ import annotations

from typing import Any

from gitless.errors import DefectError
from gitless.model.namespace import NAMESPACE
from gitless.model.revision import Revision, rfc3339
from gitless.provenance.facts import BuilderFact, BuildFacts, Material, RenderFact, ToolBinary

BUILD_TYPE = f"{NAMESPACE}/buildtypes/publish/v1"
LOCAL_BUILDER = f"{NAMESPACE}/builders/local"
UNVERIFIED = "gitless_unverified"
MAX_UNVERIFIED = 50
_MAX_TEXT = 1024


def build_provenance(facts: BuildFacts) -> dict[str, Any]:
    """Write the predicate.

    Args:
        facts: What is known; nothing is read from an environment or a clock.

    Returns:
        The predicate, ready for a statement. Empty values are left out.

    Raises:
        DefectError: A builder id is given that is no URL, or an invocation without a verified builder.
    """
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": _external(facts),
            **_unless_empty("internalParameters", _internal(facts)),
            "resolvedDependencies": _dependencies(facts),
        },
        "runDetails": _run(facts),
    }


def _external(facts: BuildFacts) -> dict[str, Any]:
    """What the caller decided: small, and each value checkable against the source and its configuration."""
    return {
        "component": facts.component,
        "source": facts.source.url,
        "revision": facts.source.revision,
        **_unless_empty("ref", _ref(facts)),
        "path": facts.path,
        "mediaType": facts.media_type,
        **_unless_empty("channel", facts.channel),
        **_unless_empty("ignore", list(facts.ignore)),
        **_unless_empty("render", [_render(render) for render in facts.renders]),
        **({"config": {"sha256": facts.config.hex}} if facts.config else {}),
    }


def _internal(facts: BuildFacts) -> dict[str, Any]:
    waivers = [
        {"rule": waiver.rule, "object": waiver.object, "reason": waiver.reason}
        for waiver in sorted(facts.waivers, key=lambda waiver: (waiver.rule, waiver.object, waiver.reason))
    ]
    return {
        **_unless_empty("waivers", waivers),
        **_unless_empty("allowDirty", facts.allow_dirty),
        **_unless_empty("rewrittenHistory", facts.rewritten_history),
    }


def _render(render: RenderFact) -> dict[str, Any]:
    pairs = {
        "kind": render.kind,
        "output": render.output,
        "path": render.path,
        "kubernetes": render.kubernetes,
        "apiVersions": sorted(render.api_versions),
        "valuesFiles": list(render.values_files),  # their order decides which value wins
        "release": render.release,
        "namespace": render.namespace,
    }
    return {key: value for key, value in pairs.items() if value}


def _dependencies(facts: BuildFacts) -> list[dict[str, Any]]:
    tools = [_tool(tool) for tool in facts.tools]
    charts = [_material(chart) for chart in facts.charts]
    ordered = sorted((*charts, *tools), key=lambda entry: (entry.get("name", ""), entry.get("uri", "")))
    return [*_git(facts), *ordered]


def _git(facts: BuildFacts) -> list[dict[str, Any]]:
    """The commit, unless uncommitted changes went in: then it is only what they were made on."""
    source = facts.source
    if not source.commit:
        return []
    name = "source, changed without a commit" if facts.allow_dirty and _is_dirty(facts) else "source"
    return [{"name": name, "uri": f"git+{source.url}@{source.commit}", "digest": {"gitCommit": source.commit}}]


def _tool(tool: ToolBinary) -> dict[str, Any]:
    return {
        "name": tool.name,
        **_unless_empty("digest", {"sha256": tool.sha256} if tool.sha256 else {}),
        **_unless_empty("annotations", {"version": tool.version} if tool.version else {}),
    }


def _material(material: Material) -> dict[str, Any]:
    return {
        "name": material.name,
        **_unless_empty("uri", material.uri),
        **_unless_empty("digest", dict(sorted(material.digests.items()))),
    }


def _run(facts: BuildFacts) -> dict[str, Any]:
    times = {"startedOn": facts.started, "finishedOn": facts.finished}
    metadata: dict[str, Any] = {key: rfc3339(moment) for key, moment in times.items() if moment}
    metadata |= _unless_empty("invocationId", facts.builder.invocation)
    return {
        "builder": {"id": _builder_id(facts.builder), "version": {"gitless": facts.version}},
        **_unless_empty("metadata", metadata),
        **_unless_empty(UNVERIFIED, _claims(facts.builder)),
    }


def _builder_id(builder: BuilderFact) -> str:
    if builder.verified_id and not builder.verified_id.startswith("https://"):
        raise DefectError("A builder id is not an https URL.", why=builder.verified_id[:200])
    if builder.invocation and not builder.verified_id:
        raise DefectError("An invocation is given without a verified builder.")
    return builder.verified_id or LOCAL_BUILDER


def _claims(builder: BuilderFact) -> dict[str, str]:
    pairs = sorted(builder.unverified.items())[:MAX_UNVERIFIED]
    return {key[:_MAX_TEXT]: value[:_MAX_TEXT] for key, value in pairs if value}


def _ref(facts: BuildFacts) -> str:
    revision = Revision.parse(facts.source.revision)
    return revision.ref if revision else ""


def _is_dirty(facts: BuildFacts) -> bool:
    revision = Revision.parse(facts.source.revision)
    return revision is None or revision.dirty


def _unless_empty(key: str, value: Any) -> dict[str, Any]:
    return {key: value} if value else {}

"""Build facts as a SLSA provenance predicate (`https://slsa.dev/provenance/v1`, SLSA 1.2 build-provenance).

Claims no level. The job of a verified token is the builder, in the platform's own fields; without one the builder is
`local`, and what a CI environment says about itself stands under `gitless_unverified`: a gate that trusts builder ids
must not be fooled by environment variables.

What gitless itself knows stands in one place whatever the build type, the extension field `gitless_publish` of the
build definition. It is no external parameter of a platform's build: the workflow at the recorded commit decides it, and
verifiers are told to reject external parameters that the build type does not name.
"""

from __future__ import annotations

from typing import Any

from gitless.errors import DefectError
from gitless.model.agreement import contradictions
from gitless.model.namespace import NAMESPACE
from gitless.model.platform_build import PlatformBuild
from gitless.model.revision import DIRTY, rfc3339
from gitless.provenance.facts import BuilderFact, BuildFacts, Material, RenderFact, ToolBinary

LOCAL_BUILD_TYPE = f"{NAMESPACE}/buildtypes/publish/v1"
LOCAL_BUILDER = f"{NAMESPACE}/builders/local"
PUBLISH = "gitless_publish"
UNVERIFIED = "gitless_unverified"
MAX_UNVERIFIED = 50
_MAX_TEXT = 1024
_CHANGED = "source, changed without a commit"


def build_provenance(facts: BuildFacts) -> dict[str, Any]:
    """Write the predicate.

    Args:
        facts: What is known; nothing is read from an environment or a clock.

    Returns:
        The predicate, ready for a statement. Empty values are left out.

    Raises:
        DefectError: A platform without a verified job or the reverse, a job that is incomplete, or one that contradicts
            the source (`contradictions` finds that before anything is pushed).
    """
    build = _platform_build(facts)
    return {
        "buildDefinition": {
            **(_definition(build) if build else _local(facts)),
            PUBLISH: _publish(facts),
            "resolvedDependencies": [*_source(facts, build), *_dependencies(facts)],
        },
        "runDetails": _run(facts, build),
    }


def _platform_build(facts: BuildFacts) -> PlatformBuild | None:
    platform, workload = facts.builder.platform, facts.builder.workload
    if platform is None and workload is None:
        return None
    if platform is None or workload is None:
        raise DefectError("A verified job is given without its platform, or a platform without its job.")
    found = contradictions(facts.source, workload)
    if found:
        raise DefectError("The provenance would contradict the certificate.", why=" ".join(found))
    return PlatformBuild.of(platform, workload)


def _definition(build: PlatformBuild) -> dict[str, Any]:
    return {
        "buildType": build.build_type,
        "externalParameters": build.external,
        "internalParameters": build.internal,
    }


def _local(facts: BuildFacts) -> dict[str, Any]:
    """The build type of a run that no platform vouches for: whoever ran it named this source."""
    return {
        "buildType": LOCAL_BUILD_TYPE,
        "externalParameters": {"source": facts.source.url, "revision": facts.source.revision},
    }


def _publish(facts: BuildFacts) -> dict[str, Any]:
    """What was published and how: each value checkable against the source and its configuration."""
    return {
        "version": facts.version,
        "component": facts.component,
        "source": facts.source.url,
        "revision": facts.source.revision,
        "path": facts.path,
        "mediaType": facts.media_type,
        **_unless_empty("channel", facts.channel),
        **_unless_empty("ignore", list(facts.ignore)),
        **_unless_empty("render", [_render(render) for render in facts.renders]),
        **({"config": {"sha256": facts.config.hex}} if facts.config else {}),
        **_unless_empty("waivers", _waivers(facts)),
        **_unless_empty("allowDirty", facts.allow_dirty),
        **_unless_empty("rewrittenHistory", facts.rewritten_history),
    }


def _waivers(facts: BuildFacts) -> list[dict[str, str]]:
    return [
        {"rule": waiver.rule, "object": waiver.object, "reason": waiver.reason}
        for waiver in sorted(facts.waivers, key=lambda waiver: (waiver.rule, waiver.object, waiver.reason))
    ]


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
    return sorted((*charts, *tools), key=lambda entry: (entry.get("name", ""), entry.get("uri", "")))


def _source(facts: BuildFacts, build: PlatformBuild | None) -> list[dict[str, Any]]:
    """The commit, unless uncommitted changes went in: then it is only what they were made on."""
    source, changed = facts.source, facts.allow_dirty and facts.source.revision.endswith(DIRTY)
    if build:
        # the platforms give it no name, so only what is unlike theirs has one
        return [{**({"name": _CHANGED} if changed else {}), **build.source}]
    if not source.commit:
        return []
    name = _CHANGED if changed else "source"
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


def _run(facts: BuildFacts, build: PlatformBuild | None) -> dict[str, Any]:
    times = {"startedOn": facts.started, "finishedOn": facts.finished}
    metadata = {key: rfc3339(moment) for key, moment in times.items() if moment}
    if build:
        return {"builder": {"id": build.builder}, "metadata": {"invocationId": build.invocation, **metadata}}
    return {
        "builder": {"id": LOCAL_BUILDER, "version": {"gitless": facts.version}},
        **_unless_empty("metadata", metadata),
        **_unless_empty(UNVERIFIED, _claims(facts.builder)),
    }


def _claims(builder: BuilderFact) -> dict[str, str]:
    pairs = sorted(builder.unverified.items())[:MAX_UNVERIFIED]
    return {key[:_MAX_TEXT]: value[:_MAX_TEXT] for key, value in pairs if value}


def _unless_empty(key: str, value: Any) -> dict[str, Any]:
    return {key: value} if value else {}

"""What provenance and SBOM of one artifact say together: the job, and the charts it was made from."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB
from tests.fakes.workshop import START, URL, NoRenderer, config_map

from gitless.errors import DefectError
from gitless.flows.build import Built, build
from gitless.flows.describe import Describer
from gitless.model.component import ComponentPlan, PublishOptions
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM
from gitless.model.reference import Location
from gitless.model.rendering import ChartUse, ToolUse
from gitless.model.revision import Source
from gitless.model.tree import MemoryTree
from gitless.provenance.slsa import LOCAL_BUILDER
from gitless.sbom.facts import SbomSettings

PLAN = ComponentPlan("web", "components/web", Location("registry.example", "acme/apps/web"))
SOURCE = Source(URL, f"main@sha1:{COMMIT}", START, COMMIT)
DESCRIBER = Describer(SOURCE, PublishOptions(), SbomSettings(), None, START, {"actor": "alice"})
CHARTS = (
    ChartUse("chart", "web", "1.2.3", "", "0a" * 32),
    ChartUse("chart/charts/cache", "cache", "2.0.0", "", "0b" * 32, "https://charts.example.org"),
    ChartUse("chart/charts/redis-9.0.0.tgz", "redis", "9.0.0", "", "0c" * 32, "oci://ghcr.io/acme/charts"),
)


def built(source: Source = SOURCE) -> Built:
    tree = MemoryTree({"cm.yaml": config_map("one")})
    plain = build(PLAN, tree, source, NoRenderer(), lambda tree: (), io.BytesIO())  # type: ignore[arg-type]
    return replace(plain, charts=CHARTS, tools=(ToolUse("helm", "3.22.0", "helm", "0d" * 32),))


def predicate(describer: Describer, kind: str = PREDICATE_PROVENANCE) -> dict[str, Any]:
    made = describer.predicates(PLAN, built(describer.source), (), datetime.fromisoformat("2026-11-20T10:00:07+00:00"))
    return dict(made[kind]())


def test_without_a_verified_token_the_builder_is_local() -> None:
    run = predicate(DESCRIBER)["runDetails"]
    assert run["builder"]["id"] == LOCAL_BUILDER
    assert run["gitless_unverified"] == {"actor": "alice"}


def test_a_verified_job_is_the_builder() -> None:
    run = predicate(replace(DESCRIBER, platform="github", workload=GITHUB_JOB))["runDetails"]
    assert run["builder"]["id"] == GITHUB_JOB.signer_uri
    assert "alice" not in json.dumps(run)


@pytest.mark.parametrize(
    "source",
    [
        replace(SOURCE, url="https://github.com/acme/other"),
        replace(SOURCE, commit="3e" * 20),
        replace(SOURCE, revision=f"prod@sha1:{COMMIT}"),
        replace(SOURCE, revision="v1"),
    ],
)
def test_a_source_that_the_job_contradicts_is_never_written(source: Source) -> None:
    with pytest.raises(DefectError, match="contradict the certificate"):
        predicate(replace(DESCRIBER, source=source, platform="github", workload=GITHUB_JOB))


def test_the_job_of_another_platform_is_not_taken_for_this_repository() -> None:
    with pytest.raises(DefectError, match="contradict the certificate"):
        predicate(replace(DESCRIBER, platform="gitlab", workload=GITLAB_JOB))


def test_charts_and_renderers_are_resolved_dependencies() -> None:
    _, *others = predicate(DESCRIBER)["buildDefinition"]["resolvedDependencies"]
    assert others == [
        {
            "name": "chart cache 2.0.0",
            "uri": "pkg:generic/cache@2.0.0?repository_url=https://charts.example.org",
            "digest": {"gitless_folder": "0b" * 32},
        },
        {
            "name": "chart redis 9.0.0",
            "uri": "pkg:oci/redis?repository_url=ghcr.io/acme/charts/redis&tag=9.0.0",
            "digest": {"sha256": "0c" * 32},
        },
        {"name": "chart web 1.2.3", "digest": {"gitless_folder": "0a" * 32}},
        {"name": "helm", "digest": {"sha256": "0d" * 32}, "annotations": {"version": "3.22.0"}},
    ]


def test_a_chart_has_one_name_in_both_documents() -> None:
    dependencies = predicate(DESCRIBER)["buildDefinition"]["resolvedDependencies"]
    purls = {component.get("purl") for component in predicate(DESCRIBER, PREDICATE_SBOM)["components"]}
    assert {entry["uri"] for entry in dependencies if entry.get("uri", "").startswith("pkg:")} <= purls

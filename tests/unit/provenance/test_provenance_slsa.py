from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from gitless.model.canonical import canonical_json
from gitless.model.digest import Digest
from gitless.model.namespace import NAMESPACE
from gitless.model.revision import Source
from gitless.provenance.facts import BuilderFact, BuildFacts, Material, RenderFact, ToolBinary, WaiverFact
from gitless.provenance.slsa import LOCAL_BUILDER, build_provenance

COMMIT = "2f" * 20
MOMENT = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
FACTS = BuildFacts(
    "web", "components/web", Source("https://github.com/acme/apps", f"main@sha1:{COMMIT}", MOMENT, COMMIT), "0.1.0"
)
FULL = replace(
    FACTS,
    config=Digest("aa" * 32),
    renders=(
        RenderFact("helm", "staging", "chart", "1.34", ("b/v1", "a/v1"), ("values.yaml", "a.yaml"), "web", "shop"),
        RenderFact("kustomize", "production", "overlays/production"),
    ),
    charts=(Material("cache", "oci://ghcr.io/acme/charts/cache", {"sha256": "bb" * 32}),),
    tools=(ToolBinary("helm", "3.22.0", "cc" * 32), ToolBinary("kustomize", "5.8.1")),
    waivers=(WaiverFact("plaintext-secret", "v1/Secret/web/demo-ca", "public CA"),),
    rewritten_history="history was cleaned",
    started=MOMENT,
    finished=MOMENT,
    channel="latest",
    ignore=("*.md",),
)


def test_the_smallest_predicate() -> None:
    assert build_provenance(FACTS) == {
        "buildDefinition": {
            "buildType": "https://gitless.dev/buildtypes/publish/v1",
            "externalParameters": {"source": "https://github.com/acme/apps", "revision": f"main@sha1:{COMMIT}"},
            "gitless_publish": {
                "version": "0.1.0",
                "component": "web",
                "source": "https://github.com/acme/apps",
                "revision": f"main@sha1:{COMMIT}",
                "path": "components/web",
                "mediaType": "flux",
            },
            "resolvedDependencies": [
                {
                    "name": "source",
                    "uri": f"git+https://github.com/acme/apps@{COMMIT}",
                    "digest": {"gitCommit": COMMIT},
                }
            ],
        },
        "runDetails": {"builder": {"id": "https://gitless.dev/builders/local", "version": {"gitless": "0.1.0"}}},
    }


def test_the_full_predicate() -> None:
    predicate = build_provenance(FULL)
    definition = predicate["buildDefinition"]
    said = definition["gitless_publish"]
    assert said["render"] == [
        {
            "kind": "helm", "output": "staging", "path": "chart", "kubernetes": "1.34", "apiVersions": ["a/v1", "b/v1"],
            "valuesFiles": ["values.yaml", "a.yaml"], "release": "web", "namespace": "shop",
        },
        {"kind": "kustomize", "output": "production", "path": "overlays/production"},
    ]  # fmt: skip
    assert said["config"] == {"sha256": "aa" * 32}
    assert said["waivers"] == [{"rule": "plaintext-secret", "object": "v1/Secret/web/demo-ca", "reason": "public CA"}]
    assert (said["channel"], said["ignore"], said["rewrittenHistory"]) == ("latest", ["*.md"], "history was cleaned")
    assert [entry["name"] for entry in definition["resolvedDependencies"]] == ["source", "cache", "helm", "kustomize"]
    assert definition["resolvedDependencies"][2] == {
        "name": "helm", "digest": {"sha256": "cc" * 32}, "annotations": {"version": "3.22.0"},
    }  # fmt: skip
    assert predicate["runDetails"]["metadata"] == {
        "startedOn": "2026-11-20T10:00:00Z",
        "finishedOn": "2026-11-20T10:00:00Z",
    }


def test_order_of_facts_does_not_change_the_bytes() -> None:
    turned = replace(FULL, tools=FULL.tools[::-1])
    assert canonical_json(build_provenance(turned)) == canonical_json(build_provenance(FULL))


def test_what_ci_claims_without_proof_never_names_the_builder() -> None:
    claims = {"run": "https://github.com/acme/apps/actions/runs/1", "runner": "hosted", "empty": "", "long": "x" * 5000}
    run = build_provenance(replace(FACTS, builder=BuilderFact(unverified=claims)))["runDetails"]
    assert run["builder"]["id"] == LOCAL_BUILDER
    assert "metadata" not in run
    assert sorted(run["gitless_unverified"]) == ["long", "run", "runner"]
    assert len(run["gitless_unverified"]["long"]) == 1024


@pytest.mark.parametrize(
    ("revision", "allowed", "name"),
    [
        (f"main@sha1:{COMMIT}-dirty", True, "source, changed without a commit"),
        (f"main@sha1:{COMMIT}", True, "source"),
        (f"main@sha1:{COMMIT}-dirty", False, "source"),
        ("made-by-hand-dirty", True, "source, changed without a commit"),
        ("made-by-hand", True, "source"),
    ],
)
def test_uncommitted_changes_are_recorded(revision: str, allowed: bool, name: str) -> None:
    facts = replace(FACTS, source=replace(FACTS.source, revision=revision), allow_dirty=allowed)
    definition = build_provenance(facts)["buildDefinition"]
    assert definition["resolvedDependencies"][0]["name"] == name
    assert definition["gitless_publish"].get("allowDirty", False) is allowed


def test_outside_git_no_commit_is_named() -> None:
    facts = replace(FACTS, source=Source("https://example.org/x", "v1", MOMENT))
    definition = build_provenance(facts)["buildDefinition"]
    assert definition["resolvedDependencies"] == []


def test_the_namespace_is_one() -> None:
    assert LOCAL_BUILDER.startswith(NAMESPACE)

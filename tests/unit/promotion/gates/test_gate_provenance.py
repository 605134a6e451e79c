"""The provenance gate: what the provenance says, and what the certificate says of the same job."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB
from tests.fakes.promotions import NOON, Weighed, digest, refusal, weighed

from gitless.model.media_types import PREDICATE_PROVENANCE
from gitless.model.revision import Source
from gitless.model.waiver import Waiver
from gitless.model.workload import Workload
from gitless.promotion.gates.determinism import DeterminismGate
from gitless.promotion.gates.facts import GateFacts
from gitless.promotion.gates.provenance import ProvenanceGate
from gitless.promotion.gates.secrets import SecretsGate
from gitless.provenance.facts import BuilderFact, BuildFacts, RenderFact, WaiverFact
from gitless.provenance.slsa import build_provenance

GATE = ProvenanceGate("acme/apps", "refs/heads/main")
RENDERS = (RenderFact("none"), RenderFact("helm", "staging", "chart", kubernetes="1.34"))
WAIVED = WaiverFact("plaintext-secret", "v1/Secret/web/ca", "public CA")


def made(job: Workload | None = GITHUB_JOB, revision: str = f"main@sha1:{COMMIT}", **changes: Any) -> dict[str, Any]:
    """The predicate that gitless writes for a job."""
    source = Source(job.source_uri if job else GITHUB_JOB.source_uri, revision, NOON, COMMIT)
    platform: Any = {GITHUB_JOB: "github", GITLAB_JOB: "gitlab", None: None}.get(job, "github")
    values: dict[str, Any] = {"builder": BuilderFact(platform, job), "renders": RENDERS, "channel": "latest", **changes}
    return build_provenance(BuildFacts("web", "web", source, "0.1.0", **values))


def facts(predicate: dict[str, Any], job: Workload | None = GITHUB_JOB, commit: str = COMMIT) -> GateFacts:
    evidence = (weighed(PREDICATE_PROVENANCE, predicate, workload=job),)
    return GateFacts(digest("one"), NOON, commit=commit, evidence=evidence)


@pytest.mark.parametrize("job", [GITHUB_JOB, GITLAB_JOB])
@pytest.mark.parametrize("keyless", [True, False])
def test_the_right_job_passes(job: Workload, keyless: bool) -> None:
    result = GATE.judge(facts(made(job), job if keyless else None))
    assert (result.verdict, result.skippable) == ("passed", False)
    assert result.reason == f"Built from {job.source_uri}, refs/heads/main, by {job.signer_uri}."


def test_a_job_without_a_verified_token_is_a_no() -> None:
    unverified = made(None, builder=BuilderFact(unverified={"repository": "acme/apps", "ref": "refs/heads/main"}))
    result = GATE.judge(facts(unverified, None))
    assert result.verdict == "failed"
    assert "without a verified token" in result.reason


GATES = {
    "whole-url": (ProvenanceGate("https://github.com/acme/apps", "refs/heads/main"), ""),
    "any-branch": (ProvenanceGate("acme/apps", "refs/heads/*"), ""),
    "workflow": (ProvenanceGate("acme/apps", "*", "*/.github/workflows/publish.yaml@refs/heads/main"), ""),
    "runner": (ProvenanceGate("acme/apps", "*", runners=("self-hosted", "github-hosted")), ""),
    "other-repository": (ProvenanceGate("acme/infra", "*"), "not from acme/infra"),
    "other-host": (ProvenanceGate("https://git.example/acme/apps", "*"), "not from https://git.example/acme/apps"),
    "part-of-a-name": (ProvenanceGate("apps", "*"), "not from apps"),
    "other-branch": (ProvenanceGate("acme/apps", "refs/heads/release"), "not from refs/heads/release"),
    "tag": (ProvenanceGate("acme/apps", "refs/tags/*"), "not from refs/tags/*"),
    "dots-are-dots": (ProvenanceGate("acme/apps", "refs/heads/ma.n"), "not from refs/heads/ma.n"),
    "other-workflow": (ProvenanceGate("acme/apps", "*", "*/evil.yaml@*"), "not by */evil.yaml@*"),
    "other-runner": (ProvenanceGate("acme/apps", "*", runners=("self-hosted",)), "github-hosted, not self-hosted"),
}


@pytest.mark.parametrize("name", GATES)
def test_policies(name: str) -> None:
    gate, fault = GATES[name]
    result = gate.judge(facts(made()))
    assert result.ok == (not fault), result.reason
    assert fault in result.reason


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(predicate: dict[str, Any]) -> None:
        inside: Any = predicate
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = to

    return change


EXTERNAL = ("buildDefinition", "externalParameters", "workflow")
LIES = {
    "repository": _set(*EXTERNAL, "repository", to="https://github.com/acme/other"),
    "ref": _set(*EXTERNAL, "ref", to="refs/heads/other"),
    "commit": _set("buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit", to="e" * 40),
    "builder": _set("runDetails", "builder", "id", to="https://github.com/acme/apps/.github/workflows/x.yaml@refs/x"),
    "runner": _set("buildDefinition", "internalParameters", "github", "runner_environment", to="self-hosted"),
}


@pytest.mark.parametrize("lie", LIES)
def test_provenance_that_contradicts_its_certificate_is_a_no(lie: str) -> None:
    predicate = copy.deepcopy(made())
    LIES[lie](predicate)
    result = ProvenanceGate("acme/*", "*").judge(facts(predicate))
    assert not result.ok
    assert f"says that its {lie} is" in result.reason


def test_a_certificate_that_says_nothing_is_a_no() -> None:
    silent = replace(GITHUB_JOB, source_uri="")
    assert "the certificate nothing" in refusal(GATE.judge(facts(made(), silent)))


def test_another_commit_than_the_artifacts_is_a_no() -> None:
    assert "the artifact names eeee" in refusal(GATE.judge(facts(made(), commit="e" * 40)))
    assert GATE.judge(facts(made(), commit="")).ok


HOSTILE = {
    "empty": {},
    "definition-is-text": {"buildDefinition": "x", "runDetails": "y"},
    "job-is-a-list": {"buildDefinition": {"externalParameters": {"workflow": []}}},
    "values-are-numbers": {
        "buildDefinition": {
            "externalParameters": {"workflow": {"ref": 1, "repository": 2}},
            "resolvedDependencies": [7],
        },
        "runDetails": {"builder": {"id": 3}},
    },
    "no-dependencies": {"buildDefinition": {"externalParameters": {"pipeline": {}}, "resolvedDependencies": []}},
    "dependencies-are-an-object": {
        "buildDefinition": {"externalParameters": {"workflow": {}}, "resolvedDependencies": {"0": {}}}
    },
}


@pytest.mark.parametrize("fault", HOSTILE)
@pytest.mark.parametrize("gate", [GATE, SecretsGate(), DeterminismGate()])
def test_hostile_predicates_are_a_no(fault: str, gate: Any) -> None:
    assert not gate.judge(facts(HOSTILE[fault])).ok


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(list(LIES)), json_values, st.sampled_from([GATE, SecretsGate(), DeterminismGate()]))
def test_no_value_makes_a_gate_crash(where: str, value: Any, gate: Any) -> None:
    predicate = copy.deepcopy(made())
    publish = predicate["buildDefinition"]["gitless_publish"]
    for key in ("waivers", "render", "revision", "allowDirty"):
        assert gate.judge(facts({**predicate, "buildDefinition": {**predicate["buildDefinition"],
                          "gitless_publish": {**publish, key: value}}})).reason  # fmt: skip
    predicate["buildDefinition"]["externalParameters"] = {"workflow": value}
    predicate["runDetails"] = value
    assert gate.judge(facts(predicate)).reason


def test_one_good_provenance_is_enough() -> None:
    bad = weighed(PREDICATE_PROVENANCE, {})
    good = weighed(PREDICATE_PROVENANCE, made(), workload=GITHUB_JOB)
    both = GateFacts(digest("one"), NOON, evidence=(bad, good))
    assert GATE.judge(both).ok
    assert SecretsGate().judge(both).ok
    assert DeterminismGate().judge(both).ok


def waivers(*listed: Waiver) -> Any:
    return SecretsGate(listed).judge(facts(made(waivers=(WAIVED,))))


def test_waivers_must_stand_in_the_policy() -> None:
    allowed = Waiver(WAIVED.rule, WAIVED.object, "public CA")
    assert waivers(allowed).reason == "Its content was checked for secrets, with 1 reviewed exceptions."
    assert "does not allow" in refusal(waivers())
    assert "does not allow" in refusal(waivers(replace(allowed, object="v1/Secret/web/other")))
    assert "has ended" in refusal(waivers(replace(allowed, until=date(2026, 11, 19))))
    assert waivers(replace(allowed, until=date(2026, 11, 20))).ok
    assert waivers(replace(allowed, until=date(2026, 11, 19)), allowed).ok


@pytest.mark.parametrize("listed", ["x", [1], [{"rule": "plaintext-secret"}], [{"rule": 1, "object": "x"}]])
def test_waivers_that_cannot_be_read_are_a_no(listed: Any) -> None:
    predicate = made()
    predicate["buildDefinition"]["gitless_publish"]["waivers"] = listed
    assert "cannot be read" in refusal(SecretsGate().judge(facts(predicate)))


def test_provenance_of_other_tools_shows_no_checks() -> None:
    foreign = {**made(), "buildDefinition": {"buildType": "https://actions.github.io/buildtypes/workflow/v1"}}
    for gate in (SecretsGate(), DeterminismGate()):
        assert refusal(gate.judge(facts(foreign))) == "No provenance of gitless says how it was made."
    assert not SecretsGate().judge(GateFacts(digest("one"), NOON, evidence=(Weighed(None),))).ok


DETERMINISM = {
    "clean": ({}, ""),
    "dirty": ({"revision": f"main@sha1:{COMMIT}-dirty"}, "uncommitted"),
    "dirty-allowed": ({"allowDirty": True}, "uncommitted"),
    "free-revision": ({"revision": "release 7"}, "names no commit"),
    "no-revision": ({"revision": None}, "names no commit"),
    "renders-are-text": ({"render": "helm"}, "does not say how"),
    "render-is-text": ({"render": ["helm"]}, "does not say how"),
    "no-kubernetes": ({"render": [{"kind": "helm"}]}, "Kubernetes version"),
    "not-rendered": ({"render": [{"kind": "none"}]}, ""),
    "no-renders": ({"render": []}, ""),
}


@pytest.mark.parametrize("name", DETERMINISM)
def test_determinism(name: str) -> None:
    changes, fault = DETERMINISM[name]
    predicate = made()
    predicate["buildDefinition"]["gitless_publish"].update(changes)
    result = DeterminismGate().judge(facts(predicate))
    assert result.ok == (not fault)
    assert fault in result.reason

"""Where a run's source and a verified job disagree, and where they only spell the same thing differently."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB

from gitless.model.agreement import annotation_contradictions, contradictions, provenance_contradictions
from gitless.model.canonical import canonical_json
from gitless.model.identity import Identity
from gitless.model.revision import Source
from gitless.model.workload import Workload
from gitless.provenance.facts import BuilderFact, BuildFacts
from gitless.provenance.slsa import build_provenance

SOURCE = Source(
    "https://github.com/acme/apps", f"main@sha1:{COMMIT}", datetime(2026, 11, 20, tzinfo=timezone.utc), COMMIT
)
OTHER = "3e" * 20


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/apps",
        "https://github.com/acme/apps.git",
        "https://github.com/acme/apps/",
        "https://GitHub.com/acme/apps.git/",
    ],
)
def test_spellings_of_one_repository_agree(url: str) -> None:
    assert contradictions(replace(SOURCE, url=url), GITHUB_JOB) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/app",
        "https://github.com/Acme/apps",
        "https://github.com/acme/apps.git.git",
        "https://github.com.evil.example/acme/apps",
        "http://github.com/acme/apps",
        "git@github.com:acme/apps.git",
        "https://github.com",
        "",
    ],
)
def test_another_repository_is_named(url: str) -> None:
    (found,) = contradictions(replace(SOURCE, url=url), GITHUB_JOB)
    assert found == f"The source is {url}, and the job runs for https://github.com/acme/apps."


@pytest.mark.parametrize("commit", [OTHER, COMMIT, None])
def test_another_commit_is_named_once(commit: str | None) -> None:
    (found,) = contradictions(replace(SOURCE, commit=commit, revision=f"main@sha1:{OTHER}"), GITHUB_JOB)
    assert found == f"The revision is main@sha1:{OTHER}, and the job runs for commit {COMMIT}."


def test_another_commit_behind_the_jobs_revision_is_named() -> None:
    (found,) = contradictions(replace(SOURCE, commit=OTHER), GITHUB_JOB)
    assert found == f"The commit is {OTHER}, and the job runs for {COMMIT}."


@pytest.mark.parametrize("revision", ["v1.2.3", f"main/{OTHER}", f"main@sha1:{COMMIT[:12]}", ""])
def test_a_revision_that_names_no_commit_is_refused(revision: str) -> None:
    (found,) = contradictions(replace(SOURCE, revision=revision), GITHUB_JOB)
    assert "is not of the form" in found


def test_uncommitted_changes_contradict_nothing() -> None:
    assert contradictions(replace(SOURCE, revision=f"{SOURCE.revision}-dirty"), GITHUB_JOB) == ()


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("main", "refs/heads/main"),
        ("v1", "refs/tags/v1"),
        ("pull/7/merge", "refs/pull/7/merge"),
        ("refs/heads/x", "refs/heads/refs/heads/x"),
        ("merge-requests/7/head", "refs/heads/feature"),
        ("odd", "odd"),
    ],
)
def test_one_ref_in_two_spellings_agrees(name: str, ref: str) -> None:
    source = replace(SOURCE, revision=f"{name}@sha1:{COMMIT}")
    assert contradictions(source, replace(GITHUB_JOB, source_ref=ref)) == ()


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("prod", "refs/heads/main"),
        ("heads/main", "refs/heads/main"),
        ("main", "refs/tags/v1"),
        ("merge-requests/7/head", "refs/tags/v1"),
    ],
)
def test_another_ref_is_named(name: str, ref: str) -> None:
    source = replace(SOURCE, revision=f"{name}@sha1:{COMMIT}")
    (found,) = contradictions(source, replace(GITHUB_JOB, source_ref=ref))
    assert found == f"The revision's branch or tag is {name}, and the job runs for {ref}."


def test_every_difference_is_named() -> None:
    assert len(contradictions(replace(SOURCE, commit=OTHER, revision=f"x@sha1:{'00' * 20}"), GITLAB_JOB)) == 4


def test_what_the_job_leaves_out_contradicts_nothing() -> None:
    assert contradictions(SOURCE, Workload(Identity("https://x.example", "y"))) == ()


@given(st.text(max_size=60), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_any_text_is_compared_and_none_agrees_by_accident(url: str, revision: str, commit: str | None) -> None:
    assert contradictions(Source(url, revision, SOURCE.created, commit), GITHUB_JOB)
    assert annotation_contradictions(url, revision, GITLAB_JOB)


def predicate(platform: Any, job: Workload) -> dict[str, Any]:
    """What is written for a job, as a reader of the JSON gets it."""
    source = Source(job.source_uri, f"main@sha1:{COMMIT}", SOURCE.created, COMMIT)
    facts = BuildFacts("web", "components/web", source, "0.1.0", builder=BuilderFact(platform, job))
    return dict(json.loads(canonical_json(build_provenance(facts))))


@pytest.mark.parametrize(("platform", "job"), [("github", GITHUB_JOB), ("gitlab", GITLAB_JOB)])
def test_what_is_written_agrees_with_the_jobs_certificate(platform: str, job: Workload) -> None:
    assert provenance_contradictions(predicate(platform, job), job) == ()


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"signer_uri": "https://github.com/acme/shared/.github/workflows/x.yaml@refs/heads/main"}, "builder.id"),
        ({"invocation": "https://github.com/acme/apps/actions/runs/1/attempts/1"}, "invocationId"),
        ({"trigger": "pull_request"}, "internalParameters"),
        ({"runner": "self-hosted"}, "internalParameters"),
        ({"source_id": "1"}, "internalParameters"),
        ({"owner_id": "1"}, "internalParameters"),
        ({"config_uri": "https://github.com/acme/apps/.github/workflows/x.yaml@refs/heads/main"}, "externalParameters"),
        ({"source_digest": OTHER}, "resolvedDependencies[0]"),
        ({"source_ref": "refs/heads/other"}, "externalParameters"),
        ({"source_uri": "https://github.com/acme/other"}, "externalParameters"),
        ({"trigger": ""}, "The verified job is incomplete. Missing: trigger."),
    ],
)
def test_provenance_of_another_job_is_named(changed: dict[str, str], found: str) -> None:
    names = provenance_contradictions(predicate("github", GITHUB_JOB), replace(GITHUB_JOB, **changed))
    assert any(name.endswith(found) for name in names)


@pytest.mark.parametrize(
    ("steps", "value", "found"),
    [
        (("buildDefinition", "buildType"), "https://gitless.dev/buildtypes/publish/v1", ["buildDefinition.buildType"]),
        (("buildDefinition", "buildType"), ["x"], ["buildDefinition.buildType"]),
        (("buildDefinition", "externalParameters", "inputs"), {}, ["buildDefinition.externalParameters"]),
        (("buildDefinition", "internalParameters"), [], ["buildDefinition.internalParameters"]),
        (("buildDefinition", "resolvedDependencies"), [], ["buildDefinition.resolvedDependencies[0]"]),
        (("buildDefinition", "resolvedDependencies"), ["x"], ["buildDefinition.resolvedDependencies[0]"]),
        (("buildDefinition", "resolvedDependencies"), {}, ["buildDefinition.resolvedDependencies[0]"]),
        (("runDetails", "builder"), "x", ["runDetails.builder.id"]),
        (("runDetails", "metadata"), None, ["runDetails.metadata.invocationId"]),
        (
            ("buildDefinition", "gitless_publish", "source"),
            ["x"],
            ["The source is , and the job runs for https://github.com/acme/apps."],
        ),
        (
            ("buildDefinition", "gitless_publish", "revision"),
            f"prod@sha1:{COMMIT}",
            ["The revision's branch or tag is prod, and the job runs for refs/heads/main."],
        ),
    ],
)
def test_a_field_that_was_changed_is_named(steps: tuple[str, ...], value: Any, found: list[str]) -> None:
    document = predicate("github", GITHUB_JOB)
    place = document
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    assert list(provenance_contradictions(document, GITHUB_JOB)) == found


def test_the_name_of_uncommitted_changes_contradicts_nothing() -> None:
    document = predicate("github", GITHUB_JOB)
    document["buildDefinition"]["resolvedDependencies"][0]["name"] = "source, changed without a commit"
    assert provenance_contradictions(document, GITHUB_JOB) == ()


KEYS = ["buildDefinition", "buildType", "resolvedDependencies", "gitless_publish", "runDetails", "builder", "id"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_a_predicate_of_any_shape_is_judged(document: dict[str, Any]) -> None:
    assert provenance_contradictions(document, GITHUB_JOB)


def test_what_an_artifact_says_is_cut_before_it_is_shown() -> None:
    assert all(len(text) < 400 for text in annotation_contradictions("x" * 9000, "y" * 9000, GITHUB_JOB))

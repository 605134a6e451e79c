"""Where a run's source and a verified job disagree, and where they only spell the same thing differently."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB

from gitless.model.identity import Identity
from gitless.model.revision import Source
from gitless.model.workload import Workload
from gitless.provenance.agreement import contradictions

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


def test_another_commit_is_named_once() -> None:
    there = replace(SOURCE, commit=OTHER, revision=f"main@sha1:{OTHER}")
    assert contradictions(there, GITHUB_JOB) == (f"The commit is {OTHER}, and the job runs for {COMMIT}.",)


@pytest.mark.parametrize("commit", [COMMIT, None])
def test_a_revision_with_another_commit_is_named(commit: str | None) -> None:
    (found,) = contradictions(replace(SOURCE, commit=commit, revision=f"main@sha1:{OTHER}"), GITHUB_JOB)
    assert found == f"The revision is main@sha1:{OTHER}, and the job runs for commit {COMMIT}."


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
    found = contradictions(Source(url, revision, SOURCE.created, commit), GITHUB_JOB)
    assert found
    assert all(isinstance(text, str) for text in found)

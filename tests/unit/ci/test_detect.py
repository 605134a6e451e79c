from __future__ import annotations

import pytest

from gitless.ci.detect import detect
from gitless.errors import UsageError

SHA = "a" * 40
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/apps",
    "GITHUB_REPOSITORY_ID": "42",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/feature/x",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_ACTOR": "author",
    "GITHUB_TRIGGERING_ACTOR": "again",
    "GITHUB_WORKFLOW_REF": "acme/apps/.github/workflows/push.yaml@refs/heads/main",
    "RUNNER_ENVIRONMENT": "github-hosted",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "acme/team/apps",
    "CI_PROJECT_ID": "9",
    "CI_PROJECT_URL": "https://gitlab.example/acme/team/apps",
    "CI_REPOSITORY_URL": "https://gitlab-ci-token:secret@gitlab.example/acme/team/apps.git",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PIPELINE_ID": "5",
    "CI_PIPELINE_SOURCE": "push",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_BRANCH": "main",
    "GITLAB_USER_LOGIN": "someone",
}


def test_outside_of_ci_there_is_no_run() -> None:
    assert detect({}) is None
    assert detect({"GITHUB_ACTIONS": "false", "GITLAB_CI": "false"}) is None


def test_github_run() -> None:
    run = detect(GITHUB)
    assert run is not None
    assert (run.platform, run.repository_url, run.ref_kind, run.ref_name) == (
        "github", "https://github.com/acme/apps", "branch", "feature/x",
    )  # fmt: skip
    assert run.run_url == "https://github.com/acme/apps/actions/runs/7/attempts/2"
    assert (run.actor, run.requester, run.runner) == ("author", "again", "hosted")


@pytest.mark.parametrize(
    ("ref", "kind", "name"),
    [("refs/tags/v1.2.3", "tag", "v1.2.3"), ("refs/pull/7/merge", "change", "pull/7/merge")],
)
def test_github_kinds_of_refs(ref: str, kind: str, name: str) -> None:
    run = detect({**GITHUB, "GITHUB_REF": ref})
    assert run is not None
    assert (run.ref_kind, run.ref_name) == (kind, name)


@pytest.mark.parametrize(("text", "kind"), [("self-hosted", "self-hosted"), ("", "unknown"), ("x", "unknown")])
def test_github_runners(text: str, kind: str) -> None:
    run = detect({**GITHUB, "RUNNER_ENVIRONMENT": text})
    assert run is not None
    assert run.runner == kind


def test_gitlab_run_never_shows_the_url_with_the_token() -> None:
    run = detect(GITLAB)
    assert run is not None
    assert (run.repository_url, run.ref, run.api_url) == (
        "https://gitlab.example/acme/team/apps", "refs/heads/main", "https://gitlab.example/api/v4",
    )  # fmt: skip
    assert run.run_url == "https://gitlab.example/acme/team/apps/-/pipelines/5"
    assert "secret" not in repr(run)


def test_gitlab_tag_and_merge_request() -> None:
    tag = detect({**GITLAB, "CI_COMMIT_TAG": "v1", "CI_JOB_URL": "https://gitlab.example/j/1"})
    assert tag is not None
    assert (tag.ref, tag.ref_kind, tag.run_url) == ("refs/tags/v1", "tag", "https://gitlab.example/j/1")
    change = {**GITLAB, "CI_COMMIT_BRANCH": "", "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/1/head"}
    run = detect(change)
    assert run is not None
    assert run.ref_kind == "change"


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (GITHUB, "GITHUB_REPOSITORY", ""),
        (GITHUB, "GITHUB_REPOSITORY", "acme/apps\n::set-output"),
        (GITHUB, "GITHUB_REPOSITORY", "../../x"),
        (GITHUB, "GITHUB_SHA", "HEAD"),
        (GITHUB, "GITHUB_REF", "main"),
        (GITHUB, "GITHUB_REF", "refs/heads/a b"),
        (GITHUB, "GITHUB_SERVER_URL", "https://user:pw@github.com"),
        (GITHUB, "GITHUB_ACTOR", "a\x1b[31mb"),
        (GITLAB, "CI_PROJECT_ID", "1;2"),
        (GITLAB, "CI_COMMIT_BRANCH", "a\nb"),
        (GITLAB, "CI_COMMIT_BRANCH", "a b"),
        (GITLAB, "CI_COMMIT_BRANCH", ""),
        (GITLAB, "CI_PIPELINE_ID", ""),
    ],
)
def test_a_broken_environment_is_refused_without_its_value(base: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        detect({**base, name: value})
    assert name in str(caught.value) or "CI_MERGE_REQUEST_REF_PATH" in str(caught.value)
    assert len(value) < 5 or value not in str(caught.value)

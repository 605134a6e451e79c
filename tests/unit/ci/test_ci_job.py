"""What the environment says about a job and its right to a token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitless.ci.job import describe_job
from gitless.errors import UsageError
from gitless.identity.preflight import Job

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_EVENT_NAME": "push",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://runtime.example/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "canary",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_SERVER_URL": "https://gitlab.com",
    "CI_PIPELINE_SOURCE": "push",
    "SIGSTORE_ID_TOKEN": "canary",
}


def job(env: dict[str, str], audience: str = "sigstore") -> Job:
    found = describe_job(env, audience)
    assert found is not None
    assert "canary" not in repr(found)
    return found


def test_elsewhere_there_is_no_job() -> None:
    assert describe_job({}, "sigstore") is None
    assert describe_job({"GITLAB_CI": "false", "GITHUB_ACTIONS": "1"}, "sigstore") is None


def test_a_job_on_github() -> None:
    assert job(GITHUB) == Job("github", "https://github.com", "push", is_fork=False, has_token=True)
    assert job({"GITHUB_ACTIONS": "true"}) == Job("github", "https://github.com", "", is_fork=False, has_token=False)
    assert not job({**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}).has_token
    assert not job({**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": ""}).has_token
    assert job({**GITHUB, "GITHUB_SERVER_URL": "https://acme.ghe.com/"}).server == "https://acme.ghe.com"


def test_a_job_on_gitlab() -> None:
    assert job(GITLAB) == Job("gitlab", "https://gitlab.com", "push", is_fork=False, has_token=True)
    assert not job({"GITLAB_CI": "true"}).has_token
    assert job({**GITLAB, "CI_SERVER_URL": "https://git.acme.example/below"}).server == "https://git.acme.example/below"


@pytest.mark.parametrize(
    ("more", "audience", "variable"),
    [
        ({}, "sigstore", "SIGSTORE_ID_TOKEN"),
        ({}, "https://sigstore.corp.example", "SIGSTORE_ID_TOKEN"),
        ({"HTTPS___SIGSTORE_CORP_EXAMPLE_ID_TOKEN": "x"}, "https://sigstore.corp.example", "HTTPS___SIGSTORE_CORP_EXAMPLE_ID_TOKEN"),
        ({"SIGSTORE_ID_TOKEN": "", "OWN_ID_TOKEN": "x"}, "own", "OWN_ID_TOKEN"),
        ({"SIGSTORE_ID_TOKEN": ""}, "own-2", "OWN_2_ID_TOKEN"),
    ],
)  # fmt: skip
def test_gitlabs_variable_is_named_after_the_audience(more: dict[str, str], audience: str, variable: str) -> None:
    assert job({**GITLAB, **more}, audience).variable == variable


@pytest.mark.parametrize(("source", "is_fork"), [("9", False), ("10", True), ("", False)])
def test_a_merge_request_from_a_fork(source: str, is_fork: bool) -> None:
    more = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source, "CI_MERGE_REQUEST_PROJECT_ID": "9"}
    assert job({**GITLAB, **more}).is_fork is is_fork


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
@pytest.mark.parametrize(
    ("head", "is_fork"), [({"repo": {"id": 1}}, False), ({"repo": {"id": 2}}, True), ({"repo": None}, True), ({}, True)]
)
def test_a_pull_request_from_a_fork(tmp_path: Path, name: str, head: Any, is_fork: bool) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": head, "base": {"repo": {"id": 1}}}}))
    env = {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(event)}
    assert job(env).is_fork is is_fork
    assert not job({**env, "GITHUB_EVENT_NAME": "push"}).is_fork


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"pull_request": 7}'])
def test_an_event_that_says_nothing_is_no_fork(tmp_path: Path, content: bytes) -> None:
    event = tmp_path / "event.json"
    event.write_bytes(content)
    env = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    assert not job(env).is_fork
    assert not job({**env, "GITHUB_EVENT_PATH": str(tmp_path / "missing.json")}).is_fork


@pytest.mark.parametrize(
    "address", ["http://git.acme.example", "https://u:canary@git.acme.example", "git.acme.example", "https://a b"]
)
def test_a_server_that_is_no_address_is_refused(address: str) -> None:
    for env, name in ((GITHUB, "GITHUB_SERVER_URL"), (GITLAB, "CI_SERVER_URL")):
        with pytest.raises(UsageError, match=name) as caught:
            describe_job({**env, name: address}, "sigstore")
        assert "canary" not in str(caught.value)


def test_an_event_of_odd_form_is_not_repeated() -> None:
    assert job({**GITHUB, "GITHUB_EVENT_NAME": "push\n::x"}).event == ""

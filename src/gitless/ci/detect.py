"""Reads which CI run this is from the environment; every value is a claim, checked for form and nothing more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from gitless.errors import UsageError
from gitless.model.run import CiRun

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+){1,20}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_REF = re.compile(r"refs/[^\s\x00-\x1f\x7f~^:?*\[\\]{1,255}")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}(/[A-Za-z0-9._~%+/-]{0,1024})?")
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,1024}")


def detect(env: Mapping[str, str]) -> CiRun | None:
    """Describe the CI run of this environment.

    Returns:
        None outside of GitHub Actions and GitLab CI.

    Raises:
        UsageError: It says that it is one of them, but a variable is missing or malformed.
    """
    if env.get("GITHUB_ACTIONS") == "true":
        return _github(_Variables(env, "GitHub Actions"))
    if env.get("GITLAB_CI") == "true":
        return _gitlab(_Variables(env, "GitLab CI"))
    return None


class _Variables:
    """Reads variables by name and form; an error names the variable and not its value."""

    def __init__(self, env: Mapping[str, str], platform: str) -> None:
        self._env = env
        self._platform = platform

    def must(self, name: str, form: re.Pattern[str]) -> str:
        value = self._env.get(name, "")
        if not form.fullmatch(value) or not value:
            state = "malformed" if value else "missing"
            raise UsageError(
                f"The environment says {self._platform}, but {name} is {state}.",
                why="The source and its revision are taken from the CI's own variables.",
                hint=f"Pass {name} on to the step, or unset the CI variables and give --source and --revision.",
            )
        return value

    def may(self, name: str, form: re.Pattern[str] = _TEXT) -> str:
        return self.must(name, form) if self._env.get(name) else ""


def _github(read: _Variables) -> CiRun:
    repository, server = read.must("GITHUB_REPOSITORY", _PATH), read.must("GITHUB_SERVER_URL", _URL)
    url, run_id = f"{server.rstrip('/')}/{repository}", read.must("GITHUB_RUN_ID", _NUMBER)
    ref, actor = read.must("GITHUB_REF", _REF), read.may("GITHUB_ACTOR")
    attempt = read.may("GITHUB_RUN_ATTEMPT", _NUMBER) or "1"
    return CiRun(
        platform="github",
        repository=repository,
        repository_id=read.may("GITHUB_REPOSITORY_ID", _NUMBER),
        repository_url=url,
        api_url=read.may("GITHUB_API_URL", _URL) or "https://api.github.com",
        commit=read.must("GITHUB_SHA", _COMMIT),
        ref=ref,
        ref_kind=_kind(ref),
        event=read.may("GITHUB_EVENT_NAME"),
        run_url=f"{url}/actions/runs/{run_id}/attempts/{attempt}",
        run_id=run_id,
        actor=actor,
        requester=read.may("GITHUB_TRIGGERING_ACTOR") or actor,
        runner=_github_runner(read.may("RUNNER_ENVIRONMENT")),
        workflow_ref=read.may("GITHUB_WORKFLOW_REF"),
        workflow_commit=read.may("GITHUB_WORKFLOW_SHA", _COMMIT),
    )


def _gitlab(read: _Variables) -> CiRun:
    user, url = read.may("GITLAB_USER_LOGIN"), read.must("CI_PROJECT_URL", _URL)
    ref = _gitlab_ref(read)
    return CiRun(
        platform="gitlab",
        repository=read.must("CI_PROJECT_PATH", _PATH),
        repository_id=read.must("CI_PROJECT_ID", _NUMBER),
        # never CI_REPOSITORY_URL: it carries the job token
        repository_url=url,
        api_url=read.must("CI_API_V4_URL", _URL),
        commit=read.must("CI_COMMIT_SHA", _COMMIT),
        ref=ref,
        ref_kind=_kind(ref),
        event=read.may("CI_PIPELINE_SOURCE"),
        run_url=read.may("CI_JOB_URL", _URL) or f"{url}/-/pipelines/{read.must('CI_PIPELINE_ID', _NUMBER)}",
        run_id=read.must("CI_PIPELINE_ID", _NUMBER),
        actor=user,
        requester=user,
        runner="unknown",
        workflow_ref=read.may("CI_CONFIG_PATH"),
        workflow_commit="",
    )


def _gitlab_ref(read: _Variables) -> str:
    # names as they are; _REF refuses what git refuses
    for name, prefix in (("CI_COMMIT_TAG", "refs/tags/"), ("CI_COMMIT_BRANCH", "refs/heads/")):
        value = read.may(name)
        if value:
            return _ref(prefix + value, name)
    return _ref(read.must("CI_MERGE_REQUEST_REF_PATH", _REF), "CI_MERGE_REQUEST_REF_PATH")


def _ref(text: str, name: str) -> str:
    return _Variables({name: text}, "GitLab CI").must(name, _REF)


def _kind(ref: str) -> Literal["branch", "tag", "change"]:
    if ref.startswith("refs/tags/"):
        return "tag"
    return "branch" if ref.startswith("refs/heads/") else "change"


def _github_runner(text: str) -> Literal["hosted", "self-hosted", "unknown"]:
    if text == "github-hosted":
        return "hosted"
    return "self-hosted" if text == "self-hosted" else "unknown"

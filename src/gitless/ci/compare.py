"""Asks the platform's API whether one commit descends from another: the answer a shallow clone cannot give."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import requests

from gitless.errors import UsageError
from gitless.model.run import CiRun
from gitless.model.secret import Secret

TIMEOUT_SECONDS = 15.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GITHUB_ANSWERS = {"ahead": True, "identical": True, "behind": False, "diverged": False}


class Comparer(Protocol):
    """Answers one question about two commits."""

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether `older` is `newer` or its ancestor; None where the platform gives no usable answer."""
        ...


class GitHubComparer:
    """`GET /repos/{owner}/{repo}/compare/{base}...{head}` of GitHub's REST API.

    Args:
        api_url: GITHUB_API_URL; the token is sent to this host only.
        repository: `owner/name`.
        token: GITHUB_TOKEN with `contents: read`.
        proxies: Proxy per scheme, as requests takes them; the environment is not read.
    """

    def __init__(self, api_url: str, repository: str, token: Secret, proxies: Mapping[str, str] | None = None) -> None:
        self._base = f"{_api(api_url)}/repos/{quote(repository)}"
        self._client = _Client("Authorization", Secret(f"Bearer {token.reveal()}"), proxies)

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """As `Comparer`; the second page carries no file list, so the answer stays small."""
        url = f"{self._base}/compare/{_checked(older)}...{_checked(newer)}"
        answer = self._client.get(url, {"per_page": "1", "page": "2"})
        status = answer.get("status") if answer else None
        return _GITHUB_ANSWERS.get(status) if isinstance(status, str) else None


class GitLabComparer:
    """`GET /projects/:id/repository/merge_base` of GitLab's API.

    Args:
        api_url: CI_API_V4_URL; the token is sent to this host only.
        project: Project id or path.
        token: A token that may read the repository; the job token where the instance allows it.
        header: `JOB-TOKEN` or `PRIVATE-TOKEN`.
        proxies: Proxy per scheme, as requests takes them; the environment is not read.
    """

    def __init__(
        self,
        api_url: str,
        project: str,
        token: Secret,
        header: str = "JOB-TOKEN",
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        self._base = f"{_api(api_url)}/projects/{quote(project, safe='')}"
        self._client = _Client(header, token, proxies)

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """As `Comparer`: an ancestor is its own merge base with its descendants."""
        query = {"refs[]": [_checked(older), _checked(newer)]}
        answer = self._client.get(f"{self._base}/repository/merge_base", query)
        base = answer.get("id") if answer else None
        return base == older if isinstance(base, str) and _COMMIT.fullmatch(base) else None


def comparer_for(run: CiRun, env: Mapping[str, str], proxies: Mapping[str, str] | None = None) -> Comparer | None:
    """The comparer of the platform this run is on; None where the job has no token for it.

    Args:
        run: The run, as detected.
        env: The environment: GITHUB_TOKEN or CI_JOB_TOKEN.
        proxies: Proxy per scheme.
    """
    if run.platform == "github" and env.get("GITHUB_TOKEN"):
        return GitHubComparer(run.api_url, run.repository, Secret(env["GITHUB_TOKEN"]), proxies)
    if run.platform == "gitlab" and env.get("CI_JOB_TOKEN"):
        return GitLabComparer(run.api_url, run.repository_id, Secret(env["CI_JOB_TOKEN"]), proxies=proxies)
    return None


class _Client:
    def __init__(self, header: str, value: Secret, proxies: Mapping[str, str] | None) -> None:
        self._header, self._value, self._proxies = header, value, dict(proxies or {})

    def get(self, url: str, query: Mapping[str, Any]) -> dict[str, Any] | None:
        """One request; None for every answer but a JSON object with status 200."""
        with requests.Session() as session:
            # no .netrc, no proxy from the environment, no redirect: the token goes to the host it is for
            session.trust_env = False
            session.proxies.update(self._proxies)
            headers = {self._header: self._value.reveal(), "Accept": "application/json"}
            try:
                with session.get(
                    url, params=query, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
                ) as response:
                    return _read(response) if response.status_code == 200 else None
            except (requests.RequestException, ValueError, RecursionError):
                return None


def _read(response: requests.Response) -> dict[str, Any] | None:
    content = b""
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            return None
    value = json.loads(content)
    return value if isinstance(value, dict) else None


def _api(url: str) -> str:
    parts = urlsplit(url)
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.username or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
        raise UsageError(
            "The platform's API address cannot be used.",
            why="It is not https.",
            hint="Check GITHUB_API_URL or CI_API_V4_URL.",
        )
    return url.rstrip("/")


def _checked(commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"Not a full commit id: {commit[:80]!r}")
    return commit

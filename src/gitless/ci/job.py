"""Reads what decides whether this job may have an identity token; every value is a claim of the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitless.errors import UsageError
from gitless.identity.preflight import Job
from gitless.model.issuers import GITHUB_SERVER, GITLAB_SERVER, github_issuer
from gitless.model.web import check_web_address

AUDIENCE = "sigstore"
REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105  # a variable's name
GITLAB_VARIABLE = "SIGSTORE_ID_TOKEN"
MAX_EVENT_BYTES = 32 * 1024 * 1024  # the webhook's own limit is 25 MB
_TEXT = re.compile(r"[a-z_]{0,64}")


def describe_job(env: Mapping[str, str], audience: str) -> Job | None:
    """Describe the job of this environment; None outside of GitHub Actions and GitLab CI.

    Args:
        env: The environment.
        audience: Whom the token is for; GitLab's variable is named after it (as cosign and sigstore name it).

    Raises:
        UsageError: The server's address is malformed.
    """
    if env.get("GITHUB_ACTIONS") == "true":
        return Job(
            platform="github",
            server=_server(env, "GITHUB_SERVER_URL", GITHUB_SERVER),
            event=_event(env, "GITHUB_EVENT_NAME"),
            is_fork=_is_github_fork(env),
            has_token=bool(env.get(REQUEST_URL) and env.get(REQUEST_TOKEN)),
            audience=audience,
        )
    if env.get("GITLAB_CI") == "true":
        source, target = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), env.get("CI_MERGE_REQUEST_PROJECT_ID")
        variable = _variable(env, audience)
        return Job(
            platform="gitlab",
            server=_server(env, "CI_SERVER_URL", GITLAB_SERVER),
            event=_event(env, "CI_PIPELINE_SOURCE"),
            is_fork=bool(source and target and source != target),
            has_token=bool(env.get(variable)),
            variable=variable,
            audience=audience,
        )
    return None


def issuer_of(job: Job, server: str | None, issuer: str | None) -> str:
    """Who issues the job's tokens.

    Args:
        job: The job.
        server: Web address of the platform's server as configured; None for the one the environment names.
        issuer: The configured issuer; None for the one that belongs to the server.
    """
    at = server or job.server
    return issuer or (github_issuer(at) if job.platform == "github" else at)


def _variable(env: Mapping[str, str], audience: str) -> str:
    named = re.sub(r"[^A-Z0-9_]", "_", audience.upper()) + "_ID_TOKEN"
    return GITLAB_VARIABLE if env.get(GITLAB_VARIABLE) and not env.get(named) else named


def _server(env: Mapping[str, str], name: str, usual: str) -> str:
    try:
        return check_web_address((env.get(name) or usual).rstrip("/"))
    except ValueError as error:
        raise UsageError(f"{name} {error}.") from error


def _event(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    return value if _TEXT.fullmatch(value) else ""


def _is_github_fork(env: Mapping[str, str]) -> bool:
    """Whether the event is about a pull request whose head is in another repository."""
    path = env.get("GITHUB_EVENT_PATH")
    if not path or not env.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return False
    try:
        with Path(path).open("rb") as stream:
            event = json.loads(stream.read(MAX_EVENT_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return bool(_repository(event, "head") != _repository(event, "base"))


def _repository(event: Any, side: str) -> Any:
    for name in ("pull_request", side, "repo", "id"):
        event = event.get(name) if isinstance(event, dict) else None
    return event

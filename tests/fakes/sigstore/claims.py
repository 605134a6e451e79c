"""The claims of GitHub's and GitLab's job tokens, as the platforms write them, and a job's variables to match.

Every claim can be given by name; None leaves it out. What follows from others (`sub`, `workflow_ref` …) follows from
what was given, unless it is given too.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

Claims = dict[str, str | int]

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
SELF_MANAGED = "https://gitlab.acme.example"
"""A GitLab of someone's own."""
LIFETIME_SECONDS = {GITHUB: 300, GITLAB: 3600}
SHA = "1f" * 20
_VARIABLES = [
    "actor",
    "base_ref",
    "event_name",
    "head_ref",
    "ref",
    "ref_type",
    "repository",
    "repository_id",
    "repository_owner",
    "run_attempt",
    "run_id",
    "run_number",
    "sha",
    "workflow",
    "workflow_ref",
    "workflow_sha",
]
_WORKFLOW = ".github/workflows/push-artifact.yaml"


def github_claims(**given: str | int | None) -> Claims:
    """What GitHub says about a push to main of acme/d2-apps, unless told otherwise.

    Args:
        given: Claims by name; also `path`, the workflow's file in the repository, for `workflow_ref` and all that
            follows from it.
    """
    path = given.pop("path", None) or _WORKFLOW
    base: dict[str, str | int | None] = {
        "actor": "alice",
        "actor_id": "1001",
        "base_ref": "",
        "event_name": "push",
        "head_ref": "",
        "ref": "refs/heads/main",
        "ref_protected": "true",
        "repository": "acme/d2-apps",
        "repository_id": "700001",
        "repository_owner_id": "500001",
        "repository_visibility": "public",
        "run_attempt": "1",
        "run_id": "9000000001",
        "run_number": "42",
        "runner_environment": "github-hosted",
        "sha": SHA,
        "workflow": "push-artifact",
        **_shared(GITHUB, given),
        **given,
    }
    repository, ref = base["repository"], str(base["ref"])
    base = {
        "repository_owner": str(repository).split("/")[0],
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "workflow_ref": f"{repository}/{path}@{ref}",
        "workflow_sha": base["sha"],
        "sub": f"repo:{repository}:{_github_context(base)}",
        **base,
    }
    base = {"job_workflow_ref": base["workflow_ref"], "job_workflow_sha": base["workflow_sha"], **base}
    return _written(base)


def gitlab_claims(**given: str | int | None) -> Claims:
    """What GitLab says about a push to main of acme/d2-apps, unless told otherwise.

    Args:
        given: Claims by name; also `config`, the configuration's path in the project, for `ci_config_ref_uri`.
    """
    config = given.pop("config", None) or ".gitlab-ci.yml"
    base: dict[str, str | int | None] = {
        "job_id": "8000000001",
        "namespace_id": "500002",
        "pipeline_id": "7000000001",
        "pipeline_source": "push",
        "project_id": "700002",
        "project_path": "acme/d2-apps",
        "project_visibility": "public",
        "ref": "main",
        "ref_protected": "true",
        "ref_type": "branch",
        "runner_environment": "gitlab-hosted",
        "runner_id": 12270807,
        "sha": SHA,
        "user_access_level": "maintainer",
        "user_email": "alice@acme.example",
        "user_id": "1001",
        "user_login": "alice",
        **_shared(GITLAB, given),
        **given,
    }
    project, kind, ref = str(base["project_path"]), base["ref_type"], base["ref"]
    ref_path = f"refs/{'heads' if kind == 'branch' else 'tags'}/{ref}"
    base = {"ref_path": ref_path, **base}
    server = str(base["iss"]).removeprefix("https://")
    base = {
        "namespace_path": project.rpartition("/")[0],
        "ci_config_ref_uri": f"{server}/{project}//{config}@{base['ref_path']}",
        "ci_config_sha": base["sha"],
        "sub": f"project_path:{project}:ref_type:{kind}:ref:{ref}",
        **base,
    }
    return _written(base)


def github_variables(claims: Mapping[str, str | int]) -> dict[str, str]:
    """The variables that a GitHub job with these claims has, the token's endpoint left out."""
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_REF_NAME": str(claims["ref"]).split("/", 2)[-1],
        "GITHUB_TRIGGERING_ACTOR": str(claims["actor"]),
        "RUNNER_ENVIRONMENT": str(claims["runner_environment"]),
        **{f"GITHUB_{name.upper()}": str(claims[name]) for name in _VARIABLES if name in claims},
    }


def gitlab_variables(claims: Mapping[str, str | int]) -> dict[str, str]:
    """The variables that a GitLab job with these claims has, the token left out."""
    server, project = claims["iss"], claims["project_path"]
    kind = "CI_COMMIT_TAG" if claims["ref_type"] == "tag" else "CI_COMMIT_BRANCH"
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_SERVER_URL": str(server),
        "CI_SERVER_HOST": str(server).removeprefix("https://"),
        "CI_API_V4_URL": f"{server}/api/v4",
        "CI_PROJECT_URL": f"{server}/{project}",
        "CI_PROJECT_PATH": str(project),
        "CI_PROJECT_ID": str(claims["project_id"]),
        "CI_COMMIT_SHA": str(claims["sha"]),
        "CI_COMMIT_REF_NAME": str(claims["ref"]),
        kind: str(claims["ref"]),
        "CI_CONFIG_PATH": str(claims.get("ci_config_ref_uri", "//.gitlab-ci.yml@")).split("//")[-1].split("@")[0],
        "CI_PIPELINE_ID": str(claims["pipeline_id"]),
        "CI_PIPELINE_SOURCE": str(claims["pipeline_source"]),
        "CI_JOB_ID": str(claims["job_id"]),
        "CI_JOB_URL": f"{server}/{project}/-/jobs/{claims['job_id']}",
        "GITLAB_USER_LOGIN": str(claims["user_login"]),
    }


def _shared(issuer: str, given: Mapping[str, str | int | None]) -> dict[str, str | int]:
    issued = int(given.get("iat") or time.time())
    return {
        "iss": issuer,
        "aud": "sigstore",
        "jti": secrets.token_hex(16),
        "iat": issued,
        "nbf": issued - 5,
        "exp": issued + LIFETIME_SECONDS[issuer],
    }


def _github_context(claims: Mapping[str, str | int | None]) -> str:
    if claims.get("environment"):
        return f"environment:{claims['environment']}"
    return "pull_request" if claims["event_name"] == "pull_request" else f"ref:{claims['ref']}"


def _written(claims: Mapping[str, str | int | None]) -> Claims:
    return {name: value for name, value in sorted(claims.items()) if value is not None}

"""The lines of gitless.yaml that would trust a given job."""

from __future__ import annotations

from typing import Any, Literal

import yaml

from gitless.model.issuers import GITHUB_SERVER, GITLAB_SERVER, github_issuer
from gitless.model.workload import Workload

_FOLDER = "/.github/workflows/"


def configuration_lines(workload: Workload, platform: Literal["github", "gitlab"], role: str) -> str:
    """The section `identities` for exactly this job, as YAML without a final line feed.

    Args:
        workload: The job, from its verified token.
        platform: Its platform.
        role: `publish` or `promote`.
    """
    entry = _github(workload) if platform == "github" else _gitlab(workload)
    document = {"identities": {role: {platform: entry}}}
    return yaml.safe_dump(document, sort_keys=False, width=10_000, allow_unicode=False).rstrip("\n")


def _github(workload: Workload) -> dict[str, Any]:
    path, _, ref = workload.identity.subject.partition("@")
    signer, _, file = path.partition(_FOLDER)
    server, repository = _split(workload.source_uri, 2)
    workflow = file if signer == workload.source_uri else f"{_split(signer, 2)[1]}{_FOLDER}{file}"
    entry = {"repository": repository, "workflow": workflow, "ref": ref}
    return entry | _elsewhere(server, GITHUB_SERVER, workload.identity.issuer, github_issuer(server))


def _gitlab(workload: Workload) -> dict[str, Any]:
    path, _, ref = workload.identity.subject.partition("@")
    # a project has any number of groups; only the issuer tells where the server's address ends
    server = workload.identity.issuer
    entry = {
        "project": workload.source_uri.removeprefix(f"{server}/"),
        "config": path.partition("://")[2].partition("//")[2],
        "ref": ref,
    }
    return entry | _elsewhere(server, GITLAB_SERVER, server, server)


def _split(url: str, count: int) -> tuple[str, str]:
    parts = url.rsplit("/", count)
    return parts[0], "/".join(parts[1:])


def _elsewhere(server: str, usual: str, issuer: str, usual_issuer: str) -> dict[str, str]:
    found = {} if server == usual else {"server": server}
    return found if issuer == usual_issuer else {**found, "issuer": issuer}

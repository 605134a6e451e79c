"""Whether this job may comment on the change it runs for: what can be told without writing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitless.ci.answers import GapError, Question
from gitless.errors import RemoteError
from gitless.model.checkup import Seen
from gitless.model.run import CiRun
from gitless.model.secret import Secret

_NUMBER = re.compile(r"refs/pull/([0-9]{1,12})/")
_UNTOLD = "Whether it may comment cannot be told without writing."
_GITHUB = "To let it comment:\npermissions:\n  contents: read\n  pull-requests: write"
_GITHUB_TOKEN = "Give it to the step:\nenv:\n  GITHUB_TOKEN: ${{ github.token }}"  # noqa: S105  # where it comes from
_GITLAB = (
    "To let it comment, make a project access token with the role Reporter and the scope api, store it as a masked\n"
    "CI/CD variable, and pass it on:\nvariables:\n  GITLESS_GITLAB_TOKEN: $GITLESS_GITLAB_TOKEN"
)


def comment_rights(run: CiRun | None, env: Mapping[str, str], *, asks: bool) -> Seen:
    """What is known about the right to comment; never a no, since nothing that is published needs it.

    Args:
        run: The CI run, if this is one.
        env: The environment: tokens, proxies, certificate files.
        asks: Whether the platform may be asked.
    """
    if run is None or run.ref_kind != "change":
        return Seen("skipped", "This run is for no pull or merge request.")
    if run.platform == "gitlab":
        return _on_gitlab(env)
    return _on_github(run, env, asks=asks)


def _on_gitlab(env: Mapping[str, str]) -> Seen:
    if not env.get("GITLESS_GITLAB_TOKEN"):
        return Seen("note", "There is no GITLESS_GITLAB_TOKEN, and a job token cannot write notes.", _GITLAB)
    return Seen("note", f"There is a GITLESS_GITLAB_TOKEN. {_UNTOLD}", "It takes the role Reporter and the scope api.")


def _on_github(run: CiRun, env: Mapping[str, str], *, asks: bool) -> Seen:
    token, number = env.get("GITHUB_TOKEN"), _NUMBER.match(run.ref)
    if not token:
        return Seen("note", "The step has no GITHUB_TOKEN, so it cannot comment.", f"{_GITHUB_TOKEN}\n{_GITHUB}")
    if not asks or number is None:
        return Seen("note", f"The step has a GITHUB_TOKEN. {_UNTOLD}", _GITHUB)
    from gitless.ci.github_api import GitHubApi

    question = Question(f"read the pull request {number[1]}", f"/pulls/{number[1]}/reviews", need="pull-requests")
    try:
        GitHubApi(run.api_url, run.repository, Secret(token), env).pages(question, enough=lambda _: True)
    except GapError as error:
        return Seen("note", error.gap.reason, _GITHUB)
    except RemoteError as error:
        return Seen("note", f"{error.what} {error.why}", _GITHUB)
    return Seen("note", f"GITHUB_TOKEN may read the pull request {number[1]}. {_UNTOLD}", _GITHUB)

"""The event that started a job: whether it is one in which strangers' content meets the repository's rights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitless.ci.merge_request import read_merge_request
from gitless.errors import UsageError

MAX_EVENT_BYTES = 32 * 1024 * 1024
PRIVILEGED = ("pull_request_target", "workflow_run")
CHANGES = {"pull_request": "pull request", "merge_request_event": "merge request"}
_DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True, slots=True)
class Event:
    """What started the job.

    Attributes:
        name: The event's name; empty outside of CI.
        is_foreign: It is a proposed change from a fork or by Dependabot: no secrets, no right to write.
        base: The branch a proposed change goes to; empty for other events.
        number: The proposed change's number; None for other events, those with the repository's rights too.
    """

    name: str = ""
    is_foreign: bool = False
    base: str = ""
    number: int | None = None

    @property
    def change(self) -> str:
        """What the platform calls the proposed change it is about; empty where it is about none."""
        return CHANGES.get(self.name, "")

    @property
    def is_privileged(self) -> bool:
        """Whether it runs with the repository's rights for whatever a stranger has sent."""
        return self.name in PRIVILEGED


def read_event(env: Mapping[str, str]) -> Event:
    """Read the event of this job.

    Raises:
        UsageError: GitHub's file of it cannot be read, or GitLab's variables of it are malformed.
    """
    if env.get("GITLAB_CI") == "true":
        return _gitlab(env)
    if env.get("GITHUB_ACTIONS") != "true":
        return Event()
    name = env.get("GITHUB_EVENT_NAME", "")
    if name != "pull_request":
        return Event(name)
    request = _payload(env.get("GITHUB_EVENT_PATH", "")).get("pull_request")
    head, base = (_repository(request, side) for side in ("head", "base"))
    is_foreign = not head or head != base or env.get("GITHUB_ACTOR") == _DEPENDABOT
    return Event(name, is_foreign, env.get("GITHUB_BASE_REF", ""), _number(request))


def _gitlab(env: Mapping[str, str]) -> Event:
    name = env.get("CI_PIPELINE_SOURCE", "")
    if name != "merge_request_event":
        return Event(name)
    request = read_merge_request(env)
    number = request.number if request else None
    return Event(
        name, request is None or request.is_foreign, env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""), number
    )


def _payload(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as stream:
            document = json.loads(stream.read(MAX_EVENT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            "The event of this job cannot be read.", why=f"GITHUB_EVENT_PATH: {type(error).__name__}."
        ) from error
    return document if isinstance(document, dict) else {}


def _number(request: Any) -> int | None:
    value = request.get("number") if isinstance(request, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _repository(request: Any, side: str) -> str:
    """The full name of one side's repository; empty where it is gone or malformed."""
    part = request.get(side) if isinstance(request, dict) else None
    repository = part.get("repo") if isinstance(part, dict) else None
    name = repository.get("full_name") if isinstance(repository, dict) else None
    return name if isinstance(name, str) else ""

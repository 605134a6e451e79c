"""The merge request that a GitLab pipeline is for, by the variables GitLab sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gitless.errors import UsageError

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """An open merge request.

    Attributes:
        number: Its number in the project.
        is_foreign: It comes from a fork: its pipeline has none of the project's variables.
    """

    number: int
    is_foreign: bool


def read_merge_request(env: Mapping[str, str]) -> MergeRequest | None:
    """Read which one it is; None in pipelines that are for none.

    Raises:
        UsageError: GitLab's variables of it are malformed.
    """
    number = env.get("CI_MERGE_REQUEST_IID")
    if not number:
        return None
    if not _NUMBER.fullmatch(number):
        raise UsageError("CI_MERGE_REQUEST_IID is malformed.", hint="Pass GitLab's own variables on to the command.")
    target = env.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    is_own = target == env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") == env.get("CI_PROJECT_ID")
    return MergeRequest(int(number), not is_own)

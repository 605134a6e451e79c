"""The rules' file in the history of the protected branch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from gitless.ci.git import GitHistory
from gitless.ci.git_command import GitCommand
from gitless.model.digest import Digest

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class BranchPolicies:
    """Implements `ports.PolicyHistory` for a clone; a shallow one is deepened once.

    Args:
        top: The working tree's top folder.
        env: The environment for git.
        tip: The branch's newest commit.
        path: The rules' file, relative to the top, with `/`.
    """

    def __init__(self, top: Path, env: Mapping[str, str], tip: str, path: str) -> None:
        self._git, self._history = GitCommand(top, env), GitHistory(top, env)
        self._tip, self._path = tip, path

    def contains(self, commit: str) -> bool | None:
        """See `ports.PolicyHistory`; what is no commit id is in no history.

        Raises:
            RemoteError: Deepening the clone did not end in time.
        """
        if not _COMMIT.fullmatch(commit):
            return False
        known = self._history.is_ancestor(commit, self._tip)
        if known is None and self._is_complete:
            # a complete clone that has no such commit: no branch has it
            return bool(self._history.is_ancestor(commit, self._tip))
        return known

    def digest_at(self, commit: str) -> Digest | None:
        """See `ports.PolicyHistory`."""
        answer = self._git.run("cat-file", "blob", f"{commit}:{self._path}")
        return None if answer.status else Digest.of(answer.output)

    @cached_property
    def _is_complete(self) -> bool:
        return self._history.deepen()

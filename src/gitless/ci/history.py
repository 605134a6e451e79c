"""History for flows: the clone first, then the platform's API, then a deeper clone, and only then "not known"."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.ci.compare import Comparer
from gitless.ci.git import GitHistory


class CiHistory:
    """Implements `ports.History` for clones of any depth.

    Args:
        git: The clone.
        comparer: The platform's compare API, where a token for it exists.
    """

    def __init__(self, git: GitHistory, comparer: Comparer | None = None) -> None:
        self._git = git
        self._comparer = comparer

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """As the port says; None means that `older` is not in history, or that nobody could tell.

        Raises:
            UsageError: A name is not a full commit id, or git failed.
            RemoteError: Deepening the clone did not end in time.
        """
        known = self._git.is_ancestor(older, newer)
        if known is not None or not self._git.is_shallow():
            return known
        if self._comparer is not None:
            known = self._comparer.is_ancestor(older, newer)
            if known is not None:
                return known
        return self._git.is_ancestor(older, newer) if self._git.deepen() else None

    def touched(self, older: str, newer: str, paths: Sequence[str]) -> bool:
        """As the port says; a shallow clone is deepened first, and what stays unknown counts as touched.

        Raises:
            UsageError: A name is not a full commit id, or git failed.
            RemoteError: Deepening the clone did not end in time.
        """
        if older != newer and self._git.is_shallow() and not self._git.deepen():
            return True
        return self._git.touched(older, newer, paths)

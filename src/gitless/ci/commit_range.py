"""Commits between two revisions and the pushes that brought them: pure facts, no platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitless.ci.authorship import Commit
from gitless.model.approval import Person


@dataclass(frozen=True, slots=True)
class Push:
    """One move of a branch.

    Attributes:
        before: Where it was.
        after: Where it is since.
        is_merge: Whether the platform moved it by merging a change; otherwise somebody's push did.
        actor: Who pushed or merged; None where the platform does not say.
    """

    before: str
    after: str
    is_merge: bool
    actor: Person | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What one push brought into a range.

    Attributes:
        push: The push.
        commits: Every commit it brought.
        line: Those of them on the branch itself (first parents), newest first.
    """

    push: Push
    commits: tuple[Commit, ...]
    line: tuple[Commit, ...]


class CommitRange:
    """The commits of a range.

    Args:
        older: The revision before it.
        newer: The last one in it.
        commits: Every commit that is reached from `newer` and not from `older`.
    """

    def __init__(self, older: str, newer: str, commits: Iterable[Commit]) -> None:
        self.older, self.newer = older, newer
        self.commits: Mapping[str, Commit] = {commit.sha: commit for commit in commits}

    def reached(self, tip: str) -> set[str]:
        """Commits of the range that are `tip` or its ancestors."""
        found: set[str] = set()
        waiting = [tip]
        while waiting:
            sha = waiting.pop()
            if sha in self.commits and sha not in found:
                found.add(sha)
                waiting += self.commits[sha].parents
        return found

    def line(self, tip: str, until: set[str]) -> tuple[Commit, ...]:
        """Commits on the branch itself from `tip` back, up to one of `until` or the range's end."""
        found: dict[str, Commit] = {}
        # an answer may name commits in a circle, which Git cannot
        while tip in self.commits and tip not in until and tip not in found:
            found[tip] = self.commits[tip]
            tip = found[tip].parents[0] if found[tip].parents else ""
        return tuple(found.values())

    def brought(self, pushes: Iterable[Push]) -> tuple[Brought, ...] | None:
        """What each push brought, newest first; None where the pushes do not tell where every commit came from.

        Args:
            pushes: Moves of the branch, newest first; those after `newer` are passed over.
        """
        found: list[Brought] = []
        tip = self.newer
        for push in pushes:
            if push.after != tip:
                continue
            without = self.reached(push.before)
            shas = self.reached(push.after) - without
            commits = tuple(self.commits[sha] for sha in sorted(shas))
            found.append(Brought(push, commits, self.line(push.after, without)))
            tip = push.before
            if tip not in self.commits:
                break
        told = {commit.sha for part in found for commit in part.commits}
        return tuple(found) if told == set(self.commits) else None

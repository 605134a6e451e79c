"""Which merged changes cover what is on a branch, and what got there past them.

A change covers a commit only where the platform itself merged it, or where a push made the branch equal to the change's
head. A commit that merely names a change, or merges one by hand with something added, was pushed past it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gitless.ci.answers import Fields, GapError
from gitless.ci.authorship import Authorship, Commit
from gitless.ci.commit_range import Brought, CommitRange, Push
from gitless.ci.together import together
from gitless.model.approval import Change, Changes, Gap

ENVIRONMENT_HINT = "Have the promotion approved through an environment of the run instead."


@dataclass(frozen=True, slots=True)
class Merged:
    """A change that was merged into the branch.

    Attributes:
        number: Its number.
        head: Its last commit.
        landed: The commits the platform names as its merge.
        fields: What else the platform says of it.
    """

    number: int
    head: str
    landed: frozenset[str]
    fields: Fields


class Merges(Protocol):
    """Reads merged changes of one repository."""

    def about(self, sha: str, branch: str) -> Sequence[Merged]:
        """The changes merged into `branch` that the platform connects with a commit."""
        ...

    def read(self, merged: Sequence[Merged], commits: Sequence[Commit]) -> Sequence[Change]:
        """Changes with their authors and everyone's last word on them.

        Afterwards it is known who wrote `commits`, as far as it can be known.
        """
        ...


def judge(commits: CommitRange, pushes: Sequence[Push], branch: str, merges: Merges) -> Changes:
    """Say what covers a range, what does not, and who wrote all of it.

    Args:
        commits: The range.
        pushes: Moves of the branch, newest first.
        branch: The branch's name.
        merges: How to read changes.

    Raises:
        GapError: The pushes do not tell where every commit came from, or a change may not be read.
        RemoteError: The platform failed.
    """
    brought = commits.brought(pushes)
    if brought is None:
        reason = (
            f"The pushes to {branch} that the platform tells of do not explain everything up to {commits.newer[:12]}."
        )
        raise GapError(Gap(reason, ENVIRONMENT_HINT))
    found: dict[int, Merged] = {}
    direct: list[str] = []
    covers = together(lambda part: _cover(part, branch, merges), brought)
    for covering, uncovered in covers:
        found.update((merged.number, merged) for merged in covering)
        direct += uncovered
    changes = tuple(merges.read(list(found.values()), list(commits.commits.values())))
    wrote = [
        _authors(part, is_merge=part.push.is_merge and not uncovered)
        for part, (_, uncovered) in zip(brought, covers, strict=True)
    ]
    wrote += (Authorship(change.authors, change.unknown) for change in changes)
    everyone = Authorship.joined(wrote)
    return Changes(commits.older, commits.newer, changes, tuple(direct), everyone.people, everyone.unknown)


def start(pushes: Iterable[Push], newer: str) -> str:
    """The revision before the push that brought `newer`: where a range begins whose channel names none yet.

    Raises:
        GapError: No such push is known, or it was the branch's first.
    """
    found = next((push for push in pushes if push.after == newer), None)
    if found is None or not found.before.strip("0"):
        reason = f"No push is known that brought {newer[:12]} to the branch, and the channel names no revision yet."
        raise GapError(Gap(reason, ENVIRONMENT_HINT))
    return found.before


def no_range(older: str, newer: str) -> GapError:
    """What is said where one revision does not follow the other."""
    reason = f"{newer[:12]} does not follow {older[:12]}, so there is no range of commits to read."
    return GapError(Gap(reason, ENVIRONMENT_HINT))


def _cover(part: Brought, branch: str, merges: Merges) -> tuple[list[Merged], list[str]]:
    if not part.push.is_merge:
        tip = part.push.after
        same = [merged for merged in merges.about(tip, branch) if merged.head == tip]
        return same, [] if same else [commit.sha for commit in part.line]
    line = {commit.sha for commit in part.line}
    covering: list[Merged] = []
    uncovered = []
    for commit in part.line:
        found = [merged for merged in merges.about(commit.sha, branch) if merged.landed & line]
        fitting = [merged for merged in found if _fits(commit, merged)]
        covering += fitting
        uncovered += [] if fitting else [commit.sha]
    return covering, uncovered


def _fits(commit: Commit, merged: Merged) -> bool:
    """Whether a merge commit merges just what was reviewed; squashed and rebased commits have one parent."""
    return len(commit.parents) < 2 or bool({merged.head, *merged.landed} & set(commit.parents[1:]))


def _authors(part: Brought, *, is_merge: bool) -> Authorship:
    """Who wrote what a push brought; who merely had the platform merge changes is no author of it."""
    if is_merge:
        return Authorship.joined(commit.wrote() for commit in part.commits if len(commit.parents) < 2)
    actor = part.push.actor
    pusher = Authorship((actor,)) if actor else Authorship(unknown=(f"pusher of {part.push.after[:12]}",))
    return Authorship.joined([pusher, *(commit.everyone() for commit in part.commits)])

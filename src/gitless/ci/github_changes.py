"""What lies between two revisions of a branch on GitHub: commits, the pushes that brought them, merged pull requests.

A pull request covers a commit only where GitHub itself merged it (the branch's activity says so), or where a push made
the branch equal to the pull request's head. A commit that merely names a pull request, or merges one by hand with
something added, was pushed past it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Authorship, Commit
from gitless.ci.commit_range import Brought, CommitRange, Push
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_people import People
from gitless.ci.github_reviews import Reviews
from gitless.errors import UntrustedContentError
from gitless.model.approval import Changes, Gap

_MERGES = frozenset({"pr_merge", "merge_queue_merge"})
MAX_COMMITS = 2000
ENVIRONMENT_HINT = "Have the promotion approved through an environment of the run instead."


class GitHubChanges:
    """Reads ranges of one repository.

    Args:
        api: How to ask.
        people: Who is who.
        repository_id: GitHub's number for the repository.
    """

    def __init__(self, api: GitHubApi, people: People, repository_id: str) -> None:
        self._api, self._people, self._repository_id = api, people, repository_id
        self._reviews = Reviews(api, people)

    def between(self, older: str | None, newer: str, branch: str) -> Changes:
        """See `ports.ApprovalSource.changes`.

        Raises:
            GapError: Something may not be read, or does not add up.
            RemoteError: GitHub failed.
        """
        if older == newer:
            return Changes(older, newer)
        pushes = self._pushes(branch, newer, older)
        start = older or _start(pushes, newer)
        commits = self._range(start, newer)
        brought = commits.brought(pushes)
        if brought is None:
            reason = f"The activity of {branch} does not tell which pushes brought everything up to {newer[:12]}."
            raise GapError(Gap(reason, ENVIRONMENT_HINT))
        return self._judged(commits, brought, branch)

    def _judged(self, commits: CommitRange, brought: Iterable[Brought], branch: str) -> Changes:
        pulls: dict[int, Fields] = {}
        direct: list[str] = []
        wrote: list[Authorship] = []
        for part in brought:
            covering, uncovered = self._cover(part, branch)
            pulls.update(covering)
            direct += uncovered
            wrote.append(_authors(part))
        changes = [self._reviews.of(pull) for pull in pulls.values()]
        everyone = Authorship.joined([*wrote, *(Authorship(change.authors, change.unknown) for change in changes)])
        return Changes(commits.older, commits.newer, tuple(changes), tuple(direct), everyone.people, everyone.unknown)

    def _cover(self, part: Brought, branch: str) -> tuple[dict[int, Fields], list[str]]:
        """The pull requests that one push merged, and the commits none of them covers."""
        if not part.push.is_merge:
            return self._cover_push(part, branch)
        merged = {commit.sha for commit in part.line}
        covering: dict[int, Fields] = {}
        uncovered = []
        for commit in part.line:
            found = self._pulls(commit.sha, lambda pull: self._is_merged(pull, branch, merged))
            fitting = [pull for pull in found if _fits(commit, pull)]
            covering.update((pull.number("number"), pull) for pull in fitting)
            if not fitting:
                uncovered.append(commit.sha)
        return covering, uncovered

    def _cover_push(self, part: Brought, branch: str) -> tuple[dict[int, Fields], list[str]]:
        tip = part.push.after
        found = self._pulls(tip, lambda pull: self._is_merged(pull, branch, {tip}))
        same = [pull for pull in found if pull.must("head").commit("sha") == tip]
        covering = {pull.number("number"): pull for pull in same}
        return covering, [] if covering else [commit.sha for commit in part.line]

    def _is_merged(self, pull: Fields, branch: str, merged: set[str]) -> bool:
        base = pull.must("base")
        here = str(base.must("repo").number("id")) == self._repository_id and base.text("ref") == branch
        return here and pull.moment("merged_at") is not None and pull.commit("merge_commit_sha") in merged

    def _pulls(self, sha: str, wanted: Callable[[Fields], bool]) -> list[Fields]:
        question = Question(
            f"read the pull requests of commit {sha[:12]}", f"/commits/{sha}/pulls", need="pull-requests"
        )
        return [pull for pull in self._api.pages(question) if wanted(pull)]

    def _range(self, older: str, newer: str) -> CommitRange:
        doing = f"compare {older[:12]} with {newer[:12]}"
        question = Question(doing, f"/compare/{older}...{newer}", need="contents")
        first = self._api.get(Question(doing, question.path, (("per_page", "1"),), question.need))
        if first.text("status") != "ahead":
            reason = f"{newer[:12]} does not follow {older[:12]}, so there is no range of commits to read."
            raise GapError(Gap(reason, ENVIRONMENT_HINT))
        total = first.number("total_commits")
        if total > MAX_COMMITS:
            reason = f"{total} commits lie between {older[:12]} and {newer[:12]}; at most {MAX_COMMITS} are read."
            raise GapError(Gap(reason, ENVIRONMENT_HINT))
        commits = self._people.commits(self._api.pages(question, "commits"))
        found = CommitRange(older, newer, commits)
        if len(found.commits) != total or newer not in found.commits:
            why = f"It names {total} commits and lists {len(found.commits)}."
            raise UntrustedContentError(f"GitHub's answer to: {doing} cannot be used.", why=why)
        return found

    def _pushes(self, branch: str, newer: str, older: str | None) -> list[Push]:
        question = Question(
            f"read the activity of {branch}",
            "/activity",
            (("ref", f"refs/heads/{branch}"), ("direction", "desc")),
            need="contents",
        )
        last = "before" if older else "after"
        answers = self._api.pages(question, enough=lambda answer: answer.text(last) == (older or newer))
        return [self._push(answer) for answer in answers]

    def _push(self, answer: Fields) -> Push:
        return Push(
            answer.text("before"),
            answer.text("after"),
            answer.text("activity_type") in _MERGES,
            self._people.person(answer.inner("actor")),
        )


def _start(pushes: Iterable[Push], newer: str) -> str:
    found = next((push for push in pushes if push.after == newer), None)
    if found is None or not found.before.strip("0"):
        reason = f"No push is known that brought {newer[:12]} to the branch, and the channel names no revision yet."
        raise GapError(Gap(reason, ENVIRONMENT_HINT))
    return found.before


def _fits(commit: Commit, pull: Fields) -> bool:
    """Whether a merge commit merges just what was reviewed; squashed and rebased commits have one parent."""
    return len(commit.parents) < 2 or pull.must("head").commit("sha") in commit.parents[1:]


def _authors(part: Brought) -> Authorship:
    """Who wrote what a push brought; who merely had GitHub merge is no author of it."""
    if part.push.is_merge:
        return Authorship.joined(commit.wrote for commit in part.commits if len(commit.parents) < 2)
    actor = part.push.actor
    pusher = Authorship((actor,)) if actor else Authorship(unknown=(f"pusher of {part.push.after[:12]}",))
    wrote = (written for commit in part.commits for written in (commit.wrote, commit.committed))
    return Authorship.joined([pusher, *wrote])

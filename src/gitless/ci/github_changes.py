"""Two revisions of a branch on GitHub: the commits between them, the pushes that brought them, merged pull requests."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Commit
from gitless.ci.commit_range import CommitRange, Push
from gitless.ci.coverage import ENVIRONMENT_HINT, Merged, judge, no_range, start
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_people import People
from gitless.ci.github_reviews import Reviews
from gitless.errors import UntrustedContentError
from gitless.model.approval import Change, Changes, Gap

_MERGES = frozenset({"pr_merge", "merge_queue_merge"})
MAX_COMMITS = 2000


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
            return Changes(newer, newer)
        pushes = self._pushes(branch, newer, older)
        return judge(self._range(older or start(pushes, newer), newer), pushes, branch, self)

    def about(self, sha: str, branch: str) -> list[Merged]:
        """See `coverage.Merges`: GitHub also names pull requests that are open, or of other branches and forks."""
        question = Question(
            f"read the pull requests of commit {sha[:12]}", f"/commits/{sha}/pulls", need="pull-requests"
        )
        return [self._merged(pull) for pull in self._api.pages(question) if self._is_merged(pull, branch)]

    def read(self, merged: Sequence[Merged], commits: Sequence[Commit]) -> list[Change]:
        """See `coverage.Merges`."""
        return self._reviews.read([one.fields for one in merged], commits)

    def _merged(self, pull: Fields) -> Merged:
        landed = frozenset({pull.commit("merge_commit_sha")})
        return Merged(pull.number("number"), pull.must("head").commit("sha"), landed, pull)

    def _is_merged(self, pull: Fields, branch: str) -> bool:
        base = pull.must("base")
        here = str(base.must("repo").number("id")) == self._repository_id and base.text("ref") == branch
        return here and pull.moment("merged_at") is not None and bool(pull.commit("merge_commit_sha"))

    def _range(self, older: str, newer: str) -> CommitRange:
        doing = f"compare {older[:12]} with {newer[:12]}"
        question = Question(doing, f"/compare/{older}...{newer}", need="contents")
        first = self._api.get(Question(doing, question.path, (("per_page", "1"),), question.need))
        if first.text("status") != "ahead":
            raise no_range(older, newer)
        total = first.number("total_commits")
        if total > MAX_COMMITS:
            reason = f"{total} commits lie between {older[:12]} and {newer[:12]}; at most {MAX_COMMITS} are read."
            raise GapError(Gap(reason, ENVIRONMENT_HINT))
        found = CommitRange(older, newer, self._people.commits(self._api.pages(question, "commits")))
        if len(found.commits) != total or newer not in found.commits:
            why = f"It names {total} commits and lists {len(found.commits)}."
            raise UntrustedContentError(f"GitHub's answer to: {doing} cannot be used.", why=why)
        return found

    def _pushes(self, branch: str, newer: str, older: str | None) -> list[Push]:
        ref = f"refs/heads/{branch}"
        question = Question(
            f"read the activity of {branch}", "/activity", (("ref", ref), ("direction", "desc")), need="contents"
        )
        last, sha = ("before", older) if older else ("after", newer)
        answers = self._api.pages(question, enough=lambda answer: answer.text(last) == sha)
        return [self._push(answer) for answer in answers if answer.text("ref") == ref]

    def _push(self, answer: Fields) -> Push:
        return Push(
            answer.text("before"),
            answer.text("after"),
            answer.text("activity_type") in _MERGES,
            self._people.person(answer.inner("actor")),
        )

"""Merged pull requests: who wrote them, and who approved the commit that was merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import IS_PROGRAM, Authorship, Commit
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_people import People
from gitless.ci.together import together
from gitless.model.approval import Approval, Change, Gap, Person, State

MAX_COMMITS = 250  # GitHub lists no more for one pull request
_STATES: dict[str, State] = {"APPROVED": "approved", "CHANGES_REQUESTED": "rejected", "DISMISSED": "withdrawn"}
_DAWN = datetime.min.replace(tzinfo=timezone.utc)


class Reviews:
    """Reads pull requests of one repository.

    Args:
        api: How to ask.
        people: Who is who.
    """

    def __init__(self, api: GitHubApi, people: People) -> None:
        self._api, self._people = api, people

    def read(self, pulls: Sequence[Fields], commits: Sequence[Commit]) -> list[Change]:
        """Pull requests with their authors and the last word of everyone who reviewed them.

        Args:
            pulls: The pull requests, as a list of them shows them.
            commits: More commits whose authors will be asked for.

        Raises:
            GapError: Not everything may be read.
            RemoteError: GitHub failed.
        """
        found = together(self._fetch, pulls)
        self._people.learn([*commits, *(commit for one in found for commit in one.commits)])
        return [self._change(one) for one in found]

    def _fetch(self, pull: Fields) -> _Pull:
        number = pull.number("number")
        commits = self._pages(f"read the commits of pull request {number}", f"/pulls/{number}/commits")
        if len(commits) >= MAX_COMMITS:
            reason = f"Pull request {number} has {MAX_COMMITS} commits or more, and GitHub lists no more of them."
            raise GapError(Gap(reason, "Have such a change approved through an environment of the run."))
        reviews = self._pages(f"read the reviews of pull request {number}", f"/pulls/{number}/reviews")
        return _Pull(pull, number, self._people.commits(commits), tuple(reviews))

    def _pages(self, doing: str, path: str) -> list[Fields]:
        return self._api.pages(Question(doing, path, need="pull-requests"))

    def _change(self, one: _Pull) -> Change:
        head = one.fields.must("head").commit("sha")
        opener = self._people.person(one.fields.inner("user"))
        first = Authorship((opener,)) if opener else Authorship(unknown=(f"opener of pull request {one.number}",))
        wrote = Authorship.joined([first, *(commit.everyone() for commit in one.commits)])
        url = one.fields.url("html_url")
        return Change(one.number, url, head, wrote.people, wrote.unknown, self._approvals(one.reviews, head))

    def _approvals(self, reviews: Iterable[Fields], head: str) -> tuple[Approval, ...]:
        latest: dict[Person, Approval] = {}
        for approval in self._words(reviews):
            before = latest.get(approval.person)
            if before is None or (approval.at or _DAWN) >= (before.at or _DAWN):
                latest[approval.person] = approval
        return tuple(replace(approval, flaw=self._flaw(approval, head)) for approval in latest.values())

    def _words(self, reviews: Iterable[Fields]) -> Iterable[Approval]:
        for review in reviews:
            state = _STATES.get(review.text("state"))
            person = self._people.person(review.inner("user"))
            if state is None or person is None:
                continue  # a comment decides nothing, and a deleted account is nobody
            yield Approval(
                person,
                "review",
                state,
                review.moment("submitted_at"),
                review.commit("commit_id"),
                review.url("html_url"),
            )

    def _flaw(self, approval: Approval, head: str) -> str:
        if approval.state == "withdrawn":
            return "gave a review that was dismissed"
        if approval.state == "rejected":
            return "asked for changes in the last review"
        if approval.person.is_bot:
            return IS_PROGRAM
        if approval.commit != head:
            return f"approved commit {approval.commit[:12] or 'unknown'}, and {head[:12]} was merged"
        return self._people.lacks_role(approval.person)


@dataclass(frozen=True, slots=True)
class _Pull:
    fields: Fields
    number: int
    commits: tuple[Commit, ...]
    reviews: tuple[Fields, ...]

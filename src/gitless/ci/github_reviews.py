"""Merged pull requests: who wrote them, and who approved the commit that was merged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Authorship
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_people import People
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

    def of(self, pull: Fields) -> Change:
        """A pull request with its authors and the last word of everyone who reviewed it.

        Args:
            pull: The pull request, as a list of them shows it.

        Raises:
            GapError: Not everything may be read.
            RemoteError: GitHub failed.
        """
        number, head = pull.number("number"), pull.must("head").commit("sha")
        wrote = self._authors(pull, number)
        return Change(number, pull.url("html_url"), head, wrote.people, wrote.unknown, self._approvals(number, head))

    def _authors(self, pull: Fields, number: int) -> Authorship:
        question = Question(
            f"read the commits of pull request {number}", f"/pulls/{number}/commits", need="pull-requests"
        )
        answers = self._api.pages(question)
        if len(answers) >= MAX_COMMITS:
            reason = f"Pull request {number} has {MAX_COMMITS} commits or more, and GitHub lists no more of them."
            raise GapError(Gap(reason, "Have such a change approved through an environment of the run."))
        opener = self._people.person(pull.inner("user"))
        first = Authorship((opener,)) if opener else Authorship(unknown=(f"opener of pull request {number}",))
        commits = self._people.commits(answers)
        return Authorship.joined([first, *(commit.everyone() for commit in commits)])

    def _approvals(self, number: int, head: str) -> tuple[Approval, ...]:
        question = Question(
            f"read the reviews of pull request {number}", f"/pulls/{number}/reviews", need="pull-requests"
        )
        latest: dict[Person, Approval] = {}
        for approval in self._words(self._api.pages(question)):
            before = latest.get(approval.person)
            if before is None or (approval.at or _DAWN) >= (before.at or _DAWN):
                latest[approval.person] = approval
        return tuple(self._weighed(approval, head) for approval in latest.values())

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

    def _weighed(self, approval: Approval, head: str) -> Approval:
        flaw = self._flaw(approval, head)
        return Approval(
            approval.person, approval.kind, approval.state, approval.at, approval.commit, approval.url, flaw
        )

    def _flaw(self, approval: Approval, head: str) -> str:
        if approval.state == "withdrawn":
            return "the review was dismissed"
        if approval.state == "rejected":
            return "the last review asks for changes"
        if approval.person.is_bot:
            return f"{approval.person} is a program's account"
        if approval.commit != head:
            return f"it was given for {approval.commit[:12] or 'no commit'}, and {head[:12]} was merged"
        return self._people.lacks_role(approval.person)

"""Merged merge requests: who wrote them, and who approved the version that was merged.

GitLab ties an approval to no commit. It counts for the merged head when it was given after the last version arrived.
"""

from __future__ import annotations

from datetime import datetime

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import Authorship
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_people import GitLabPeople
from gitless.model.approval import Approval, Change, Person

_COMMITS = """
query($path: ID!, $iid: String!, $after: String) {
  project(fullPath: $path) {
    mergeRequest(iid: $iid) {
      commits(after: $after) { pageInfo { hasNextPage endCursor } nodes { authorEmail author { id username } } }
    }
  }
}
"""
_MAX_PAGES = 20


class MergeRequests:
    """Reads merge requests of one project.

    Args:
        api: How to ask, with a token of one's own.
        people: Who is who.
        path: The project's path, such as `acme/apps`.
    """

    def __init__(self, api: GitLabApi, people: GitLabPeople, path: str) -> None:
        self._api, self._people, self._path = api, people, path

    def of(self, request: Fields) -> Change:
        """A merge request with its authors and the last word of everyone who reviewed it.

        Args:
            request: The merge request, as a list of them shows it.

        Raises:
            GapError: Not everything may be read.
            RemoteError: GitLab failed.
        """
        number, head = request.number("iid"), request.commit("sha")
        wrote = self._authors(request, number)
        approvals = self._approvals(number, head, request.url("web_url"))
        return Change(number, request.url("web_url"), head, wrote.people, wrote.unknown, approvals)

    def _authors(self, request: Fields, number: int) -> Authorship:
        self._learn_addresses(number)
        question = Question(f"read the commits of merge request {number}", f"/merge_requests/{number}/commits")
        commits = self._people.commits(self._api.pages(question))
        opener = self._people.person(request.inner("author"))
        first = Authorship((opener,)) if opener else Authorship(unknown=(f"opener of merge request {number}",))
        return Authorship.joined([first, *(commit.everyone() for commit in commits)])

    def _learn_addresses(self, number: int) -> None:
        """Ask whose the commits' addresses are, which GitLab's REST API does not say; unanswered, they stay unknown."""
        question = Question(f"read the authors of merge request {number}", "")
        variables: dict[str, str | None] = {"path": self._path, "iid": str(number), "after": None}
        for _ in range(_MAX_PAGES):
            try:
                data = self._api.graphql(question, _COMMITS, variables)
            except GapError:
                return
            project = data.inner("project")
            request = project.inner("mergeRequest") if project else None
            commits = request.inner("commits") if request else None
            if commits is None:
                return
            for node in commits.list("nodes"):
                self._learn(node)
            page = commits.must("pageInfo")
            if page.values.get("hasNextPage") is not True:
                return
            variables["after"] = page.text("endCursor")

    def _learn(self, node: Fields) -> None:
        author = node.inner("author")
        number = author.text("id").rpartition("/")[2] if author else ""
        if author and number.isdecimal():
            person = Person(self._people.platform, number, author.text("username"))
            self._people.learn(node.text("authorEmail"), person)

    def _approvals(self, number: int, head: str, url: str) -> tuple[Approval, ...]:
        question = Question(f"read the approvals of merge request {number}", f"/merge_requests/{number}/approvals")
        words = self._api.get(question).list("approved_by")
        if not words:
            return ()
        since, against = self._since(number, head), self._against(number)
        found = []
        for word in words:
            account = word.inner("user")
            person = self._people.person(account)
            if person and account:
                at = word.moment("approved_at")
                flaw = self._flaw(person, account, at, since) if person not in against else "its giver asks for changes"
                found.append(Approval(person, "merge-request", "approved", at, head, url, flaw))
        return tuple(found)

    def _flaw(self, person: Person, account: Fields, at: datetime | None, since: datetime | None) -> str:
        if account.text("state") != "active":
            return f"the account of {person} is not active"
        if person.is_bot:
            return f"{person} is a program's account"
        if since is None or at is None:
            return "GitLab does not say when it was given, or for which version"
        if at <= since:
            return f"it was given before the last version of {since:%Y-%m-%d %H:%M} UTC, which was merged"
        return self._people.flaw(person)

    def _since(self, number: int, head: str) -> datetime | None:
        """When the merged head arrived; None where the last version is another one."""
        question = Question(f"read the versions of merge request {number}", f"/merge_requests/{number}/versions")
        versions = self._api.pages(question)
        last = max(versions, key=lambda version: version.number("id"), default=None)
        return last.moment("created_at") if last and last.commit("head_commit_sha") == head else None

    def _against(self, number: int) -> frozenset[Person]:
        question = Question(f"read the reviewers of merge request {number}", f"/merge_requests/{number}/reviewers")
        reviewers = self._api.pages(question)
        found = [
            self._people.person(reviewer.inner("user"))
            for reviewer in reviewers
            if reviewer.text("state") in ("requested_changes", "unapproved")
        ]
        return frozenset(person for person in found if person)

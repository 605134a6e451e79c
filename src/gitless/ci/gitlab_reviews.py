"""Merged merge requests: who wrote them, and who approved the version that was merged.

GitLab ties an approval to no commit. It counts for the merged head when it was given after the last version arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import IS_PROGRAM, Authorship, Commit
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_people import GitLabPeople
from gitless.ci.together import together
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

    def read(self, requests: Sequence[Fields]) -> list[Change]:
        """Merge requests with their authors and the last word of everyone who reviewed them.

        Args:
            requests: The merge requests, as a list of them shows them.

        Raises:
            GapError: Not everything may be read.
            RemoteError: GitLab failed.
        """
        return [self._change(one) for one in together(self._fetch, requests)]

    def _fetch(self, request: Fields) -> _Request:
        number = request.number("iid")
        self._learn_addresses(number)
        commits = self._pages("commits", number)
        question = Question(f"read the approvals of merge request {number}", f"/merge_requests/{number}/approvals")
        approvals = self._api.get(question).list("approved_by")
        versions, reviewers = (self._pages(name, number) if approvals else [] for name in ("versions", "reviewers"))
        return _Request(request, number, self._people.commits(commits), approvals, versions, reviewers)

    def _pages(self, name: str, number: int) -> list[Fields]:
        question = Question(f"read the {name} of merge request {number}", f"/merge_requests/{number}/{name}")
        return self._api.pages(question)

    def _change(self, one: _Request) -> Change:
        opener = self._people.person(one.fields.inner("author"))
        first = Authorship((opener,)) if opener else Authorship(unknown=(f"opener of merge request {one.number}",))
        wrote = Authorship.joined([first, *(commit.everyone() for commit in one.commits)])
        url, head = one.fields.url("web_url"), one.fields.commit("sha")
        return Change(one.number, url, head, wrote.people, wrote.unknown, tuple(self._approvals(one, url, head)))

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

    def _approvals(self, one: _Request, url: str, head: str) -> Iterable[Approval]:
        since, against = _since(one.versions, head), self._against(one.reviewers)
        for word in one.approvals:
            account = word.inner("user")
            person = self._people.person(account)
            if person and account:
                at = word.moment("approved_at")
                flaw = "asks for changes" if person in against else self._flaw(person, account, at, since)
                yield Approval(person, "merge-request", "approved", at, head, url, flaw)

    def _flaw(self, person: Person, account: Fields, at: datetime | None, since: datetime | None) -> str:
        if account.text("state") != "active":
            return "has an account that is not active"
        if person.is_bot:
            return IS_PROGRAM
        if since is None or at is None:
            return "approved at a time, or a version, that GitLab does not tell"
        if at <= since:
            return f"approved before the last version of {since:%Y-%m-%d %H:%M} UTC, which was merged"
        return self._people.flaw(person)

    def _against(self, reviewers: Iterable[Fields]) -> frozenset[Person]:
        said_no = [one for one in reviewers if one.text("state") in ("requested_changes", "unapproved")]
        found = [self._people.person(one.inner("user")) for one in said_no]
        return frozenset(person for person in found if person)


@dataclass(frozen=True, slots=True)
class _Request:
    fields: Fields
    number: int
    commits: tuple[Commit, ...]
    approvals: tuple[Fields, ...]
    versions: Sequence[Fields]
    reviewers: Sequence[Fields]


def _since(versions: Iterable[Fields], head: str) -> datetime | None:
    """When the merged head arrived; None where the last version is another one."""
    last = max(versions, key=lambda version: version.number("id"), default=None)
    return last.moment("created_at") if last and last.commit("head_commit_sha") == head else None

"""The comments under one pull request on GitHub; implements `sticky.Board`."""

from __future__ import annotations

from functools import cached_property

from gitless.ci.answers import Fields, Question
from gitless.ci.github_api import GitHubApi
from gitless.ci.sticky import Posted

_NEED = "pull-requests: write"
# GET /user answers 403 to a job's own token; this works with every token there is
_VIEWER = "query { viewer { databaseId login } }"


class GitHubComments:
    """Reads and writes the comments of one pull request.

    Args:
        api: The repository's API.
        number: The pull request's number.
    """

    def __init__(self, api: GitHubApi, number: int) -> None:
        self._api, self._name = api, f"pull request {number}"
        self._path = f"/issues/{number}/comments"

    def ours(self) -> list[Posted]:
        """See `sticky.Board`; an account is its number, since names can be changed and taken over."""
        account = self._account  # learned before anything is written: a comment that is not known again is repeated
        question = Question(f"read the comments of {self._name}", self._path, need=_NEED)
        return [_posted(item) for item in self._api.pages(question) if _is_by(account, item)]

    def create(self, body: str) -> Posted:
        """See `sticky.Board`."""
        question = Question(f"write a comment to {self._name}", self._path, need=_NEED)
        return _posted(self._api.send(question, "POST", {"body": body}))

    def update(self, number: int, body: str) -> None:
        """See `sticky.Board`."""
        self._api.send(self._one("update", number), "PATCH", {"body": body})

    def delete(self, number: int) -> None:
        """See `sticky.Board`."""
        self._api.send(self._one("remove", number), "DELETE")

    def pause(self) -> None:
        """See `sticky.Board`."""
        self._api.pause()

    @cached_property
    def _account(self) -> int:
        question = Question("learn whose token GITHUB_TOKEN is", "")
        return self._api.graphql(question, _VIEWER, {}).must("viewer").number("databaseId")

    def _one(self, verb: str, number: int) -> Question:
        return Question(f"{verb} our comment on {self._name}", f"/issues/comments/{number}", need=_NEED)


def _is_by(account: int, item: Fields) -> bool:
    user = item.inner("user")  # a deleted account is null
    return user is not None and user.number("id") == account


def _posted(item: Fields) -> Posted:
    return Posted(item.number("id"), item.long_text("body"))

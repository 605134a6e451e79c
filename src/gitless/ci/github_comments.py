"""The comments under one pull request on GitHub; implements `sticky.Board`."""

from __future__ import annotations

from functools import cached_property

from gitless.ci.answers import Fields, Question
from gitless.ci.comments import Comments, Place, posted
from gitless.ci.github_api import GitHubApi
from gitless.ci.sticky import Posted

# GET /user answers 403 to a job's own token; this works with every token there is
_VIEWER = "query { viewer { databaseId login } }"


class GitHubComments(Comments):
    """Reads and writes the comments of one pull request.

    Args:
        api: The repository's API.
        number: The pull request's number.
    """

    def __init__(self, api: GitHubApi, number: int) -> None:
        path, need = f"/issues/{number}/comments", "pull-requests: write"
        super().__init__(api, Place("comment", f"pull request {number}", path, "/issues/comments", "PATCH", need))
        self._api = api

    def ours(self) -> list[Posted]:
        """See `sticky.Board`; an account is its number, since names can be changed and taken over."""
        account = self._account  # learned before anything is written: a comment that is not known again is repeated
        return [posted(item) for item in self._api.pages(self._all()) if _is_by(account, item)]

    @cached_property
    def _account(self) -> int:
        question = Question("learn whose token GITHUB_TOKEN is", "")
        return self._api.graphql(question, _VIEWER, {}).must("viewer").number("databaseId")


def _is_by(account: int, item: Fields) -> bool:
    user = item.inner("user")  # a deleted account is null
    return user is not None and user.number("id") == account

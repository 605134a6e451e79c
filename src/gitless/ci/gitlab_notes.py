"""The notes under one merge request on GitLab; implements `sticky.Board`."""

from __future__ import annotations

from functools import cached_property

from gitless.ci.answers import Question
from gitless.ci.comments import Comments, Place, posted
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.sticky import Posted

NOTE_HINT = (
    "Make a project access token with the role Reporter and the scope api, store it as a masked CI/CD variable of its\n"
    "own (not protected, since merge request pipelines run on unprotected branches), and pass it to this job:\n"
    "variables:\n  GITLESS_GITLAB_TOKEN: $GITLESS_NOTES_TOKEN"
)
_OLDEST_FIRST = (("sort", "asc"), ("order_by", "created_at"))


class GitLabNotes(Comments):
    """Reads and writes the notes of one merge request.

    Args:
        api: The project's API, with a token of our own: the job token reads notes and writes none.
        number: The merge request's number in the project.
    """

    def __init__(self, api: GitLabApi, number: int) -> None:
        path = f"/merge_requests/{number}/notes"
        super().__init__(api, Place("note", f"merge request {number}", path, path, "PUT", NOTE_HINT))
        self._api = api

    def ours(self) -> list[Posted]:
        """See `sticky.Board`; what GitLab itself writes in an account's name is none of its notes."""
        account = self._account  # learned before anything is written: a note that is not known again is repeated
        return [
            posted(item)
            for item in self._api.pages(self._all(_OLDEST_FIRST))
            if item.values.get("system") is False and item.must("author").number("id") == account
        ]

    @cached_property
    def _account(self) -> int:
        question = Question("learn whose token GITLESS_GITLAB_TOKEN is", "/user", need=NOTE_HINT)
        return self._api.get(question, beyond=True).number("id")

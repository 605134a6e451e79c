"""The notes under one merge request on GitLab; implements `sticky.Board`."""

from __future__ import annotations

from functools import cached_property

from gitless.ci.answers import Fields, Question
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.sticky import Posted

NOTE_HINT = (
    "Make a project access token with the role Reporter and the scope api, store it as a masked CI/CD variable of its\n"
    "own (not protected, since merge request pipelines run on unprotected branches), and pass it to this job:\n"
    "variables:\n  GITLESS_GITLAB_TOKEN: $GITLESS_NOTES_TOKEN"
)
_OLDEST_FIRST = (("sort", "asc"), ("order_by", "created_at"))


class GitLabNotes:
    """Reads and writes the notes of one merge request.

    Args:
        api: The project's API, with a token of our own: the job token reads notes and writes none.
        number: The merge request's number in the project.
    """

    def __init__(self, api: GitLabApi, number: int) -> None:
        self._api, self._name = api, f"merge request {number}"
        self._path = f"/merge_requests/{number}/notes"

    def ours(self) -> list[Posted]:
        """See `sticky.Board`; what GitLab itself writes in an account's name is none of its notes."""
        account = self._account  # learned before anything is written: a note that is not known again is repeated
        question = Question(f"read the notes of {self._name}", self._path, _OLDEST_FIRST, need=NOTE_HINT)
        return [
            _posted(item)
            for item in self._api.pages(question)
            if item.values.get("system") is False and item.must("author").number("id") == account
        ]

    def create(self, body: str) -> Posted:
        """See `sticky.Board`."""
        question = Question(f"write a note to {self._name}", self._path, need=NOTE_HINT)
        return _posted(self._api.send(question, "POST", {"body": body}))

    def update(self, number: int, body: str) -> None:
        """See `sticky.Board`."""
        self._api.send(self._one("update", number), "PUT", {"body": body})

    def delete(self, number: int) -> None:
        """See `sticky.Board`."""
        self._api.send(self._one("remove", number), "DELETE")

    def pause(self) -> None:
        """See `sticky.Board`."""
        self._api.pause()

    @cached_property
    def _account(self) -> int:
        question = Question("learn whose token GITLESS_GITLAB_TOKEN is", "/user", need=NOTE_HINT)
        return self._api.get(question, beyond=True).number("id")

    def _one(self, verb: str, number: int) -> Question:
        return Question(f"{verb} our note on {self._name}", f"{self._path}/{number}", need=NOTE_HINT)


def _posted(item: Fields) -> Posted:
    return Posted(item.number("id"), item.long_text("body"))

"""GitLab's part of the fake that writes: the notes of merge requests."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fakes.api_server import Asked, Reply
from tests.fakes.board import Board, Note
from tests.fakes.forge import Account

PROJECT_BOT = Account(900001, "project_700001_bot_1f", is_bot=True)
_LIMIT = 1_000_000
_MISSING = Reply(404, b'{"message": "404 Not found"}')
_LINK = re.compile(r"^/[a-z]", re.MULTILINE)


class GitLabReports:
    """The notes of one project.

    Attributes:
        board: What is written there.
        me: Whose token it is.
        commands: Lines that GitLab took as quick actions.
    """

    def __init__(self) -> None:
        self.board = Board()
        self.me = PROJECT_BOT
        self.commands: list[str] = []

    def reported(self, asked: Asked) -> Any:
        """The answer; None where it is not about notes."""
        for pattern, name in _ROUTES:
            match = re.fullmatch(pattern, str(asked))
            if match:
                return getattr(self, name)(*map(int, match.groups()), json.loads(asked.body) if asked.body else {})
        return None

    def _me(self, _: Any) -> Any:
        return {**_user(self.me), "bot": self.me.is_bot, "public_email": None}

    def _notes(self, number: int, _: Any) -> Any:
        return [_note(note, number) for note in self.board.notes.get(number, ())]

    def _made(self, number: int, body: dict[str, Any]) -> Any:
        return self._refused(body) or _note(self.board.say(number, self.me, body["body"]), number)

    def _changed(self, number: int, note: int, body: dict[str, Any]) -> Any:
        found = self.board.find(note)
        if found is None or self._refused(body):
            return self._refused(body) or _MISSING
        found.body = body["body"]
        return _note(found, number)

    def _removed(self, _number: int, note: int, _: Any) -> Any:
        if self.board.find(note) is None:
            return _MISSING
        self.board.remove(note)
        return Reply(204, b"")

    def _refused(self, body: dict[str, Any]) -> Reply | None:
        self.commands += _LINK.findall(body["body"])
        if len(body["body"]) <= _LIMIT:
            return None
        return Reply(400, b'{"message": "Note is too long (maximum is 1000000 characters)"}')


_NOTES = r"/projects/\d+/merge_requests/(\d+)/notes"
_ROUTES = (
    (r"GET /user", "_me"),
    (f"GET {_NOTES}", "_notes"),
    (f"POST {_NOTES}", "_made"),
    (rf"PUT {_NOTES}/(\d+)", "_changed"),
    (rf"DELETE {_NOTES}/(\d+)", "_removed"),
)


def _user(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"id": 3, "username": "ghost", "name": "Ghost User", "state": "active"}
    return {"id": account.id, "username": account.login, "name": account.login, "state": "active"}


def _note(note: Note, request: int) -> dict[str, Any]:
    return {
        "id": note.id,
        "body": note.body,
        "author": _user(note.author),
        "system": note.is_system,
        "noteable_type": "MergeRequest",
        "noteable_iid": request,
    }

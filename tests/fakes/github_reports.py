"""GitHub's part of the fake that writes: comments, deployments, statuses, and the permissions of a job's token."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.fakes.api_server import Asked, Reply
from tests.fakes.board import Board, Deployed, Note
from tests.fakes.forge import Account

ACTIONS_BOT = Account(41898282, "github-actions[bot]", is_bot=True)
_LIMIT = 65_536
_MISSING = Reply(404, b'{"message": "Not Found"}')
_TOO_LONG = {"resource": "IssueComment", "code": "unprocessable", "message": f"Body is too long (maximum is {_LIMIT})"}


class GitHubReports:
    """The comments, deployments and statuses of `acme/apps`.

    Attributes:
        board: What is written there.
        me: Whose token it is.
        permissions: What the token may, as `deployments: write`; None for everything.
    """

    def __init__(self) -> None:
        self.board = Board()
        self.me = ACTIONS_BOT
        self.permissions: set[str] | None = None

    def may(self, asked: Asked) -> bool:
        """Whether the permissions cover it; what is not listed below, they never do."""
        if self.permissions is None or asked.path.endswith("/graphql"):
            return True
        needs = [need for need, pattern, _ in ROUTES if re.fullmatch(pattern, str(asked))]
        names = {text.partition(":")[0] for text in self.permissions}
        return any(
            word in self.permissions if word.endswith("write") else word.partition(":")[0] in names
            for need in needs
            for word in need.split("|")
        )

    def reported(self, asked: Asked) -> Any:
        """The answer; a 404 where nothing is there."""
        if asked.path.endswith("/graphql"):
            viewer = {"databaseId": self.me.id, "login": self.me.login}
            return Reply(200, json.dumps({"data": {"viewer": viewer}}).encode())
        for _, pattern, name in ROUTES:
            match = re.fullmatch(pattern, str(asked))
            if match:
                body = json.loads(asked.body) if asked.body else {}
                return getattr(self, name)(*match.groups(), body, asked)
        return _MISSING

    # -- comments ---------------------------------------------------------------------------------------------

    def _comments(self, number: str, _: Any, _asked: Asked) -> Any:
        return [_comment(note) for note in self.board.notes.get(int(number), ())]

    def _comment_made(self, number: str, body: dict[str, Any], _: Asked) -> Any:
        return _refused(body) or _comment(self.board.say(int(number), self.me, body["body"]))

    def _comment_changed(self, number: str, body: dict[str, Any], _: Asked) -> Any:
        note = self.board.find(int(number))
        if note is None or _refused(body):
            return _refused(body) or _MISSING
        note.body = body["body"]
        return _comment(note)

    def _comment_removed(self, number: str, _: Any, _asked: Asked) -> Any:
        if self.board.find(int(number)) is None:
            return _MISSING
        self.board.remove(int(number))
        return None

    # -- deployments and statuses -----------------------------------------------------------------------------

    def _deployments(self, _: Any, asked: Asked) -> Any:
        wanted = (asked.query["sha"], asked.query["environment"])
        return [_deployment(item) for item in self.board.deployments if (item.sha, item.environment) == wanted]

    def _deployment_made(self, body: dict[str, Any], _: Asked) -> Any:
        if body.get("auto_merge", True) or body.get("required_contexts") != []:
            return Reply(409, b'{"message": "Conflict merging main into it"}')
        made = self.board.deploy(body["ref"], body["environment"], body.get("payload", ""))
        made.fields = {"description": body["description"]}
        return _deployment(made)

    def _states(self, number: str, _: Any, _asked: Asked) -> Any:
        found = next((item for item in self.board.deployments if item.id == int(number)), None)
        return [_state(state) for state in found.states] if found else _MISSING

    def _state_made(self, number: str, body: dict[str, Any], _: Asked) -> Any:
        found = next((item for item in self.board.deployments if item.id == int(number)), None)
        if found is None or len(body["description"]) > 140:
            return _MISSING if found is None else Reply(422, b'{"message": "Validation Failed"}')
        found.states.insert(0, body)
        return _state(body)

    def _status_made(self, sha: str, body: dict[str, Any], _: Asked) -> Any:
        if len(body["description"]) > 140:
            return Reply(422, b'{"message": "Validation Failed"}')
        made = {"id": self.board.number(), "sha": sha, **body}
        self.board.statuses.insert(0, made)
        return _status(made)

    def statuses_of(self, sha: str) -> list[dict[str, Any]]:
        """The statuses written to a commit, newest first."""
        return [_status(item) for item in self.board.statuses if item["sha"] == sha]


_HOME = "/repos/acme/apps"
ROUTES = (
    ("pull-requests: read|issues: read", rf"GET {_HOME}/issues/(\d+)/comments", "_comments"),
    ("pull-requests: write|issues: write", rf"POST {_HOME}/issues/(\d+)/comments", "_comment_made"),
    ("pull-requests: write|issues: write", rf"PATCH {_HOME}/issues/comments/(\d+)", "_comment_changed"),
    ("pull-requests: write|issues: write", rf"DELETE {_HOME}/issues/comments/(\d+)", "_comment_removed"),
    ("deployments: read", rf"GET {_HOME}/deployments", "_deployments"),
    ("deployments: write", rf"POST {_HOME}/deployments", "_deployment_made"),
    ("deployments: read", rf"GET {_HOME}/deployments/(\d+)/statuses", "_states"),
    ("deployments: write", rf"POST {_HOME}/deployments/(\d+)/statuses", "_state_made"),
    ("statuses: read", rf"GET {_HOME}/commits/\w+/statuses", ""),
    ("statuses: write", rf"POST {_HOME}/statuses/(\w+)", "_status_made"),
)


def _refused(body: dict[str, Any]) -> Reply | None:
    if len(body["body"]) <= _LIMIT:
        return None
    return Reply(422, json.dumps({"message": "Validation Failed", "errors": [_TOO_LONG]}).encode())


def _comment(note: Note) -> dict[str, Any]:
    author = note.author
    user = author and {"id": author.id, "login": author.login, "type": "Bot" if author.is_bot else "User"}
    return {"id": note.id, "body": note.body, "user": user}


def _deployment(item: Deployed) -> dict[str, Any]:
    return {
        "id": item.id,
        "sha": item.sha,
        "ref": item.sha,
        "environment": item.environment,
        "payload": item.payload,
        "description": None,
        **item.fields,
    }


def _state(state: dict[str, str]) -> dict[str, Any]:
    address = state.get("log_url", state.get("target_url", ""))
    return {"id": 1, "state": state["state"], "description": "", "target_url": address, "log_url": address}


def _status(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("id", "state", "description", "context", "target_url")}

"""GitHub's REST API for a `Forge`, on loopback; every question and answer is held against GitHub's own description.

with GitHubServer(forge) as server:
    api = GitHubApi(server.url, "acme/apps", Secret(TOKEN), {})
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode

from tests.fakes.api_server import TOKEN, ApiServer, Asked, Reply
from tests.fakes.forge import Account, Change, Forge, Node
from tests.fakes.github_reports import GitHubReports
from tests.fakes.openapi import Contract

from gitless.model.run import CiRun

RUN = 9000000001
_STATES = {"approved": "APPROVED", "rejected": "CHANGES_REQUESTED", "withdrawn": "DISMISSED", "commented": "COMMENTED"}
_PERMISSIONS = {"admin": "admin", "write": "write", "read": "read", "none": "none"}


class GitHubServer(GitHubReports, ApiServer):
    """GitHub.

    Args:
        forge: What it knows.
        page_size: The most items of one answer.
        prefix: Path of the API's base: `/api/v3` on GitHub Enterprise Server.
    """

    def __init__(self, forge: Forge, page_size: int = 100, prefix: str = "") -> None:
        ApiServer.__init__(self, Contract("github.json"), prefix, page_size)
        GitHubReports.__init__(self)
        self.forge = forge

    def run(self, **changed: Any) -> CiRun:
        """The run as its environment describes it."""
        values: dict[str, Any] = {
            "platform": "github",
            "repository": "acme/apps",
            "repository_id": str(self.forge.id),
            "repository_url": "https://github.com/acme/apps",
            "api_url": self.url,
            "commit": self.forge.tip,
            "ref": "refs/heads/main",
            "ref_kind": "branch",
            "event": "workflow_dispatch",
            "run_url": f"https://github.com/acme/apps/actions/runs/{RUN}/attempts/{self.forge.attempt}",
            "run_id": str(RUN),
            "actor": self.forge.requester.login,
            "requester": self.forge.restarter.login,
            "runner": "hosted",
            "workflow_ref": "",
            "workflow_commit": "",
        }
        return CiRun(**{**values, **changed})

    def is_let_in(self, asked: Asked) -> bool:
        """The token is a bearer token."""
        return asked.headers.get("authorization") in (f"token {TOKEN}", f"Bearer {TOKEN}")

    def answer(self, asked: Asked) -> Any:
        """Find the answer by path."""
        if not self.may(asked):
            return Reply(403, b'{"message": "Resource not accessible by integration"}')
        if asked.path == ("/api/graphql" if self.prefix else "/graphql") and b"viewer" not in asked.body:
            return Reply(200, json.dumps(self._graphql(json.loads(asked.body))).encode())
        for pattern, name in _ROUTES if asked.method == "GET" else ():
            match = re.fullmatch(pattern, asked.path)
            if match:
                return getattr(self, name)(*(unquote(part) for part in match.groups()), asked)
        return self.reported(asked)

    def paged(self, asked: Asked, answer: Any) -> tuple[Any, dict[str, str]]:
        """Pages by number, with the next one in a Link; those of the activity by cursor."""
        name = next(
            (name for name in ("jobs", "check_runs", "commits") if isinstance(answer, dict) and name in answer), ""
        )
        items = answer[name] if name else answer
        is_list = isinstance(items, list) and "per_page" in asked.query
        if not is_list:
            return answer, {}
        size = min(self.page_size, int(asked.query["per_page"]))
        by = "after" if asked.path.endswith("/activity") else "page"
        number = int(asked.query.get(by, "1"))
        rest = items[(number - 1) * size :]
        link = f'<{self.url}{asked.path}?{urlencode({**asked.query, by: number + 1})}>; rel="next"'
        page = {**answer, name: rest[:size]} if name else rest[:size]
        return page, {"Link": link} if len(rest) > size else {}

    # -- the run ----------------------------------------------------------------------------------------------

    def _run(self, number: str, _: Asked) -> Any:
        if number != str(RUN):
            return Reply(404, b'{"message": "Not Found"}')
        return {
            "id": RUN,
            "run_attempt": self.forge.attempt,
            "head_sha": self.forge.tip,
            "repository": self._repository(),
            "actor": self._user(self.forge.requester),
            "triggering_actor": self._user(self.forge.restarter),
        }

    def _jobs(self, _number: str, asked: Asked) -> Any:
        assert asked.query["filter"] == "all"
        jobs = [
            {
                "name": job.name,
                "status": "completed" if job.conclusion else "in_progress",
                "conclusion": job.conclusion or None,
                "started_at": _time(job.at),
                "run_attempt": job.attempt,
            }
            for job in reversed(self.forge.jobs)
        ]
        return {"total_count": len(jobs), "jobs": jobs}

    def _approvals(self, _number: str, _: Asked) -> Any:
        return [
            {
                "environments": [{"name": word.about, "id": 1}],
                "state": word.state,
                "user": self._user(word.account),
                "comment": "",
            }
            for word in self.forge.words
        ]

    # -- Git --------------------------------------------------------------------------------------------------

    def _activity(self, asked: Asked) -> Any:
        assert asked.query["ref"] == "refs/heads/main"
        return [
            {
                "id": number,
                "before": move.before,
                "after": move.after,
                "ref": "refs/heads/main",
                "activity_type": move.kind,
                "timestamp": _time(move.at),
                "actor": self._user(move.actor),
            }
            for number, move in reversed(list(enumerate(self.forge.moves, 1)))
        ]

    def _compare(self, older: str, newer: str, _: Asked) -> Any:
        if older not in self.forge.commits or newer not in self.forge.commits:
            return Reply(404, b'{"message": "Not Found"}')
        commits = self.forge.between(older, newer)
        status = "ahead" if older in self.forge.reached(newer) else "diverged"
        return {
            "status": status,
            "total_commits": len(commits),
            "commits": [self._commit(node) for node in commits],
            "base_commit": self._commit(self.forge.commits[older]),
            "merge_base_commit": self._commit(self.forge.commits[older]),
        }

    def _commit(self, node: Node) -> dict[str, Any]:
        return {
            "sha": node.sha,
            "parents": [{"sha": parent} for parent in node.parents],
            "author": node.author and self._user(node.author),
            "committer": node.committer and self._user(node.committer),
            "commit": {
                "message": node.message,
                "author": _git_user(node.author),
                "committer": _git_user(node.committer),
                "tree": {"sha": node.sha},
            },
        }

    # -- pull requests ----------------------------------------------------------------------------------------

    def _pulls(self, sha: str, _: Asked) -> Any:
        return [self._pull(change) for change in self.forge.changes if sha in self._known(change)]

    def _known(self, change: Change) -> set[str]:
        return {*change.landed, *(node.sha for node in change.commits)}

    def _pull(self, change: Change) -> dict[str, Any]:
        return {
            "number": change.number,
            "html_url": f"https://github.com/acme/apps/pull/{change.number}",
            "user": self._user(change.author),
            "state": "closed" if change.merged_at else "open",
            "merged_at": change.merged_at and _time(change.merged_at),
            "merge_commit_sha": change.merged_as or None,
            "head": {"sha": change.head, "repo": self._repository()},
            "base": {"ref": change.target, "repo": self._repository()},
        }

    def _pull_commits(self, number: str, _: Asked) -> Any:
        return [self._commit(node) for node in self.forge.changes[int(number) - 1].commits]

    def _reviews(self, number: str, _: Asked) -> Any:
        return [
            {
                "id": index,
                "user": self._user(word.account),
                "state": _STATES[word.state],
                "commit_id": word.commit,
                "submitted_at": _time(word.at),
                "html_url": f"https://github.com/acme/apps/pull/{number}#pullrequestreview-{index}",
            }
            for index, word in enumerate(self.forge.changes[int(number) - 1].words, 1)
        ]

    def _permission(self, login: str, _: Asked) -> Any:
        found = [account for account in self.forge.accounts if account.login == login]
        if not found:
            return Reply(404, b'{"message": "Not Found"}')
        role = _PERMISSIONS[found[-1].role]
        return {"permission": role, "role_name": role, "user": {**self._user(found[-1]), "role_name": role}}

    def _graphql(self, asked: dict[str, Any]) -> Any:
        assert asked["variables"] == {"owner": "acme", "name": "apps"}
        found = re.findall(r'(c\d+): object\(oid: "([0-9a-f]{40})"\) ' + re.escape(_AUTHORS), asked["query"])
        assert found
        return {"data": {"repository": {name: self._authors(self.forge.commits[sha]) for name, sha in found}}}

    def _authors(self, node: Node) -> dict[str, Any]:
        mails = re.findall(r"(?i)^co-authored-by: [^<]*<([^>]+)>", node.message, re.MULTILINE)
        owners = {account.mail: account for account in self.forge.accounts}
        users = [(mail, owners.get(mail.lower())) for mail in mails]
        nodes = [{"email": mail, "user": user and {"databaseId": user.id, "login": user.login}} for mail, user in users]
        return {"authors": {"nodes": nodes}}

    # -- checks -----------------------------------------------------------------------------------------------

    def _check_runs(self, sha: str, _: Asked) -> Any:
        runs = [
            {
                "id": number,
                "name": check.name,
                "head_sha": sha,
                "app": {"id": check.app, "owner": self._user(self.forge.root)},
                "status": "completed" if check.conclusion else "in_progress",
                "conclusion": check.conclusion or None,
                "html_url": f"https://github.com/acme/apps/runs/{number}",
            }
            for number, check in enumerate(self.forge.checks, 1)
            if check.commit == sha and check.app
        ]
        return {"total_count": len(runs), "check_runs": runs}

    def _statuses(self, sha: str, _: Asked) -> Any:
        return self.statuses_of(sha) + [
            {"id": number, "context": check.name, "state": check.conclusion, "target_url": "https://ci.acme.example/1"}
            for number, check in reversed(list(enumerate(self.forge.checks, 1)))
            if check.commit == sha and not check.app
        ]

    def _user(self, account: Account) -> dict[str, Any]:
        return {"id": account.id, "login": account.login, "type": "Bot" if account.is_bot else "User"}

    def _repository(self) -> dict[str, Any]:
        return {"id": self.forge.id, "full_name": "acme/apps", "name": "apps"}


# as GitHub's own GraphQL schema has it (npm @octokit/graphql-schema 15)
_AUTHORS = "{ ... on Commit { authors(first: 100) { nodes { email user { databaseId login } } } } }"
_HOME = "/repos/acme/apps"
_ROUTES = (
    (_HOME + r"/actions/runs/(\d+)", "_run"),
    (_HOME + r"/actions/runs/(\d+)/approvals", "_approvals"),
    (_HOME + r"/actions/runs/(\d+)/jobs", "_jobs"),
    (_HOME + r"/activity", "_activity"),
    (_HOME + r"/collaborators/([^/]+)/permission", "_permission"),
    (_HOME + r"/commits/(\w+)/pulls", "_pulls"),
    (_HOME + r"/commits/(\w+)/check-runs", "_check_runs"),
    (_HOME + r"/commits/(\w+)/statuses", "_statuses"),
    (_HOME + r"/compare/(\w+)\.\.\.(\w+)", "_compare"),
    (_HOME + r"/pulls/(\d+)/commits", "_pull_commits"),
    (_HOME + r"/pulls/(\d+)/reviews", "_reviews"),
)


def _git_user(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"name": "Somebody", "email": "somebody@nowhere.example"}
    return {"name": account.login, "email": account.mail}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

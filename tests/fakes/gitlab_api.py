"""GitLab's REST API for a `Forge`, on loopback; every question and answer is held against what GitLab documents.

with GitLabServer(forge) as server:
    api = GitLabApi(server.url, str(forge.id), Secret(TOKEN), {}, is_job_token=False)
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tests.fakes.api_server import TOKEN, ApiServer, Asked, Reply
from tests.fakes.forge import Account, Change, Forge, Move, Node, Word
from tests.fakes.gitlab_reports import GitLabReports
from tests.fakes.openapi import Contract

from gitless.model.run import CiRun

JOB = 8000000001
JOB_TOKEN = "job-token-of-this-job"
_LEVELS = {"admin": 40, "write": 30, "read": 20, "none": 0}
_JOB_PATHS = re.compile(r"/job|/projects/\d+/deployments(/\d+)?")


class GitLabServer(GitLabReports, ApiServer):
    """GitLab.

    Args:
        forge: What it knows.
        page_size: The most items of one answer.
    """

    def __init__(self, forge: Forge, page_size: int = 100) -> None:
        ApiServer.__init__(self, Contract("gitlab.json"), "/api/v4", page_size)
        GitLabReports.__init__(self)
        self.forge = forge
        self.environment = "production"
        self.rules: list[list[Account]] = []
        self.is_premium = True
        self.branch_rules: list[dict[str, Any]] | None = None
        self.knows_authors = True
        self.is_bulky = False

    def run(self, **changed: Any) -> CiRun:
        """The run as its environment describes it."""
        values: dict[str, Any] = {
            "platform": "gitlab",
            "repository": "acme/apps",
            "repository_id": str(self.forge.id),
            "repository_url": "https://gitlab.com/acme/apps",
            "api_url": self.url,
            "commit": self.forge.tip,
            "ref": "refs/heads/main",
            "ref_kind": "branch",
            "event": "web",
            "run_url": f"https://gitlab.com/acme/apps/-/jobs/{JOB}",
            "run_id": "36",
            "actor": self.forge.requester.login,
            "requester": self.forge.requester.login,
            "runner": "unknown",
            "workflow_ref": "",
            "workflow_commit": "",
        }
        return CiRun(**{**values, **changed})

    def is_let_in(self, asked: Asked) -> bool:
        """The job token reads deployments, the other one everything."""
        if asked.headers.get("job-token") == JOB_TOKEN:
            return bool(_JOB_PATHS.fullmatch(asked.path))
        return asked.headers.get("private-token") == TOKEN

    def answer(self, asked: Asked) -> Any:
        """Find the answer by path."""
        if asked.path == "/api/graphql":
            return Reply(200, json.dumps(self._graphql(json.loads(asked.body))).encode())
        reported = self.reported(asked)
        if reported is not None:
            return reported
        home = f"/projects/{self.forge.id}"
        for pattern, name in _ROUTES:
            match = re.fullmatch(pattern.replace("HOME", home), asked.path)
            if match:
                return getattr(self, name)(*(unquote(part) for part in match.groups()), asked)
        return Reply(404, b'{"message": "404 Not Found"}')

    def paged(self, asked: Asked, answer: Any) -> tuple[Any, dict[str, str]]:
        """Pages by number; the next one is in x-next-page, empty on the last."""
        if not isinstance(answer, list):
            return answer, {}
        size, number = min(self.page_size, int(asked.query["per_page"])), int(asked.query["page"])
        rest = answer[(number - 1) * size :]
        return rest[:size], {"x-next-page": str(number + 1) if len(rest) > size else ""}

    # -- the job ----------------------------------------------------------------------------------------------

    def _job(self, _: Asked) -> Any:
        return self._deployment_of(JOB, self.environment)["deployable"]

    def _pipeline(self, number: str, _: Asked) -> Any:
        assert number == "36"
        return {"id": 36, "sha": self.forge.tip, "user": self._user(self.forge.requester)}

    def _deployments(self, asked: Asked) -> Any:
        ours = self._deployment_of(JOB, self.environment)
        others = [self._deployment_of(JOB + number, self.environment) for number in (3, 2, 1)]
        found = [*others, ours, self._deployment_of(JOB - 1, "staging")]
        return [item for item in found if item["environment"]["name"] == asked.query["environment"]]

    def _deployment(self, number: str, _: Asked) -> Any:
        if int(number) != JOB % 1000:
            return Reply(404, b'{"message": "404 Not Found"}')
        found = self._deployment_of(JOB, self.environment)
        if self.is_premium:
            words = {word.account.id: word for word in self.forge.words if word.about == self.environment}
            found["approvals"] = [self._approval(word) for word in words.values()]
            found["pending_approval_count"] = 0
            found["approval_summary"] = {"rules": [self._rule(rule, list(words.values())) for rule in self.rules]}
        return found

    def _deployment_of(self, job: int, environment: str) -> dict[str, Any]:
        tip = self.forge.tip
        pipeline = {"id": 36, "sha": tip}
        starter = self.forge.restarter
        return {
            "id": job % 1000,
            "sha": tip,
            "status": "running",
            "user": self._user(starter),
            "environment": {"id": 9, "name": environment},
            "deployable": {"id": job, "name": "promote", "user": self._profile(starter), "pipeline": pipeline},
        }

    def _approval(self, word: Word) -> dict[str, Any]:
        return {
            "user": self._user(word.account),
            "status": word.state,
            "created_at": _time(word.at),
            "comment": None,
        }

    def _rule(self, people: list[Account], words: list[Word]) -> dict[str, Any]:
        given = [self._approval(word) for word in words if word.account in people]
        return {"required_approvals": 1, "access_level_description": "release team", "deployment_approvals": given}

    # -- Git --------------------------------------------------------------------------------------------------

    def _events(self, asked: Asked) -> Any:
        assert asked.query["action"] == "pushed"
        return [
            {
                "id": number,
                "project_id": self.forge.id,
                "action_name": "pushed to",
                "author_id": move.actor.id,
                "author": self._user(move.actor),
                "created_at": _time(move.at),
                "push_data": self._push(move),
            }
            for number, move in reversed(list(enumerate(self.forge.moves, 1)))
        ]

    def _push(self, move: Move) -> dict[str, Any]:
        kind = {"action": "created" if move.kind == "branch_creation" else "pushed", "ref_type": "branch"}
        if self.is_bulky:
            return {**kind, "commit_count": 0, "ref_count": 5, "ref": None, "commit_from": None, "commit_to": None}
        before = move.before if move.before.strip("0") else None
        return {**kind, "ref": "main", "commit_from": before, "commit_to": move.after}

    def _protected(self, _: Asked) -> Any:
        if self.branch_rules is not None:
            return self.branch_rules
        return [branch_rule("main", 0 if self.forge.is_closed else 40)]

    def _merge_base(self, asked: Asked) -> Any:
        older, newer = asked.query["refs[]"].split(",")
        if older not in self.forge.commits or newer not in self.forge.commits:
            return Reply(404, b'{"message": "404 Not Found"}')
        both = self.forge.reached(older) & self.forge.reached(newer)
        return self._commit(max((self.forge.commits[sha] for sha in both), key=lambda node: node.at))

    def _commits(self, asked: Asked) -> Any:
        older, newer = asked.query["ref_name"].split("..")
        return [self._commit(node) for node in reversed(self.forge.between(older, newer))]

    def _commit(self, node: Node) -> dict[str, Any]:
        author, committer = _git_user(node.author), _git_user(node.committer)
        return {
            "id": node.sha,
            "parent_ids": list(node.parents),
            "message": node.message,
            "author_name": author[0],
            "author_email": author[1],
            "committer_name": committer[0],
            "committer_email": committer[1],
        }

    def _statuses(self, sha: str, _: Asked) -> Any:
        latest = {
            check.name: (number, check) for number, check in enumerate(self.forge.checks, 1) if check.commit == sha
        }
        return [
            {"id": number, "sha": sha, "name": check.name, "status": check.conclusion, "target_url": None}
            for number, check in latest.values()
        ]

    # -- merge requests ---------------------------------------------------------------------------------------

    def _requests_of(self, sha: str, _: Asked) -> Any:
        known = [(change, {*change.landed, *(node.sha for node in change.commits)}) for change in self.forge.changes]
        return [self._request(change) for change, shas in known if sha in shas]

    def _request(self, change: Change) -> dict[str, Any]:
        merge = change.merged_as if change.how in ("merge", "squash_merge", "hand") else None
        return {
            "id": 1000 + change.number,
            "iid": change.number,
            "state": "merged" if change.merged_at else "opened",
            "merged_at": change.merged_at and _time(change.merged_at),
            "target_branch": change.target,
            "target_project_id": self.forge.id,
            "author": self._user(change.author),
            "sha": change.head,
            "merge_commit_sha": None if merge == change.head else merge,
            "squash_commit_sha": change.landed[0] if change.how.startswith("squash") else None,
            "web_url": f"https://gitlab.com/acme/apps/-/merge_requests/{change.number}",
        }

    def _request_commits(self, number: str, _: Asked) -> Any:
        return [self._commit(node) for node in self._change(number).commits]

    def _approvals(self, number: str, _: Asked) -> Any:
        words = {}
        for word in self._change(number).words:
            if word.state in ("approved", "withdrawn"):
                words[word.account.id] = word
        given = [
            {"user": self._user(word.account), "approved_at": _time(word.at)}
            for word in words.values()
            if word.state == "approved"
        ]
        return {"approved": bool(given), "approved_by": given}

    def _versions(self, number: str, _: Asked) -> Any:
        heads = self._change(number).heads
        return [
            {"id": index, "head_commit_sha": sha, "created_at": _time(at), "merge_request_id": 1000 + int(number)}
            for index, (sha, at) in reversed(list(enumerate(heads, 1)))
        ]

    def _reviewers(self, number: str, _: Asked) -> Any:
        last = {word.account.id: word for word in self._change(number).words if word.state != "commented"}
        states = {"approved": "approved", "rejected": "requested_changes", "withdrawn": "unapproved"}
        return [
            {"user": self._user(word.account), "state": states[word.state], "created_at": _time(word.at)}
            for word in last.values()
        ]

    def _change(self, number: str) -> Change:
        return self.forge.changes[int(number) - 1]

    def _graphql(self, asked: dict[str, Any]) -> Any:
        if not self.knows_authors:
            return {"errors": [{"message": "Field 'author' doesn't exist on type 'Commit'"}]}
        assert asked["variables"]["path"] == "acme/apps"
        nodes = [
            {
                "authorEmail": _git_user(node.author)[1],
                "author": node.author and {"id": f"gid://gitlab/User/{node.author.id}", "username": node.author.login},
            }
            for node in self._change(asked["variables"]["iid"]).commits
        ]
        number = int(asked["variables"]["after"] or "0")
        page = {"hasNextPage": number + 1 < len(nodes), "endCursor": str(number + 1)}
        commits = {"pageInfo": page, "nodes": nodes[number : number + 1]}
        return {"data": {"project": {"mergeRequest": {"commits": commits}}}}

    # -- people -----------------------------------------------------------------------------------------------

    def _members(self, asked: Asked) -> Any:
        wanted = asked.query["user_ids[]"]
        return [
            {**self._user(account), "access_level": _LEVELS[account.role], "expires_at": None}
            for account in self.forge.accounts
            if str(account.id) == wanted and account.role != "none"
        ]

    def _users(self, asked: Asked) -> Any:
        wanted = asked.query["search"]
        return [
            self._user(account)
            for account in self.forge.accounts
            if (account.has_public_mail and account.mail == wanted) or account.login == wanted
        ]

    def _one_user(self, number: str, _: Asked) -> Any:
        found = [account for account in self.forge.accounts if str(account.id) == number]
        if not found:
            return Reply(404, b'{"message": "404 User Not Found"}')
        return self._profile(found[0])

    def _profile(self, account: Account) -> dict[str, Any]:
        mail = account.mail if account.has_public_mail else None
        return {**self._user(account), "bot": account.is_bot, "public_email": mail}

    def _user(self, account: Account) -> dict[str, Any]:
        state = "blocked" if account.is_blocked else "active"
        return {"id": account.id, "username": account.login, "name": account.login, "state": state}


def branch_rule(name: str, level: int, **named: Any) -> dict[str, Any]:
    """A rule for protected branches with one entry for pushes."""
    entry = {"id": 1, "access_level": level, "access_level_description": "", **named}
    return {"id": 1, "name": name, "push_access_levels": [entry], "allow_force_push": False}


_ROUTES = (
    (r"/job", "_job"),
    (r"HOME/pipelines/(\d+)", "_pipeline"),
    (r"HOME/deployments", "_deployments"),
    (r"HOME/deployments/(\d+)", "_deployment"),
    (r"HOME/events", "_events"),
    (r"HOME/protected_branches", "_protected"),
    (r"HOME/members/all", "_members"),
    (r"HOME/repository/merge_base", "_merge_base"),
    (r"HOME/repository/commits", "_commits"),
    (r"HOME/repository/commits/(\w+)/merge_requests", "_requests_of"),
    (r"HOME/repository/commits/(\w+)/statuses", "_statuses"),
    (r"HOME/merge_requests/(\d+)/commits", "_request_commits"),
    (r"HOME/merge_requests/(\d+)/approvals", "_approvals"),
    (r"HOME/merge_requests/(\d+)/versions", "_versions"),
    (r"HOME/merge_requests/(\d+)/reviewers", "_reviewers"),
    (r"/users", "_users"),
    (r"/users/(\d+)", "_one_user"),
)


def _git_user(account: Account | None) -> tuple[str, str]:
    return (account.login, account.mail) if account else ("Somebody", "somebody@nowhere.example")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

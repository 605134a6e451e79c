"""Reads files from the protected default branch, so that a tag or branch of one's own brings no rules of its own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path

from gitless.ci.git_command import Answer, GitCommand
from gitless.errors import RemoteError, UsageError
from gitless.model.secret import Secret
from gitless.model.web import check_web_address, origin

FETCH_SECONDS = 120.0
MAX_EVENT_BYTES = 32 * 1024 * 1024
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,200}")
_PATH = re.compile(r"[^\x00-\x1f\x7f:]{1,1024}")


class ProtectedBranch:
    """One commit of the default branch, as the remote has it now.

    Args:
        top: The working tree's top folder.
        env: The environment: the platform names the branch.

    Raises:
        UsageError: The branch is not known, or a CI job has no remote.
        RemoteError: The remote cannot be asked.
    """

    def __init__(self, top: Path, env: Mapping[str, str]) -> None:
        self._git = GitCommand(top, env)
        remote = self._git.run("config", "--get", "remote.origin.url")
        self.has_remote = remote.status == 0
        if not self.has_remote and (_is_ci(env) or self._git.run("remote").line):
            raise UsageError(
                "There is no remote `origin` to read the rules from.",
                why="Promotions are judged by gitless.yaml of the protected default branch, never by a job's own copy.",
                hint="Check out with actions/checkout or let GitLab clone; elsewhere name the remote origin.",
            )
        self._secrets = _credential(remote.line, env)
        self.branch = self._find_branch(env)
        self.commit = self._fetch()

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """A file's bytes at that commit; None where it has none.

        Args:
            path: Relative to the repository's top, with `/`.
            max_bytes: Longest content that is read.

        Raises:
            UsageError: The path is none, or the file is longer.
        """
        if not _PATH.fullmatch(path) or path.startswith("/") or ".." in path.split("/"):
            raise UsageError(f"Not a path in the repository: {path[:200]!a}")
        name = f"{self.commit}:{path}"
        size = self._git.run("cat-file", "-s", name)
        if size.status:
            return None
        if int(size.line) > max_bytes:
            raise UsageError(f"{path} is too long.", why=f"At most {max_bytes} bytes are read.")
        return self._git.run("cat-file", "blob", name).output

    def _find_branch(self, env: Mapping[str, str]) -> str:
        found = env.get("CI_DEFAULT_BRANCH") if env.get("GITLAB_CI") == "true" else _github_default(env)
        if not found:
            head = self._git.run("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").line
            found = head.removeprefix("refs/remotes/origin/")
        if not found and not self.has_remote:
            found = self._git.run("symbolic-ref", "--quiet", "--short", "HEAD").line
        if not found or not _BRANCH.fullmatch(found):
            raise UsageError(
                "The protected default branch is not known.",
                why="Neither the platform nor the clone names it.",
                hint="Run `git remote set-head origin --auto`.",
            )
        return found

    def _fetch(self) -> str:
        if not self.has_remote:
            return self._commit(f"refs/heads/{self.branch}")
        target = f"refs/remotes/origin/{self.branch}"
        answer = self._fetch_into(target)
        if answer.status and self._secrets:
            # second, since a checkout may have left a credential of its own, and GitHub refuses two
            answer = self._fetch_into(target, self._secrets)
        if answer.status:
            raise RemoteError(
                f"The protected branch {self.branch} cannot be read.",
                why=answer.messages,
                hint="The rules of promotions are read from there. On GitHub the step needs GITHUB_TOKEN, and the job, "
                "beside the permissions it has:\npermissions:\n  contents: read",
            )
        return self._commit(target)

    def _fetch_into(self, target: str, secrets: Mapping[str, Secret] | None = None) -> Answer:
        shallow = self._git.run("rev-parse", "--is-shallow-repository").line == "true"
        depth = ["--depth=1"] if shallow else []
        return self._git.run(
            "fetch", "--quiet", "--no-tags", *depth, "origin", f"+refs/heads/{self.branch}:{target}",
            timeout=FETCH_SECONDS, secrets=secrets,
        )  # fmt: skip

    def _commit(self, ref: str) -> str:
        answer = self._git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if answer.status or not answer.line:
            raise UsageError(f"The branch {self.branch} has no commit.")
        return answer.line


def _credential(remote: str, env: Mapping[str, str]) -> dict[str, Secret]:
    """GitHub's token for the remote, as actions/checkout would leave it; nothing for any host but GitHub's own."""
    token, server = env.get("GITHUB_TOKEN"), env.get("GITHUB_SERVER_URL", "")
    if env.get("GITHUB_ACTIONS") != "true" or not token:
        return {}
    try:
        is_ours = origin(check_web_address(server)) == origin(check_web_address(remote))
    except ValueError:
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {f"http.{server.rstrip('/')}/.extraHeader": Secret(f"Authorization: Basic {basic}")} if is_ours else {}


def _is_ci(env: Mapping[str, str]) -> bool:
    return "true" in (env.get("GITHUB_ACTIONS"), env.get("GITLAB_CI"))


def _github_default(env: Mapping[str, str]) -> str:
    """The default branch as the event's payload names it; empty where there is none."""
    path = env.get("GITHUB_EVENT_PATH") if env.get("GITHUB_ACTIONS") == "true" else ""
    if not path:
        return ""
    try:
        with Path(path).open("rb") as stream:
            event = json.loads(stream.read(MAX_EVENT_BYTES))
        name = event["repository"]["default_branch"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""

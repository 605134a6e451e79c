"""All of GitHub that a job meets, under its real names, behind the permissions that `permissions:` gave the job.

Git at github.com, the API at api.github.com, packages at ghcr.io and identity tokens; everything is reached by CONNECT
through `url`, as in `tests.fakes.sigstore.issuers`. What a permission does not cover is answered with 403.

    with Platform(folder, {"gitless.yaml": …}) as platform:
        platform.grants = {"contents": "read", "packages": "write"}
        checkout = platform.check_out("main")             # as actions/checkout does; fails without contents
        platform.job(checkout, ref="refs/heads/main")     # the job's variables
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from tests.fakes.api_server import TOKEN, Asked
from tests.fakes.git_forge import GitForge
from tests.fakes.git_server import GitServer
from tests.fakes.github_api import RUN, GitHubServer
from tests.fakes.registry_server import RegistryServer
from tests.fakes.registry_server import Request as RegistryRequest
from tests.fakes.sigstore.issuers import Issuers
from tests.fakes.sigstore.loopback import Answer, Request

GIT, API, PACKAGES = "https://github.com", "https://api.github.com", "https://ghcr.io"
HOME = "/repos/acme/apps"
PERMISSIONS = (
    (HOME + r"/actions/runs/\d+(/approvals|/jobs)?", "actions"),
    (HOME + r"/activity", "contents"),
    (HOME + r"/compare/.*", "contents"),
    (r"/graphql", "contents"),
    (HOME + r"/collaborators/[^/]+/permission", "metadata"),
    (HOME + r"/commits/\w+/pulls", "pull-requests"),
    (HOME + r"/pulls/\d+(/commits|/reviews)?", "pull-requests"),
    (HOME + r"/commits/\w+/check-runs", "checks"),
    (HOME + r"/commits/\w+/statuses", "statuses"),
)
"""Which permission a path of the API takes, as GitHub's documentation of the REST API says."""
_LEVELS = ("none", "read", "write")


class Platform(Issuers):
    """GitHub with the repository acme/apps and its packages.

    Args:
        folder: An empty folder.
        files: What the repository's first commit holds.
    """

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        super().__init__(folder, [GIT, API, PACKAGES])
        self.folder = folder
        self.forge = GitForge(folder, "github.com", files)
        self.api = GitHubServer(self.forge)
        self.registry = RegistryServer()
        self.git = GitServer(folder, "")
        self._exits = ExitStack()
        self.grants: Mapping[str, str] = {}
        self.used: set[str] = set()
        """Permissions that something was asked under."""

    def __enter__(self) -> Platform:
        for part in (self.api, self.registry, self.git):
            self._exits.enter_context(part)
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._exits.close()

    def allows(self, name: str, level: str = "read") -> bool:
        """Whether the job's token may; every token may read metadata."""
        self.used.add(name)
        return name == "metadata" or _LEVELS.index(self.grants.get(name, "none")) >= _LEVELS.index(level)

    def check_out(self, ref: str) -> Path:
        """A clone as actions/checkout makes it, without its credential.

        Raises:
            subprocess.CalledProcessError: The job may not read contents.
        """
        target = self.folder / f"checkout-{len(list(self.folder.glob('checkout-*')))}"
        basic = f"Authorization: Basic {_basic('x-access-token')}"
        words = (
            "-c",
            f"http.extraHeader={basic}",
            "clone",
            "--quiet",
            "--branch",
            ref,
            f"{GIT}/acme/apps",
            str(target),
        )
        self._run(*words, cwd=self.folder)
        self._run("config", "http.sslCAInfo", str(self.root), cwd=target)
        return target

    def job(self, ref: str, path: str, **claims: str) -> dict[str, str]:
        """The variables of a job of main's tip; those for identity tokens only with `id-token: write`."""
        named = {"repository": "acme/apps", "repository_id": str(self.forge.id), "run_id": str(RUN)}
        job = self.github_job(sha=self.forge.tip, ref=ref, path=f".github/workflows/{path}", **{**named, **claims})
        if self.grants.get("id-token") != "write":
            job = {name: value for name, value in job.items() if not name.startswith("ACTIONS_ID_TOKEN_")}
        return {**job, **self.client_environment(), "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": API}

    def _answer(self, request: Request) -> Answer:
        answers = {"github.com": self._git, "api.github.com": self._api, "ghcr.io": self._packages}
        if request.host in answers:
            return answers[request.host](request)
        if not request.host and not self.allows("id-token", "write"):
            return Answer(404)
        return super()._answer(request)

    def _git(self, request: Request) -> Answer:
        said = request.headers.get("authorization", "")
        if not said:
            return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="GitHub"'})
        if said != f"Basic {_basic('x-access-token')}" or not self.allows("contents"):
            return Answer(403, b"Resource not accessible by integration")
        path = request.path.replace("/acme/apps.git/", "/acme/apps/").replace("/acme/apps/", "/apps.git/")
        query = f"?{urlencode(request.query)}" if request.query else ""
        kind = request.headers.get("content-type", "")
        status, headers, body = self.git.answer(request.method, path + query, kind, request.body)
        return Answer(status, body, headers)

    def _api(self, request: Request) -> Answer:
        need = next((name for pattern, name in PERMISSIONS if re.fullmatch(pattern, request.path)), "")
        assert need, f"no permission is known for {request.path}"
        if not self.allows(need):
            return Answer.of({"message": "Resource not accessible by integration"}, 403)
        reply = self.api.respond(Asked(request.path, request.query, request.headers, request.body))
        return Answer(reply.status, reply.body, {"Content-Type": "application/json", **reply.headers})

    def _packages(self, request: Request) -> Answer:
        said = request.headers.get("authorization", "")
        if request.path == "/token":
            # whatever the user's name is, the token counts
            is_known = base64.b64decode(said.removeprefix("Basic ")).endswith(f":{TOKEN}".encode())
            return Answer.of({"token": TOKEN}) if is_known else Answer.of(_error("UNAUTHORIZED", "who?"), 401)
        if said != f"Bearer {TOKEN}":
            scope = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"'
            return Answer.of(_error("UNAUTHORIZED", "authentication required"), 401, **{"WWW-Authenticate": scope})
        level = "read" if request.method in ("GET", "HEAD") else "write"
        if not self.allows("packages", level):
            return Answer.of(_error("DENIED", f"permission_denied: {level}_package"), 403)
        reply = self.registry.answer(
            RegistryRequest(request.method, request.path, request.query, request.headers, request.body, self.registry)
        )
        assert isinstance(reply.body, bytes)
        return Answer(reply.status, reply.body, reply.headers)

    def _run(self, *words: str, cwd: Path) -> None:
        env = {**os.environ, **self.client_environment(), "GIT_SSL_CAINFO": str(self.root)}
        subprocess.run(["git", *words], cwd=cwd, env=env, check=True, capture_output=True)


def pull_request(folder: Path, *, head: str) -> Path:
    """The file of an event about a pull request from repository `head`."""
    sides = {"head": {"repo": {"full_name": head, "id": 9}}, "base": {"repo": {"full_name": "acme/apps", "id": 700001}}}
    event = folder / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}, "pull_request": sides}))
    return event


def _basic(user: str) -> str:
    return base64.b64encode(f"{user}:{TOKEN}".encode()).decode()


def _error(code: str, message: str) -> dict[str, object]:
    return {"errors": [{"code": code, "message": message}]}

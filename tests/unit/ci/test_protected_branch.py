"""The rules come from the default branch as the remote has it now, private repositories included."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.git_server import GitServer
from tools.peers.publisher import Repository

from gitless.ci.protected import ProtectedBranch
from gitless.errors import RemoteError, UsageError

TOKEN = "ghs_only-for-tests"
BASIC = f"Basic {base64.b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"
MAX_BYTES = 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    """A private repository."""
    with GitServer(tmp_path / "served", BASIC) as running:
        yield running


@pytest.fixture
def clone(tmp_path: Path, server: GitServer) -> Repository:
    """A checkout of a tag whose rules are laxer than those of main; its remote wants a credential."""
    made = Repository(tmp_path / "clone")
    bare = server.folder / "acme" / "apps.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(bare)], check=True)
    made.write({"gitless.yaml": "strict", "deploy/keys/promote.pub": "key"})
    made.commit()
    made.git("push", "--quiet", str(bare), "HEAD:main")
    made.write({"gitless.yaml": "lax"})
    made.commit()
    made.git("remote", "set-url", "origin", f"{server.url}/acme/apps.git")
    return made


def job(server: GitServer, tmp_path: Path, **more: str) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SERVER_URL": server.url,
        **more,
    }


def test_the_jobs_token_reads_a_private_repository(clone: Repository, server: GitServer, tmp_path: Path) -> None:
    branch = ProtectedBranch(clone.path, job(server, tmp_path, GITHUB_TOKEN=TOKEN))
    assert branch.read("gitless.yaml", MAX_BYTES) == b"strict"
    assert branch.read("deploy/keys/promote.pub", MAX_BYTES) == b"key"
    assert branch.read("nothing", MAX_BYTES) is None
    assert branch.commit != clone.git("rev-parse", "HEAD")
    assert server.seen[0] is None, "a public repository needs none"
    assert TOKEN not in (clone.path / ".git" / "config").read_text()


def test_a_credential_that_the_checkout_left_is_enough(clone: Repository, server: GitServer, tmp_path: Path) -> None:
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {BASIC}")
    branch = ProtectedBranch(clone.path, job(server, tmp_path, GITHUB_TOKEN=TOKEN))
    assert branch.read("gitless.yaml", MAX_BYTES) == b"strict"
    assert set(server.seen) == {BASIC}


@pytest.mark.parametrize(
    "changed",
    [
        {"GITHUB_SERVER_URL": "https://github.com"},
        {"GITHUB_SERVER_URL": "no address"},
        {"GITHUB_ACTIONS": "false", "CI": "true"},
    ],
    ids=["another-host", "no-server", "no-github-job"],
)
def test_the_token_goes_to_no_other_host(
    changed: dict[str, str], clone: Repository, server: GitServer, tmp_path: Path
) -> None:
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    with pytest.raises(RemoteError, match="The protected branch main cannot be read") as caught:
        ProtectedBranch(clone.path, {**job(server, tmp_path, GITHUB_TOKEN=TOKEN), **changed})
    assert set(server.seen) == {None}
    assert "contents: read" in caught.value.hint


def test_a_wrong_token_is_told_without_it(clone: Repository, server: GitServer, tmp_path: Path) -> None:
    with pytest.raises(RemoteError) as caught:
        ProtectedBranch(clone.path, job(server, tmp_path, GITHUB_TOKEN="ghs_wrong"))
    assert "ghs_wrong" not in str(caught.value)
    assert base64.b64encode(b"x-access-token:ghs_wrong").decode() not in str(caught.value)


def test_a_branch_nobody_names_is_asked_for(clone: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="default branch is not known") as caught:
        ProtectedBranch(clone.path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert "git remote set-head" in caught.value.hint


def test_gitlab_names_its_branch(clone: Repository, server: GitServer, tmp_path: Path) -> None:
    clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {BASIC}")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"}
    assert ProtectedBranch(clone.path, env).read("gitless.yaml", MAX_BYTES) == b"strict"


def test_a_clone_without_remote_has_its_own_branch(clone: Repository, tmp_path: Path) -> None:
    clone.git("remote", "remove", "origin")
    branch = ProtectedBranch(clone.path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert not branch.has_remote
    assert branch.read("gitless.yaml", MAX_BYTES) == b"lax"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../b", "a:b", "a\nb", ""])
def test_what_is_no_path_in_the_repository_is_refused(path: str, clone: Repository, tmp_path: Path) -> None:
    clone.git("remote", "remove", "origin")
    branch = ProtectedBranch(clone.path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    with pytest.raises(UsageError, match="Not a path in the repository"):
        branch.read(path, MAX_BYTES)


def test_a_file_that_is_too_long_is_refused(clone: Repository, tmp_path: Path) -> None:
    clone.git("remote", "remove", "origin")
    branch = ProtectedBranch(clone.path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    with pytest.raises(UsageError, match="too long"):
        branch.read("gitless.yaml", 2)

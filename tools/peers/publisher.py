"""The real `gitless` command in a repository of its own, as a person or a CI job runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.peers.recipes import folder

SOURCE = "https://git.example/acme/apps"
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@git.example",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@git.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def gitless(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command line of this checkout, with the peers first on the path.

    Raises:
        AssertionError: It failed; with what it said.
    """
    environment = {
        **os.environ,
        "HOME": str(cwd),
        "PATH": f"{folder() / 'bin'}{os.pathsep}{os.environ['PATH']}",
        **(env or {}),
    }
    command = [sys.executable, "-m", "gitless", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Repository:
    """A Git repository on the branch main, with a remote that is only a name.

    Args:
        path: Where it is; made here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seconds = 1_750_000_000
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", SOURCE)

    def git(self, *arguments: str) -> str:
        """Run git here; returns what it prints."""
        date = {"GIT_AUTHOR_DATE": f"@{self._seconds} +0000", "GIT_COMMITTER_DATE": f"@{self._seconds} +0000"}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**os.environ, **_AUTHOR, **date},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files by their paths."""
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(content)

    def copy(self, tree: Path) -> None:
        """Copy a whole tree in."""
        shutil.copytree(tree, self.path, dirs_exist_ok=True, copy_function=shutil.copyfile)

    def commit(self, message: str = "change") -> str:
        """Commit everything, one minute after the commit before; returns its id."""
        self.tick()
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def tick(self) -> None:
        """Let a minute pass."""
        self._seconds += 60

    def publish(self, key: Path, *arguments: str | Path, password: str = "") -> list[dict[str, Any]]:
        """`gitless publish … --json` with a signing key; returns the record of every component."""
        env = {"GITLESS_KEY_PASSWORD": password} if password else {}
        done = gitless("publish", *arguments, "--signing-key", key, "--json", cwd=self.path, env=env)
        record = json.loads(done.stdout)
        assert record["verb"] == "publish"
        assert record["ok"] is True, record
        components: list[dict[str, Any]] = record["components"]
        return components

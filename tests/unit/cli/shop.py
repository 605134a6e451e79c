"""A Git repository in a temporary folder, and the real command line run in it as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.signed import make_key_pem
from tests.fakes.workshop import config_map

CLEAN = ("PATH", "HOME", "LANG", "SYSTEMROOT", "PYTHONPATH")


class Shop:
    """One repository with one component and a key.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.repository = folder / "repo"
        self.layout = folder / "out"
        self.key = folder / "key.pem"
        self.key.write_bytes(make_key_pem())
        self.public = folder / "key.pub"
        self.public.write_bytes(self._public())
        (self.repository / "web").mkdir(parents=True)
        (self.repository / "web" / "cm.yaml").write_bytes(config_map("one"))
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", "https://user:token@github.com/acme/apps.git")
        self.commit()

    def git(self, *arguments: str) -> str:
        """Run git as a fixed person at a fixed time."""
        names = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
                 for what, value in (("NAME", "t"), ("EMAIL", "t@example.test"), ("DATE", "2026-11-20T10:00:00Z"))}  # fmt: skip
        env = {**self.env(), **names, "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(
            ["git", *arguments], cwd=self.repository, env=env, check=True, capture_output=True, text=True
        ).stdout

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def env(self, **more: str) -> dict[str, str]:
        """An environment without the machine's own settings."""
        return {**{key: os.environ[key] for key in CLEAN if key in os.environ}, **more}

    def run(self, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None, umask: int = 0o022):
        """Run the command line."""
        return subprocess.run(
            [sys.executable, "-m", "gitless", *arguments],
            cwd=cwd or self.repository, env=self.env(**(env or {})), capture_output=True, text=True, umask=umask, check=False,
        )  # fmt: skip

    def publish(self, *arguments: str, **options):
        """Publish the component; returns (exit code, JSON document, stderr)."""
        words = ("publish", "--path", "web", "--registry", f"oci-layout:{self.layout}", "--signing-key", str(self.key))
        done = self.run(*words, "--json", *arguments, **options)
        return done.returncode, json.loads(done.stdout), done.stderr

    def _public(self) -> bytes:
        from gitless.signing.key_signer import KeySigner

        return KeySigner(self.key.read_bytes()).public_key_pem

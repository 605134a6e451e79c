"""A `Forge` whose commits are real: the same history in a Git repository, published from it and asked from the API."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.fakes.forge import Account, Forge, Node
from tools.peers.publisher import Repository

_MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {number: '%d'}\n"


class GitForge(Forge):
    """The repository `acme/apps`, with a clone of it and the bare repository that is its remote.

    Every commit changes the component `web`.

    Args:
        folder: An empty folder.
        platform: Host of the platform, for the remote's address.
        files: What the first commit brings beside the component.
    """

    def __init__(self, folder: Path, platform: str, files: dict[str, str]) -> None:
        self.clone = Repository(folder / "apps")
        bare = folder / "apps.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(bare)], check=True)
        address = f"https://{platform}/acme/apps"
        self.clone.git("remote", "set-url", "origin", address)
        # the address stays the platform's; only git is sent to the folder
        self.clone.git("config", f"url.{bare}.insteadOf", address)
        self.clone.write(files)
        self._number = 0
        super().__init__()

    def write(self, author: Account | None, *parents: str, message: str = "Change", **named: Any) -> Node:
        """A commit on top of `parents`, or of main, as Git makes it."""
        self._number += 1
        self.clone.write({"web/config.yaml": _MANIFEST % self._number})
        self.clone.git("add", "--all")
        self.clone.tick()
        on = parents or ((self.tip,) if self.tip else ())
        tree = self.clone.git("write-tree")
        sha = self.clone.git("commit-tree", tree, *(word for sha in on for word in ("-p", sha)), "-m", message)
        made = super().write(author, *on, message=message, **named)
        del self.commits[made.sha]
        node = Node(sha, made.parents, made.author, made.committer, made.message, made.at)
        self.commits[sha] = node
        return node

    def _move(self, kind: str, actor: Account, after: str, before: str = "") -> None:
        super()._move(kind, actor, after, before)
        self.clone.git("push", "--quiet", "--force", "origin", f"{after}:refs/heads/main")
        self.clone.git("reset", "--quiet", "--hard", after)

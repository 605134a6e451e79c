"""A repository with a protected remote, keys of a publisher and a promoter, and the verbs run in it, in this process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.signed import make_key_pem
from tests.fakes.workshop import config_map

from gitless.model.moves import MovesResult
from gitless.signing.key_signer import KeySigner
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.promote import move
from gitless.wiring.publish import publish
from gitless.wiring.request import PublishRequest

CHANNELS = """\
  stable:
    from: latest
    releases: {scheme: semver}
"""
RULES = """\
version: 1
registry: REGISTRY
components:
  - path: web
  - path: db
identities:
  publish: {key: keys/publish.pub}
  promote: {key: keys/promote.pub}
signing: {method: key}
channels:
  latest: {branches: [main]}
"""


class ProtectedRepo:
    """A clone of a bare repository, both in a folder of the test.

    Args:
        folder: An empty folder; the process must run in its `clone`.
        registry: Where artifacts go; a layout beside the clone by default.
        channels: The channels of gitless.yaml that promotions move.
    """

    def __init__(self, folder: Path, registry: str = "", channels: str = CHANNELS) -> None:
        self.clone, self.bare = folder / "clone", folder / "origin.git"
        self.registry = registry or f"oci-layout:{folder / 'out'}"
        self.keys = {role: folder / f"{role}.pem" for role in ("publish", "promote", "stranger")}
        for path in self.keys.values():
            path.write_bytes(make_key_pem())
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        self.clone.mkdir()
        self.git("init", "-q", "-b", "main")
        # the address is the platform's, as annotations and evidence name it; git alone is sent to the folder
        self.git("config", f"url.{self.bare}.insteadOf", "https://github.com/acme/apps.git")
        self.git("remote", "add", "origin", "https://github.com/acme/apps.git")
        for role in ("publish", "promote"):
            self.write(f"keys/{role}.pub", self.public(role))
        for component in ("web", "db"):
            self.write(f"{component}/cm.yaml", config_map(f"{component} one"))
        self.write("gitless.yaml", self.rules(channels))
        self.push()
        self.git("remote", "set-head", "origin", "main")

    def rules(self, channels: str = CHANNELS) -> bytes:
        """gitless.yaml with these channels."""
        return (RULES.replace("REGISTRY", self.registry) + channels).encode()

    def public(self, role: str) -> bytes:
        """The public half of a key."""
        return KeySigner(self.keys[role].read_bytes()).public_key_pem

    def write(self, path: str, content: bytes) -> None:
        """Write a file."""
        target = self.clone / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def git(self, *arguments: str) -> str:
        """Run git as a fixed person."""
        names = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
                 for what, value in (("NAME", "t"), ("EMAIL", "t@example.test"))}  # fmt: skip
        env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(["git", *arguments], cwd=self.clone, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit everything; returns the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def push(self) -> str:
        """Commit everything and push it to the protected branch."""
        commit = self.commit()
        self.git("push", "-q", "--force", "origin", "HEAD:main")
        return commit

    def publish(self, **options: object) -> dict[str, str]:
        """Publish all components; returns their digests by name."""
        request = PublishRequest(signing_key=str(self.keys["publish"]), **options)  # type: ignore[arg-type]
        result = publish(request)
        assert not [item.error for item in result.components if item.error], result
        return {item.name: item.digest for item in result.components}

    def promote(self, *names: str, **options: object) -> MovesResult:
        """Promote components to `stable`."""
        return self.move(names or ("web",), kind="promote", **options)

    def rollback(self, *names: str, **options: object) -> MovesResult:
        """Roll components of `stable` back."""
        return self.move(names or ("web",), **{"kind": "rollback", "reason": "it fails", **options})

    def move(self, names: tuple[str, ...], **options: object) -> MovesResult:
        """Run the verb."""
        said: Mapping[str, object] = {"channel": "stable", "signing_key": str(self.keys["promote"]), **options}
        return move(MoveRequest(names=names, **said))  # type: ignore[arg-type]

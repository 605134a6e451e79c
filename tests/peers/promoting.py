"""A repository that publishes from its default branch and promotes from tags, each as its own CI job."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fakes.sigstore.stack import Stack
from tests.peers.keyless import Job

ISSUERS = {"github": "https://token.actions.githubusercontent.com", "gitlab": "https://gitlab.com"}
PUBLISHERS = {
    "github": "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main",
    "gitlab": "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/heads/main",
}
PROMOTERS = {
    "github": "https://github.com/acme/d2-apps/.github/workflows/release-artifact.yaml@refs/tags/{tag}",
    "gitlab": "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/tags/{tag}",
}
STABLE = """\
  stable:
    from: latest
    releases: {scheme: semver}
    gates:
      provenance: {repository: acme/d2-apps, ref: refs/heads/main}
      sbom: {profile: deployment}
"""
_CHANNELS = "channels:\n  latest: {branches: [main]}\n"
_PROMOTE = {
    "github": "{github: {repository: acme/d2-apps, workflow: release-artifact.yaml, ref: refs/tags/*}}",
    "gitlab": "{gitlab: {project: acme/d2-apps, ref: refs/tags/*}}",
}


class Releases(Job):
    """A job's repository with a remote that can be fetched, so that the rules come from its protected branch.

    Args:
        path: Where the repository is made; the remote is made beside it.
        stack: The Sigstore services.
        platform: `github` or `gitlab`.
        stable: The channel `stable` and what follows it in gitless.yaml.
        component: What is promoted.
    """

    def __init__(self, path: Path, stack: Stack, platform: str, stable: str = STABLE, component: str = "web") -> None:
        self.component = component
        super().__init__(path, stack, platform, f"  promote: {_PROMOTE[platform]}\n{_CHANNELS}{stable}")
        bare = path.with_name(f"{path.name}.git")
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(bare)], check=True)
        # the address stays the platform's, which annotations and evidence name; only git is sent to the folder
        self.repository.git("config", f"url.{bare}.insteadOf", f"https://{platform}.com/acme/d2-apps")
        self._event = path.with_name("event.json")
        self._event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        self.push()

    def push(self) -> None:
        """Push the last commit to main."""
        self.repository.git("push", "--quiet", "--force", "origin", "HEAD:main")

    def change(self, files: Mapping[str, str]) -> str:
        """Commit these files and push them; the commit's id."""
        self.repository.write(files)
        commit = self.repository.commit()
        self.push()
        return commit

    def variables(self, **claims: str | int) -> dict[str, str]:
        """The variables of a job for the last commit; the platform names the default branch."""
        named = {"GITHUB_EVENT_PATH": str(self._event)} if self.platform == "github" else {"CI_DEFAULT_BRANCH": "main"}
        return {**super().variables(**claims), **named}

    def release(self, tag: str, **claims: str | int) -> dict[str, str]:
        """The variables of a job that a protected tag of the last commit started."""
        if self.platform == "gitlab":
            return self.variables(ref=tag, ref_type="tag", **claims)
        return self.variables(path=".github/workflows/release-artifact.yaml", ref=f"refs/tags/{tag}", **claims)

    def promoter(self, tag: str) -> str:
        """The subject of certificates of such jobs."""
        return PROMOTERS[self.platform].format(tag=tag)

    def promote(self, registry: str, tag: str, *flags: str) -> dict[str, Any]:
        """Promote to `stable` as the tag's job, with the tag as the release; the component of the JSON result."""
        return self.move("promote", registry, tag, "--to", "stable", "--release", tag, *flags)

    def rollback(self, registry: str, tag: str, *flags: str) -> dict[str, Any]:
        """Move `stable` back as the tag's job; the component of the JSON result."""
        return self.move("rollback", registry, tag, "--channel", "stable", *flags)

    def move(self, verb: str, registry: str, tag: str, *flags: str) -> dict[str, Any]:
        """Run a verb for the component as the tag's job; the component of the JSON result."""
        done = self.run(verb, self.component, "--registry", registry, "--json", *flags, env=self.release(tag))
        record: dict[str, Any] = json.loads(done)["components"][0]
        return record

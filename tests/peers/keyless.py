"""A repository that publishes as its own CI job, against Sigstore services on this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fakes.sigstore.stack import Stack
from tools.peers.publisher import Repository, gitless

CONFIGURATION = """\
version: 1
components: [{path: web}]
signing:
  rekor: 2
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
identities:
  publish: PUBLISH
"""
FILES = {
    "gitless.yaml": CONFIGURATION,
    "web/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {greeting: hello}\n",
}
PLATFORMS = {
    "github": "{github: {repository: acme/d2-apps, workflow: push-artifact.yaml, ref: refs/heads/main}}",
    "gitlab": "{gitlab: {project: acme/d2-apps, ref: refs/heads/main}}",
}


class Job:
    """One repository and the jobs that run for its last commit.

    Args:
        path: Where the repository is made.
        stack: The Sigstore services.
        platform: `github` or `gitlab`.
        more: What else stands in gitless.yaml.
    """

    def __init__(self, path: Path, stack: Stack, platform: str, more: str = "") -> None:
        self.stack, self.platform = stack, platform
        self.repository = Repository(path)
        self.repository.git("remote", "set-url", "origin", f"https://{platform}.com/acme/d2-apps")
        self.repository.write({name: text.replace("PUBLISH", PLATFORMS[platform]) for name, text in FILES.items()})
        self.repository.write({"gitless.yaml": CONFIGURATION.replace("PUBLISH", PLATFORMS[platform]) + more})
        (path / "sigstore").mkdir()
        for file in (stack.trusted_root, stack.signing_config):
            shutil.copy(file, path / "sigstore" / file.name)
        self.repository.commit()

    def variables(self, **claims: str | int) -> dict[str, str]:
        """The variables of a job for the last commit."""
        commit = self.repository.git("rev-parse", "HEAD")
        issuers = self.stack.issuers
        make = issuers.github_job if self.platform == "github" else issuers.gitlab_job
        return {**make(**{"sha": commit, **claims}), **issuers.client_environment()}

    def publish(self, registry: str, *flags: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Publish as the job; the first component of the JSON result."""
        done = self.run("publish", "--registry", registry, "--json", *flags, env=env)
        record: dict[str, Any] = json.loads(done)["components"][0]
        return record

    def run(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
        """Run gitless as the job."""
        return gitless(*arguments, cwd=self.repository.path, env=self.variables() if env is None else env).stdout

    def refused(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run gitless as the job; its exit code and what it said."""
        variables = self.variables() if env is None else env
        done = gitless(*arguments, cwd=self.repository.path, env=variables, check=False)
        return done.returncode, done.stderr

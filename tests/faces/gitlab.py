"""gitlab-ci-local with the components of this repository: pipelines of the example, offline, in a home of their own.

It differs from GitLab where no server is: ID tokens, the job's token and CI variables of a server are given to it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml
from tests.faces.example import Example
from tests.fakes.sigstore.stack import Stack
from tools.faces.kept import gitlab_ci_local, node
from tools.gitlab_components import version
from tools.peers.recipes import REPOSITORY, folder

SECONDS = 240
SERVER = "https://gitlab.com"
NAME = "acme/d2-apps"
COMPONENTS = "acme/gitless"
PIPELINE = ".gitlab-ci.yml"
_IDENTITIES = {
    "publish": {"gitlab": {"project": NAME, "ref": "refs/heads/main"}},
    "promote": {"gitlab": {"project": NAME, "ref": "refs/tags/*"}},
}
_SERVER_NAMES = {
    "CI_SERVER_HOST": "gitlab.com",
    "CI_SERVER_FQDN": "gitlab.com",
    "CI_SERVER_PORT": "443",
    "CI_PROJECT_DIR": ".",
}


@dataclass(frozen=True)
class Ended:
    """How jobs ended.

    Attributes:
        code: gitlab-ci-local's exit code.
        log: Everything that it printed.
        kept: The folder with the artifacts of its jobs.
    """

    code: int
    log: str
    kept: Path

    def report(self, job: str, verb: str, name: str) -> str:
        """A report file of a job, as GitLab would take it."""
        return (self.kept / job / "gitless-reports" / verb / name).read_text(encoding="utf-8")

    def result(self, job: str, verb: str) -> dict[str, Any]:
        """The JSON document of a job."""
        document: dict[str, Any] = json.loads(self.report(job, verb, "result.json"))
        return document

    def outputs(self, job: str, verb: str) -> dict[str, str]:
        """What later jobs get as variables."""
        lines = self.report(job, verb, "outputs.env").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def cases(self, job: str, verb: str) -> dict[str, str]:
        """The test report: each case with what became of it."""
        root = ElementTree.fromstring(self.report(job, verb, "junit.xml").encode())
        return {
            f"{case.get('classname')} {case.get('name')}": "failed" if case.find("failure") is not None else "passed"
            for case in root.iter("testcase")
        }


def publish_components(home: Path) -> Path:
    """The components as a project on a server: a bare repository with a tag of this version."""
    work, bare = home / "components", home / "components.git"
    shutil.copytree(REPOSITORY / "templates", work / "templates")
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.test", "-C", str(work))
    for command in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "release"),
        ("tag", f"v{version()}"),
        ("clone", "--quiet", "--bare", ".", str(bare)),
    ):
        subprocess.run([*git, *command], check=True)
    return bare


class GitLab:
    """One machine that runs jobs, with git sent to folders instead of a server.

    Args:
        home: A folder for its files.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "bin").mkdir(parents=True)
        program = home / "bin" / "gitless"  # as the image has it
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -m gitless "$@"\n')
        program.chmod(0o755)
        components = publish_components(home)
        (home / ".gitconfig").write_text(
            f'[url "{components}"]\n\tinsteadOf = https://gitlab.com:443/{COMPONENTS}.git\n'
            f'[url "{components}"]\n\tinsteadOf = {SERVER}/{COMPONENTS}.git\n'
            "[safe]\n\tdirectory = *\n[user]\n\tname = t\n\temail = t@example.test\n"
        )

    def run(self, repository: Path, variables: Mapping[str, str], *jobs: str) -> Ended:
        """Run jobs of a repository's pipeline, and what they need."""
        state = repository / ".gitlab-ci-local"
        shutil.rmtree(state, ignore_errors=True)
        # it fetches all includes of a file at once into one folder, and now and then two of them create the same name
        fetched = state / "includes" / SERVER.removeprefix("https://") / COMPONENTS / f"v{version()}" / "templates"
        shutil.copytree(self.home / "components" / "templates", fetched)
        # only jobs find the remote in a folder: gitlab-ci-local reads the server's name from its address
        jobs_home = self.home / "jobs"
        jobs_home.mkdir(exist_ok=True)
        remote = repository.parent / "remote.git"
        (jobs_home / ".gitconfig").write_text(f'[url "{remote}"]\n\tinsteadOf = {SERVER}/{NAME}\n')
        named = {**variables, **_SERVER_NAMES, "HOME": str(jobs_home)}
        command = [
            *(node(), gitlab_ci_local(), *jobs, "--needs", "--force-shell-executor", "--shell-isolation"),
            *("--no-artifacts-to-source", "--concurrency", "1", "--ignore-predefined-vars", ",".join(named)),
            *(part for name, value in named.items() for part in ("--variable", f"{name}={value}")),
        ]
        done = subprocess.run(
            command, cwd=repository, env=self._environment(), capture_output=True, text=True, timeout=SECONDS
        )
        return Ended(done.returncode, done.stdout + done.stderr, state / "artifacts")

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.home / "bin"), str(folder() / "bin"), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "TMPDIR": str(self.home)}


class Project:
    """The example as a project of acme's on GitLab.

    Args:
        example: The example; its remote is renamed.
        stack: The services to sign with.
    """

    def __init__(self, example: Example, stack: Stack) -> None:
        assert example.name == NAME
        self.example, self.stack = example, stack
        example.repository.git("remote", "set-url", "origin", f"{SERVER}/{NAME}")
        example.repository.git("config", f"url.{example.beside / 'remote.git'}.pushInsteadOf", f"{SERVER}/{NAME}")
        example.trust(stack)
        settings = yaml.safe_load((example.path / "gitless.yaml").read_text())
        example.commit({"gitless.yaml": yaml.safe_dump({**settings, "identities": _IDENTITIES})})

    def job(
        self, ref: str = "main", kind: str = "branch", source: str = "push", environment: str = ""
    ) -> dict[str, str]:
        """The variables of a job, and its token."""
        commit = self.example.repository.git("rev-parse", "HEAD")
        claims: dict[str, Any] = {"sha": commit, "ref": ref, "ref_type": kind, "pipeline_source": source}
        if environment:
            claims["environment"] = environment
        made = self.stack.issuers.gitlab_job(**claims)
        server = self.stack.issuers.client_environment()
        return {**made, **server, "CI_DEFAULT_BRANCH": "main", "CI_JOB_TOKEN": "canary-of-the-job"}

"""A step of a GitHub job in this process: the publish action's entry in a small checkout, and what the platform takes."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.runner_rules import outputs

from gitless.cli.main import run

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")
_WHO = {f"GIT_{role}_{part}": "t@example.test" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}


@dataclass
class Outcome:
    """How a step ended: exit code, log, outputs, summary, and what lies in the checkout that was not there before."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    written: list[str]


def git(folder: Path, *arguments: str) -> str:
    """Run git; returns what it prints."""
    env = {**os.environ, **_WHO}
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, env=env)
    return done.stdout.strip()


def make_checkout(folder: Path) -> Path:
    """A repository of acme's with one component, `web`."""
    (folder / "web").mkdir(parents=True)
    (folder / "web" / "config.yaml").write_text(MANIFEST)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/acme/apps")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "change")


class Step:
    """Runs the actions' entry.

    Args:
        checkout: The checkout it runs in; a key and the store are beside it.
        patch: Sets variables and the working directory for the test.
        capture: Reads what was printed.
    """

    def __init__(self, checkout: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.checkout, self.beside = checkout, checkout.parent
        self._patch, self._capture = patch, capture
        self._before = set(os.listdir(checkout))
        made, plain = ec.generate_private_key(ec.SECP256R1()), serialization.NoEncryption()
        pem = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        (self.beside / "key.pem").write_bytes(pem)

    def __call__(self, **given: str) -> Outcome:
        """Publish, with inputs by their name and environment variables in capitals; what is not given is D2's own."""
        store = {"repository": f"oci-layout:{self.beside / 'store'}", "path": "web"}
        return self.run("publish", **{**store, "signing_key": str(self.beside / "key.pem"), **given})

    def run(self, verb: str, **given: str) -> Outcome:
        """Run an action's verb with these inputs and variables, and no others."""
        temporary = self.beside / "runner"
        temporary.mkdir(exist_ok=True)
        files = {name: temporary / name for name in _FILES}
        for path in files.values():
            path.write_text("")
        values = {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/apps", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "1", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push",
            "GITHUB_SHA": git(self.checkout, "rev-parse", "HEAD"), "RUNNER_TEMP": str(temporary),
            "HOME": str(self.beside), **{name: str(path) for name, path in files.items()},
        }  # fmt: skip
        for name, value in given.items():
            values[name if name.isupper() else f"GITLESS_INPUT_{name.upper()}"] = value
        for name in [name for name in os.environ if name.startswith("GITLESS_INPUT_")]:
            self._patch.delenv(name)
        for name, value in values.items():
            self._patch.setenv(name, value)
        self._patch.chdir(self.checkout)
        self._capture.readouterr()
        code = run(["action", verb])
        log = "".join(self._capture.readouterr())
        assert files["GITHUB_ENV"].read_text() == ""
        assert files["GITHUB_PATH"].read_text() == ""
        return Outcome(
            code,
            log,
            outputs(files["GITHUB_OUTPUT"].read_text()),
            files["GITHUB_STEP_SUMMARY"].read_text(),
            sorted(set(os.listdir(self.checkout)) - self._before),
        )

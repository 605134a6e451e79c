"""A checkout of a stranger that tries to be run: modules, programs and settings that each leave a mark, and a job in it.

    workspace = Workspace(tmp_path, registry="127.0.0.1:5000/apps", index="127.0.0.1:8000")
    done = workspace.act("publish", signing_key=str(workspace.repo.keys["publish"]))
    assert workspace.marks() == []

Whatever is imported or run writes its own path into `marks`; tests prove first that it would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.core import _name as site_name  # the folder that a job's first step would have made
from tests.fakes.protected_repo import ProtectedRepo
from tests.fakes.runner_rules import outputs

REPOSITORY = Path(__file__).resolve().parents[2]
NETRC_PASSWORD = "canary-netrc-31fe"
MODULES = (
    "yaml", "click", "requests", "cryptography", "sigstore", "sitecustomize", "usercustomize", "gitless", "bootstrap",
    "ssl", "json", "subprocess", "pip", "uv", "start", "launch",
)  # fmt: skip
PROGRAMS = ("python3", "python", "uv", "pip", "git", "helm", "kustomize", "docker-credential-evil")
_MODULE = "import os, pathlib\npathlib.Path(os.environ['MARKS']).joinpath(__name__).write_text(__file__)\n"
_PROGRAM = '#!/bin/sh\ntouch "$MARKS/$(basename "$0")"\n[ "$1" = get ] && echo \'{"Username":"a","Secret":"b"}\'\n'
_FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")


def plant(folder: Path, index: str) -> None:
    """Put everything hostile into a folder.

    Args:
        folder: A checkout, or a home folder.
        index: `host:port` of a package index that nobody may ask.
    """
    settings = {
        "pip.conf": f"[global]\nindex-url = http://{index}/simple\n",
        "uv.toml": f'index-url = "http://{index}/simple"\n',
        "pyproject.toml": f'[tool.uv]\nindex-url = "http://{index}/simple"\n',
        ".netrc": f"default login stranger password {NETRC_PASSWORD}\n",
        ".python-version": "3.8\n",
        "pyvenv.cfg": "home = /nowhere\n",
    }
    for name in ("pip.conf", "uv.toml"):
        settings |= {f".config/{name.partition('.')[0]}/{name}": settings[name], f".{name[:3]}/{name}": settings[name]}
    for name, text in settings.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name in MODULES:
        (folder / f"{name}.py").write_text(_MODULE)
    for place in (folder, folder / "bin", folder / ".venv" / "bin"):
        place.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            (place / name).write_text(_PROGRAM)
            (place / name).chmod(0o755)


@dataclass(frozen=True)
class Done:
    """How a step ended: exit code, all that it printed, outputs, summary."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


class Workspace:
    """acme's repository with everything hostile in it, and steps that run the real bootstrap there.

    Args:
        folder: An empty folder.
        registry: HOST/PREFIX of the registry; a layout beside the checkout when empty.
        index: `host:port` of the index that the planted settings name.
        wheelhouse: Where packages are installed from; when empty, those of this interpreter stand for a step before.
    """

    def __init__(self, folder: Path, registry: str = "", index: str = "127.0.0.1:9", wheelhouse: str = "") -> None:
        self.folder, self.home, self.runner = folder, folder / "home", folder / "runner"
        self._marks = folder / "marks"
        for place in (self.home, self.runner, self._marks, folder / "tools"):
            place.mkdir()
        (folder / "tools" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
        self.repo = ProtectedRepo(folder, registry)
        for place in (self.repo.clone, self.home):
            plant(place, index)
        self.repo.push()
        self._event = folder / "event.json"
        self._event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        self._more = {
            "PYTHONPATH": str(self.repo.clone), "PYTHONSTARTUP": str(self.repo.clone / "yaml.py"),
            "PYTHONUSERBASE": str(self.repo.clone), "PIP_INDEX_URL": f"http://{index}/simple",
            "PIP_CONFIG_FILE": str(self.repo.clone / "pip.conf"), "UV_INDEX_URL": f"http://{index}/simple",
            "UV_CONFIG_FILE": str(self.repo.clone / "uv.toml"), "VIRTUAL_ENV": str(self.repo.clone / ".venv"),
            "NETRC": str(self.repo.clone / ".netrc"),
        }  # fmt: skip
        if wheelhouse:
            self._more["GITLESS_INPUT_WHEELHOUSE"] = wheelhouse
        else:
            self._stand_in()

    def marks(self) -> list[str]:
        """Names of what was imported or run."""
        return sorted(path.name for path in self._marks.iterdir())

    def log_in_with_evil(self) -> None:
        """Let the machine's docker config name the helper that only the checkout has."""
        (self.home / ".docker").mkdir()
        (self.home / ".docker" / "config.json").write_text(json.dumps({"credsStore": "evil"}))

    def machine(self) -> dict[str, str]:
        """Variables of the machine, with a PATH that looks into the checkout first."""
        path = os.pathsep.join([".", "", "bin", ".venv/bin", str(self.folder / "tools"), os.environ["PATH"], "./bin"])
        own = {"PATH": path, "HOME": str(self.home), "RUNNER_TEMP": str(self.runner), "MARKS": str(self._marks)}
        return {**own, **self._more}

    def github(self, ref: str = "refs/heads/main") -> dict[str, str]:
        """Variables of a GitHub job."""
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/apps", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "1", "GITHUB_REF": ref, "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(self._event),
            "GITHUB_SHA": self.repo.git("rev-parse", "HEAD"), "GITHUB_WORKSPACE": str(self.repo.clone),
        }  # fmt: skip

    def act(self, verb: str, env: Mapping[str, str] | None = None, **inputs: str) -> Done:
        """Run an action's step as its file does, with these inputs."""
        words = ("setup",) if verb == "setup" else ("action", verb)
        given = {f"GITLESS_INPUT_{name.upper()}": value for name, value in inputs.items()}
        return self.run(*words, env={**(self.github() if env is None else env), **given})

    def run(self, *words: str, env: Mapping[str, str]) -> Done:
        """Run `bootstrap/run.sh` in the checkout."""
        files = {name: self.folder / name for name in _FILES}
        for path in files.values():
            path.write_text("")
        done = subprocess.run(
            ["sh", str(REPOSITORY / "bootstrap" / "run.sh"), *words],
            env={**self.machine(), **{name: str(path) for name, path in files.items()}, **env},
            cwd=self.repo.clone,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert files["GITHUB_ENV"].read_text() == ""
        assert bool(files["GITHUB_PATH"].read_text()) is (words[0] == "setup")
        told = outputs(files["GITHUB_OUTPUT"].read_text())
        return Done(done.returncode, done.stdout + done.stderr, told, files["GITHUB_STEP_SUMMARY"].read_text())

    def _stand_in(self) -> None:
        place = self.runner / "gitless"
        place.mkdir(mode=0o700)
        site = next(path for path in map(Path, sys.path) if path.name == "site-packages")
        (place / site_name("platform")).symlink_to(site)

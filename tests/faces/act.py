"""nektos/act in host mode, offline: workflows run with the actions of this repository, in a home of their own."""

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

from tools.faces.kept import wheelhouse
from tools.peers.recipes import REPOSITORY, folder

NAME = "acme/gitless@v1"
SHIPPED = ("action.yml", "actions", "bootstrap", "src")
SECONDS = 240


def make_release(place: Path) -> Path:
    """Copy what a job needs of this repository, and nothing else, so that act need not copy caches."""
    for name in SHIPPED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    return place


@dataclass(frozen=True)
class Run:
    """How a workflow ended.

    Attributes:
        code: act's exit code.
        log: Everything that it printed, as people read it.
        entries: act's log, entry by entry.
    """

    code: int
    log: str
    entries: tuple[dict[str, Any], ...]

    def outputs(self, step: str) -> dict[str, str]:
        """The outputs of a step, by its id."""
        return {
            entry["name"]: entry["arg"]
            for entry in self.entries
            if entry.get("command") == "set-output" and entry.get("stepID") == [step]
        }

    def annotations(self, kind: str) -> list[str]:
        """The messages of one kind."""
        return [entry["arg"] for entry in self.entries if entry.get("command") == kind]

    @property
    def summaries(self) -> list[str]:
        """What steps added to the job's summary."""
        return [entry["content"] for entry in self.entries if entry.get("command") == "summary"]


class Act:
    """One machine that runs jobs.

    Args:
        home: A folder for its caches and homes.
        release: The actions.
    """

    def __init__(self, home: Path, release: Path) -> None:
        self.home, self.release = home, release
        (home / "bin").mkdir(parents=True)
        # the wheelhouse was made for this interpreter
        (home / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))

    def run(self, repository: Path, event: str, env: Mapping[str, str], *flags: str) -> Run:
        """Run the workflows of a repository for an event."""
        variables = {"GITLESS_WHEELHOUSE": str(wheelhouse()), **env}
        command = [
            *(str(folder() / "bin" / "act"), event, "--json", "--platform", "ubuntu-latest=-self-hosted"),
            *("--local-repository", f"{NAME}={self.release}", "--action-offline-mode"),
            *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
            *flags,
        ]
        done = subprocess.run(
            command, cwd=repository, env=self._environment(), capture_output=True, text=True, timeout=SECONDS
        )
        entries = tuple(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
        log = "\n".join(str(entry.get("msg", "")) for entry in entries)
        return Run(done.returncode, f"{log}\n{done.stderr}", entries)

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.home / "bin"), str(folder() / "bin"), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache"), "LANG": "C.UTF-8"}

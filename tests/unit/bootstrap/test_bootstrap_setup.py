"""The verb setup: a program on the PATH of later steps, and nothing else changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bootstrap.commands import BootstrapError
from bootstrap.place import Place
from bootstrap.setup import set_up

from gitless import __version__


def packages(tmp_path: Path) -> Path:
    """A folder that stands for the packages: those of this very environment."""
    site = tmp_path / "packages of it"
    site.symlink_to(next(path for path in map(Path, sys.path) if path.name == "site-packages"))
    return site


def test_later_steps_find_the_program(tmp_path: Path) -> None:
    env = {"GITHUB_PATH": str(tmp_path / "path"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    program = set_up(place, packages(tmp_path), env)
    assert (tmp_path / "path").read_text() == f"{program.parent}\n"
    lines = (tmp_path / "output").read_text().split("\n")
    assert lines[0].startswith("path<<")
    assert lines[1] == str(program)
    assert lines[4] == __version__
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == f"gitless, version {__version__}\n"


def test_a_module_beside_the_step_is_not_imported(tmp_path: Path) -> None:
    program = set_up(Place.open({"RUNNER_TEMP": str(tmp_path)}), packages(tmp_path), {})
    (tmp_path / "click.py").write_text("raise SystemExit('imported')")
    env = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    place = Place.open({"RUNNER_TEMP": str(tmp_path)})
    with pytest.raises(BootstrapError, match="cannot be written"):
        set_up(place, packages(tmp_path), {"GITHUB_PATH": str(tmp_path)})

"""run.sh finds a Python that is good enough, never one of the checkout, and says so where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SH = shutil.which("sh")
NEEDED = ("dirname",)
OLD = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def bin_(tmp_path: Path) -> Path:
    """A folder for PATH with what a shell needs and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name) or "")
    return folder


def start(path: str, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [SH or "sh", str(REPOSITORY / "bootstrap" / "run.sh"), *arguments]
    return subprocess.run(
        command,
        env={"PATH": path, **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o700)


def test_no_python_is_said_with_what_to_do(bin_: Path) -> None:
    done = start(str(bin_), "publish")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "gitless: gitless needs Python 3.10 or newer; there is no python3 on PATH.\n"
        "  Add a step with actions/setup-python before this one, or install python3 in the image of the job.\n"
    )


def test_on_github_it_is_an_annotation(bin_: Path) -> None:
    script(bin_ / "python3", OLD)
    done = start(str(bin_), "publish", GITHUB_ACTIONS="true")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == (
        f"::error title=gitless::gitless needs Python 3.10 or newer; too old or broken: {bin_}/python3."
        "%0AAdd a step with actions/setup-python before this one, or install python3 in the image of the job.\n"
    )


def test_a_newer_python_beside_an_old_one_is_taken(bin_: Path, tmp_path: Path) -> None:
    script(bin_ / "python3", OLD)
    script(bin_ / "python3.12", f'#!/bin/sh\n[ "$3" = -c ] && exit 0\nprintf "%s\\n" "$@" > {tmp_path}/arguments\n')
    assert start(str(bin_), "action", "publish").returncode == 0
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments == ["-I", "-S", str(REPOSITORY / "bootstrap" / "start.py"), "action", "publish"]


@pytest.mark.parametrize("entry", [".", "", "tools", "./tools"])
def test_a_python_of_the_checkout_is_not_run(bin_: Path, tmp_path: Path, entry: str) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "tools").mkdir(parents=True)
    for place in (checkout, checkout / "tools"):
        script(place / "python3", f"#!/bin/sh\ntouch {tmp_path}/pwned\n")
    done = start(os.pathsep.join([entry, str(bin_)]), "publish", cwd=checkout)
    assert done.returncode == 2
    assert not (tmp_path / "pwned").exists()


def test_a_verb_is_needed(bin_: Path, tmp_path: Path) -> None:
    (bin_ / "python3").symlink_to(sys.executable)
    done = start(str(bin_), RUNNER_TEMP=str(tmp_path))
    assert done.returncode == 2
    assert "No verb was given." in done.stderr
    assert not (tmp_path / "gitless").exists()


def test_a_folder_that_is_somebody_elses_is_said_on_both_platforms(bin_: Path, tmp_path: Path) -> None:
    (bin_ / "python3").symlink_to(sys.executable)
    (tmp_path / "gitless").write_text("")
    done = start(str(bin_), "publish", RUNNER_TEMP=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("gitless: The folder ")
    done = start(str(bin_), "publish", RUNNER_TEMP=str(tmp_path), GITHUB_ACTIONS="true")
    assert done.stdout.startswith("::error title=gitless::The folder ")
    assert done.stdout.count("\n") == 1


def test_an_old_python_that_runs_the_start_itself_is_told(tmp_path: Path) -> None:
    text = (REPOSITORY / "bootstrap" / "start.py").read_text()
    assert "OLDEST = (3, 10)" in text
    (tmp_path / "start.py").write_text(text.replace("OLDEST = (3, 10)", "OLDEST = (9, 0)"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "start.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("gitless: needs Python 3.10 or newer; this is 3.")

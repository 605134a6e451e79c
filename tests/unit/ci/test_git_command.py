from __future__ import annotations

from pathlib import Path

import pytest

from gitless.ci.git_command import MAX_OUTPUT_BYTES, GitCommand
from gitless.errors import RemoteError, UsageError


def fake_git(folder: Path, body: str) -> GitCommand:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return GitCommand(folder, {"PATH": str(folder), "GIT_DIR": "x", "TOKEN_FILE": "kept"})


def test_a_git_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match=r"git fetch did not end within 0\.3 seconds"):
        fake_git(tmp_path, "/bin/sleep 60 & wait").run("fetch", timeout=0.3)


def test_a_helper_that_stays_behind_does_not_keep_us_waiting(tmp_path: Path) -> None:
    assert fake_git(tmp_path, "/bin/sleep 60 & echo done").run("fetch", timeout=20).line == "done"


def test_too_much_output_is_refused(tmp_path: Path) -> None:
    git = fake_git(tmp_path, f"/usr/bin/head -c {MAX_OUTPUT_BYTES + 1} /dev/zero")
    with pytest.raises(UsageError, match="git status printed more than"):
        git.run("status")


def test_messages_lose_credentials(tmp_path: Path) -> None:
    answer = fake_git(tmp_path, "echo 'fatal: https://u:p@host/x not found' >&2; exit 128").run("fetch")
    assert (answer.status, answer.messages) == (128, "fatal: https://***@host/x not found")


def test_the_callers_git_variables_are_not_passed_on(tmp_path: Path) -> None:
    lines = fake_git(tmp_path, "/usr/bin/env").run("x").line.splitlines()
    assert "GIT_DIR=x" not in lines
    assert {"TOKEN_FILE=kept", "GIT_TERMINAL_PROMPT=0", "GIT_NO_REPLACE_OBJECTS=1"} <= set(lines)

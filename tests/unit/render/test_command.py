"""Limits on outside programs, shown with real ones."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gitless.errors import CheckError, UsageError
from gitless.render.command import MAX_STDERR_BYTES, clean_environment, run

SHELL = "/bin/sh"


def test_status_output_and_messages_come_back(tmp_path: Path) -> None:
    done = run([SHELL, "-c", "printf 'a\\r\\n'; echo no >&2; exit 3"], folder=tmp_path, environment={})
    assert (done.status, done.output, done.messages) == (3, b"a\r\n", "no\n")


def test_too_much_output_stops_the_program(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="printed more than 1 MiB"):
        run(
            [SHELL, "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyy; done"],
            folder=tmp_path,
            environment={},
            max_output=1 << 20,
        )


def test_endless_messages_are_cut_and_do_not_block(tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo done"
    done = run([SHELL, "-c", script], folder=tmp_path, environment={})
    assert done.output == b"done\n"
    assert len(done.messages) == MAX_STDERR_BYTES


def test_a_hanging_program_and_its_child_are_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"/bin/sleep 60 & echo $! > {pid}; wait"
    with pytest.raises(CheckError, match=r"did not finish within 0\.5 seconds"):
        run([SHELL, "-c", script], folder=tmp_path, environment={}, timeout=0.5)
    assert _is_gone(int(pid.read_text()))


def test_a_program_that_closes_its_output_and_hangs_is_killed(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="did not finish"):
        run([SHELL, "-c", "exec >&- 2>&-; /bin/sleep 60"], folder=tmp_path, environment={}, timeout=0.5)


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_program_that_cannot_start_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="helm could not be started"):
        run([str(tmp_path / "helm")], folder=tmp_path, environment={})


def test_the_environment_has_no_token_and_no_network(tmp_path: Path) -> None:
    os.environ["GITLESS_TEST_TOKEN"] = "t0ken"
    try:
        environment = clean_environment("/usr/bin:/bin", tmp_path)
        done = run(["/usr/bin/env"], folder=tmp_path, environment=environment)
    finally:
        del os.environ["GITLESS_TEST_TOKEN"]
    seen = dict(line.partition("=")[::2] for line in done.output.decode().splitlines())
    assert "GITLESS_TEST_TOKEN" not in seen
    assert seen["HOME"] == seen["HELM_PLUGINS"] == str(tmp_path)
    assert seen["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert seen["GIT_ALLOW_PROTOCOL"] == "none"

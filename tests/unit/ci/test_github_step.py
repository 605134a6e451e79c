"""The step of a GitHub job, and the event that started it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitless.ci.event import Event, read_event
from gitless.ci.github_step import Step
from gitless.errors import UsageError
from gitless.report.commands import Annotation


def test_outputs_are_appended_each_with_an_end_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("before=1\n")
    Step({"GITHUB_OUTPUT": str(target)}, print).set_outputs({"a": "1", "b": "x\ny"})
    lines = target.read_text().split("\n")
    assert lines[0] == "before=1"
    ends = [line.split("<<")[1] for line in lines if "<<" in line]
    assert len(set(ends)) == 2
    assert all(len(end) > 32 for end in ends)


def test_elsewhere_nobody_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    step = Step({}, said.append)
    step.set_outputs({"a": "1"})
    step.summarize("text")
    step.annotate([Annotation("error", "t", "x")])
    with step.deaf():
        pass
    assert said == []


def test_the_platform_is_deaf_meanwhile_and_hears_again_after_a_failure() -> None:
    said: list[str] = []
    step = Step({"GITHUB_ACTIONS": "true"}, said.append)
    with pytest.raises(ValueError, match="x"), step.deaf():
        raise ValueError("x")
    stop, start = said
    assert stop.startswith("::stop-commands::")
    assert start == f"::{stop.removeprefix('::stop-commands::')}::"
    with step.deaf():
        pass
    assert said[2] != stop


@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_a_file_that_cannot_be_written_is_said(variable: str, tmp_path: Path) -> None:
    step = Step({variable: str(tmp_path)}, print)
    write = {"GITHUB_OUTPUT": lambda: step.set_outputs({"a": "1"}), "GITHUB_STEP_SUMMARY": lambda: step.summarize("x")}
    with pytest.raises(UsageError, match=f"{variable} cannot be written"):
        write[variable]()


def test_a_result_is_kept_for_later_steps(tmp_path: Path) -> None:
    step = Step({"RUNNER_TEMP": str(tmp_path)}, print)
    first, second = step.keep("gitless-publish", "{}"), step.keep("gitless-publish", "{}")
    assert first != second
    assert first.read_text() == "{}"
    assert first.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="cannot be written"):
        Step({"RUNNER_TEMP": str(tmp_path / "gone")}, print).keep("x", "")


def test_an_event_is_read_on_github_only() -> None:
    assert read_event({"GITHUB_EVENT_NAME": "push"}) == Event()
    assert read_event({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push"}) == Event("push")
    assert Event("workflow_run").is_privileged
    assert not Event("pull_request").is_privileged


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, None])
def test_an_event_that_cannot_be_read_is_said(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    if content is not None:
        path.write_bytes(content)
    env = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(path)}
    with pytest.raises(UsageError, match="The event of this job cannot be read"):
        read_event(env)

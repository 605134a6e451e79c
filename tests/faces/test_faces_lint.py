"""Actions and workflows under the tools that others judge them with: GitHub's own parser first of all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from tools.action_pages import actions, parts_of
from tools.faces.kept import folder, linter
from tools.peers.recipes import REPOSITORY, program

ACTIONS = sorted([REPOSITORY / "action.yml", *REPOSITORY.glob("actions/*/action.yml")])
WORKFLOWS = sorted(
    path
    for place in (".github/workflows", "examples/*/.github/workflows")
    for path in REPOSITORY.glob(f"{place}/*.y*ml")
)
SCRIPTS = [REPOSITORY / "bootstrap" / "run.sh"]


def run(*command: str | Path, cwd: Path = REPOSITORY) -> tuple[int, str]:
    """Run a tool; its exit code and what it said."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout + done.stderr


def parse(*files: Path) -> tuple[int, str]:
    return run("node", "--import", "./json-hook.mjs", "lint.mjs", *files, cwd=folder() / "node")


def zizmor(*files: Path) -> tuple[int, str]:
    return run(linter("zizmor"), "--offline", "--strict-collection", "--persona", "auditor", "--no-progress", *files)


def schema(name: str, *files: Path) -> tuple[int, str]:
    return run(linter("check-jsonschema"), "--builtin-schema", f"vendor.{name}", *files)


def test_there_is_something_to_judge() -> None:
    assert len(ACTIONS) >= 3
    assert WORKFLOWS


def test_githubs_own_parser_accepts_them() -> None:
    assert parse(*ACTIONS, *WORKFLOWS) == (0, "")


def test_githubs_parser_would_find_a_fault(tmp_path: Path) -> None:
    bad = tmp_path / "action.yml"
    bad.write_text(
        ACTIONS[0].read_text().replace("      shell: sh\n", "").replace("${{ github.token }}", "${{ no.way }}")
    )
    code, said = parse(bad)
    assert code == 1
    assert "shell" in said
    assert "no" in said


def test_zizmor_finds_nothing() -> None:
    code, said = zizmor(*ACTIONS, *WORKFLOWS)
    assert code == 0, said
    assert said.count("completed") == len(ACTIONS) + len(WORKFLOWS)


def test_zizmor_would_find_an_injection(tmp_path: Path) -> None:
    bad = tmp_path / "action.yml"
    text = ACTIONS[0].read_text()
    bad.write_text(text.replace("run: sh ", "run: echo ${{ inputs.path }}; sh "))
    code, said = zizmor(bad)
    assert code != 0
    assert "template-injection" in said


def test_they_follow_the_schemas() -> None:
    code, said = schema("github-actions", *ACTIONS)
    assert code == 0, said
    code, said = schema("github-workflows", *WORKFLOWS)
    assert code == 0, said


def test_what_the_pages_tell_people_to_paste_is_accepted(tmp_path: Path) -> None:
    files = []
    for name, path in actions().items():
        parts = parts_of(path)
        permissions = parts["Permissions"]
        lines = ["on: push", "permissions: {}", "jobs:", "  one:", "    runs-on: ubuntu-latest"]
        lines += ["    permissions: {}"] if permissions == ["{}"] else ["    permissions:"]
        lines += [f"      {line}" for line in permissions if line != "{}"]
        lines += ["    steps:", *(f"      {line}" for line in parts["Example"])]
        files.append(tmp_path / f"{name}.yml")
        files[-1].write_text("\n".join(lines) + "\n")
    assert parse(*files) == (0, "")
    assert run(program("actionlint") or "", *files) == (0, "")


def test_actionlint_accepts_the_workflows() -> None:
    actionlint = program("actionlint")
    assert actionlint is not None
    assert run(actionlint, *WORKFLOWS) == (0, "")


def test_yamllint_accepts_them() -> None:
    assert run(linter("yamllint"), "--strict", *ACTIONS, *WORKFLOWS) == (0, "")


def test_shellcheck_accepts_the_scripts(tmp_path: Path) -> None:
    steps = []
    for number, path in enumerate([*ACTIONS]):
        for step in yaml.safe_load(path.read_text())["runs"]["steps"]:
            steps.append(tmp_path / f"{number}.sh")
            steps[-1].write_text(f"#!/bin/sh\n{step['run']}\n")
    assert run(linter("shellcheck"), *SCRIPTS, *steps) == (0, "")


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_no_findings_are_switched_off(path: Path) -> None:
    text = path.read_text()
    assert "zizmor:" not in text
    assert "yamllint" not in text
    assert "shellcheck" not in text

"""Actions and workflows under the tools that others judge them with: GitHub's own parser first of all."""

from __future__ import annotations

import re
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
DEPENDABOT = REPOSITORY / ".github" / "dependabot.yml"
GITLAB = [REPOSITORY / ".gitlab-ci.yml", *sorted(REPOSITORY.glob("examples/*/.gitlab-ci.yml"))]
SCRIPTS = [REPOSITORY / "bootstrap" / "run.sh"]
# What may be switched off, only beside the line it is about and with a reason: `./` for `$/`, which act and older
# runners do not know, and the tags that examples show people.
EXCUSED = {"self-repository", "unpinned-uses"}


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
    code, said = zizmor(*ACTIONS, *WORKFLOWS, DEPENDABOT)
    assert code == 0, said
    assert said.count("completed") == len(ACTIONS) + len(WORKFLOWS) + 1


def test_zizmor_would_find_updates_without_a_wait(tmp_path: Path) -> None:
    bad = tmp_path / ".github" / "dependabot.yml"
    bad.parent.mkdir()
    bad.write_text(DEPENDABOT.read_text().replace("cooldown: {default-days: 14}\n", "open-pull-requests-limit: 5\n", 1))
    code, said = zizmor(bad)
    assert code != 0
    assert "dependabot-cooldown" in said


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_what_is_switched_off_says_why(path: Path) -> None:
    excuses = re.findall(r"# zizmor: ignore\[([\w-]+)\](.*)$", path.read_text(), re.MULTILINE)
    assert {name for name, _ in excuses} <= EXCUSED
    assert [name for name, reason in excuses if len(reason.split()) < 4] == []
    assert path.read_text().count("zizmor:") == len(excuses)


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
    code, said = schema("dependabot", DEPENDABOT)
    assert code == 0, said
    code, said = schema("gitlab-ci", *GITLAB)
    assert code == 0, said


def test_the_schema_of_gitlab_would_find_a_fault(tmp_path: Path) -> None:
    bad = tmp_path / ".gitlab-ci.yml"
    bad.write_text(GITLAB[0].read_text().replace("tag_name:", "tag-name:"))
    code, said = schema("gitlab-ci", bad)
    assert code != 0
    assert "tag-name" in said


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
    settings = REPOSITORY / ".github" / "actionlint.yaml"
    assert run(linter("yamllint"), "--strict", *ACTIONS, *WORKFLOWS, DEPENDABOT, settings, *GITLAB) == (0, "")


def test_shellcheck_accepts_the_scripts(tmp_path: Path) -> None:
    steps = workflow_scripts(tmp_path)
    for number, path in enumerate([*ACTIONS]):
        for step in yaml.safe_load(path.read_text())["runs"]["steps"]:
            steps.append(tmp_path / f"{number}.sh")
            steps[-1].write_text(f"#!/bin/sh\n{step['run']}\n")
    assert run(linter("shellcheck"), *SCRIPTS, *steps) == (0, "")


def workflow_scripts(folder: Path) -> list[Path]:
    """Every script of the workflows that a shell on Linux runs, as a file of its own."""
    written = []
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            for step in job.get("steps", []):
                if "run" in step and step.get("shell", "bash") == "bash":
                    written.append(folder / f"workflow-{len(written)}.sh")
                    written[-1].write_text(f"#!/bin/bash -e\n{step['run']}\n")
    return written


def test_the_scripts_of_workflows_are_among_them(tmp_path: Path) -> None:
    texts = [path.read_text() for path in workflow_scripts(tmp_path)]
    assert any("gh release create" in text for text in texts)


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_no_findings_are_switched_off(path: Path) -> None:
    text = path.read_text()
    assert "zizmor:" not in text
    assert "yamllint" not in text
    assert "shellcheck" not in text

"""The house's own workflows run: the self-test of the actions, as it stands, on this machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.faces.act import Act
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY

TEST = ".github/workflows/test.yml"
NAME = "acme/gitless"
SHIPPED = ("action.yml", "actions", "bootstrap", "src", "examples/apps", ".github")
_SETUP_PYTHON = re.compile(r"actions/setup-python@[0-9a-f]{40}")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """This repository as one of acme's, checked out, with what the self-test reads of it."""
    repository = Repository(tmp_path / "house")
    for name in SHIPPED:
        source = REPOSITORY / name
        files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
        texts = {path.relative_to(REPOSITORY).as_posix(): path for path in files if "__pycache__" not in path.parts}
        repository.write({target: path.read_text() for target, path in texts.items()})
    repository.commit()
    repository.git("remote", "set-url", "origin", f"https://github.com/{NAME}")
    return tmp_path / "house"


def flags(house: Path) -> list[str]:
    """The runner's own Python, and in place of setup-python, which that leg never calls, something to look at."""
    stub = house.parent / "setup-python"
    stub.mkdir(exist_ok=True)
    (stub / "action.yml").write_text("runs: {using: composite, steps: [{run: exit 1, shell: sh}]}\n")
    found = _SETUP_PYTHON.search((house / TEST).read_text())
    assert found
    return [
        *("--platform", "ubuntu-24.04=-self-hosted", "--workflows", TEST, "--job", "actions"),
        *("--matrix", "os:ubuntu-24.04", "--matrix", "python:system", "--local-repository", f"{found[0]}={stub}"),
    ]


def write_event(house: Path, **event: object) -> list[str]:
    path = house.parent / "event.json"
    repository = {"default_branch": "main", "full_name": NAME}
    path.write_text(json.dumps({"ref": "refs/heads/main", "repository": repository, **event}))
    return ["--eventpath", str(path)]


def pull_request(head: str) -> dict[str, object]:
    sides = {side: {"ref": side, "repo": {"full_name": name}} for side, name in (("head", head), ("base", NAME))}
    return {"pull_request": {"number": 7, **sides}}


def test_the_actions_of_this_commit_publish_and_verify(house: Path, act: Act) -> None:
    env = {"GITHUB_REPOSITORY": NAME, "GITHUB_REF": "refs/heads/main"}
    run = act.run(house, "push", env, *flags(house), *write_event(house))
    assert run.code == 0, run.log
    assert (run.outputs("dry")["pushed"], run.outputs("publish")["pushed"]) == ("false", "true")
    assert any("✅ 1 reference(s) verified" in summary for summary in run.summaries)


def test_a_fork_is_a_dry_run_and_passes(house: Path, act: Act) -> None:
    env = {"GITHUB_REPOSITORY": NAME, "GITHUB_REF": "refs/pull/7/merge"}
    run = act.run(house, "pull_request", env, *flags(house), *write_event(house, **pull_request("stranger/gitless")))
    assert run.code == 0, run.log
    assert run.outputs("publish")["pushed"] == "false"
    assert not any("verified" in summary for summary in run.summaries)

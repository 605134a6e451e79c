"""Every input of every action, given what a stranger might write: nothing is run, nothing is said in our name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.fakes.action_step import Step, commit, make_checkout
from tests.fakes.runner_rules import obeyed

REPOSITORY = Path(__file__).resolve().parents[3]
FILES = {path.parent.name: path for path in REPOSITORY.glob("actions/*/action.yml")} | {
    "publish": REPOSITORY / "action.yml"
}
BOOTSTRAPS = {"index-url", "wheelhouse", "github-token"}
VALUES = {
    "shell": "$(touch pwned)`touch pwned`;touch pwned|touch pwned",
    "quotes": "x'\";touch pwned;'\"",
    "command": "a\n::set-output name=json::/etc/passwd\n##[add-path]/tmp",
    "delimiter": "gitless-0<<EOF\nEOF\njson=x",
    "markup": "<img src=x onerror=alert(1)> @everyone [a](b) | ``` ",
    "option": "--config=/etc/passwd",
    "path": "../../../../etc/passwd",
    "bidi": "a\u202eb",
    "long": "a" * 100_000,
}
CONFIG = """\
version: 1
registry: oci-layout:../store
components: [{path: web}]
channels: {latest: {branches: [main]}, stable: {from: latest}}
"""
FIRST = {
    "promote": {"components": "web", "to": "stable", "dry-run": "true"},
    "rollback": {"components": "web", "channel": "stable", "to": "previous", "reason": "why", "dry-run": "true"},
    "verify": {"references": "oci-layout:../store:latest"},
    "publish": {"dry-run": "true"},
}


def outside_code(markdown: str) -> str:
    """What of a text a forge reads as markup: not what is fenced, in code or escaped."""
    text = re.sub(r"^(`{3,})[^\n]*\n.*?\n\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text).replace("\\<", "")


def inputs() -> list[tuple[str, str]]:
    found = []
    for name, path in sorted(FILES.items()):
        given = yaml.safe_load(path.read_text())["inputs"]
        found += [(name, each) for each in given if each not in BOOTSTRAPS and name != "setup"]
    return found


@pytest.fixture(scope="module")
def declared() -> dict[str, set[str]]:
    return {name: set(yaml.safe_load(path.read_text())["outputs"]) for name, path in FILES.items()}


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Step:
    checkout = make_checkout(tmp_path / "checkout")
    (checkout / "gitless.yaml").write_text(CONFIG)
    commit(checkout)
    return Step(checkout, monkeypatch, capfd)


@pytest.mark.parametrize(("action", "name"), inputs(), ids=lambda value: str(value))
def test_an_input_is_never_more_than_text(
    step: Step, action: str, name: str, declared: dict[str, set[str]], tmp_path: Path
) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    for kind, value in VALUES.items():
        given = {**FIRST.get(action, {}), name: value}
        outcome = step.run(action, **{key.replace("-", "_"): text for key, text in given.items()})
        assert {word for word, _ in obeyed(outcome.log)} <= {"error", "warning", "notice"}, kind
        assert set(outcome.outputs) in (set(), declared[action]), kind
        assert outcome.code in (0, 1, 2, 3), kind
        assert not re.search(r"<(?!/?(details|summary))|(?<!\\)\]\(|@everyone", outside_code(outcome.summary)), kind
        assert not [file for file in outcome.written if file != "gitless.yaml"], kind
    assert set(before) <= {path.name for path in tmp_path.iterdir()} <= {*before, "runner"}

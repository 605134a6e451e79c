"""What every action file keeps to: no logic, no third party, no text of a stranger where it could become a command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
ACTIONS = sorted([REPOSITORY / "action.yml", *REPOSITORY.glob("actions/*/action.yml")])
TOKENS = {"github-token": "GITHUB_TOKEN"}
_INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")


@pytest.fixture(params=ACTIONS, ids=lambda path: path.parent.name)
def action(request: pytest.FixtureRequest) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(request.param.read_text())
    return document


def step(action: dict[str, Any]) -> dict[str, Any]:
    (only,) = action["runs"]["steps"]
    found: dict[str, Any] = only
    return found


def test_it_is_composite_with_one_step_and_uses_nobody(action: dict[str, Any]) -> None:
    assert action["runs"]["using"] == "composite"
    assert set(step(action)) <= {"id", "shell", "run", "env"}
    assert step(action)["shell"] == "sh"


def test_nothing_is_put_into_the_script(action: dict[str, Any]) -> None:
    script = step(action)["run"]
    assert "${{" not in script
    assert re.fullmatch(r'sh "\$GITHUB_ACTION_PATH/(\.\./\.\./)?bootstrap/run\.sh" [a-z ]+', script)


def test_every_input_goes_into_one_variable_of_its_name(action: dict[str, Any]) -> None:
    expected = {
        TOKENS.get(name, "GITLESS_INPUT_" + name.upper().replace("-", "_")): f"${{{{ inputs.{name} }}}}"
        for name in action["inputs"]
    }
    assert step(action)["env"] == expected


def test_no_expression_names_an_input_or_an_output_that_is_not_there(action: dict[str, Any]) -> None:
    used = set(_INPUT.findall(yaml.safe_dump(action)))
    assert used == set(action["inputs"])
    for name, output in action["outputs"].items():
        assert output["value"] == f"${{{{ steps.gitless.outputs.{name} }}}}"


def test_every_input_and_output_is_described(action: dict[str, Any]) -> None:
    for part in (*action["inputs"].values(), *action["outputs"].values()):
        assert part["description"].strip()
        assert len(part["description"]) < 300
    for part in action["inputs"].values():
        # the runner enforces neither; a required input has no default, every other one has
        assert part.get("required", False) is ("default" not in part)
    assert {"icon", "color"} == set(action["branding"])


def test_flags_default_to_a_word_that_is_one(action: dict[str, Any]) -> None:
    for name, part in action["inputs"].items():
        if "true or false" in part["description"]:
            assert part["default"] in ("true", "false"), name


def test_inputs_of_one_name_mean_the_same_everywhere() -> None:
    known: dict[str, set[str]] = {}
    for path in ACTIONS:
        for name, part in yaml.safe_load(path.read_text())["inputs"].items():
            if name in ("index-url", "wheelhouse", "summary"):
                known.setdefault(name, set()).add(part["description"])
    assert known
    assert all(len(texts) == 1 for texts in known.values())

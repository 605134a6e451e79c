"""GitLab pipelines and components under GitLab's own schema, yamllint and shellcheck, and under rules of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faces.test_faces_lint import run
from tools.action_pages import actions
from tools.faces.kept import linter
from tools.gitlab_components import COMPONENTS, LEFT_OUT, components, version
from tools.peers.recipes import REPOSITORY

PIPELINES = sorted([*REPOSITORY.glob("examples/*/.gitlab-ci.yml"), *REPOSITORY.glob(".gitlab-ci.yml")])
TEMPLATES = components()
_TRANSFORM = ("--data-transform", "gitlab-ci")


def schema(*files: Path) -> tuple[int, str]:
    return run(linter("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", *_TRANSFORM, *files)


def parts(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A template's inputs and its jobs."""
    spec, jobs = yaml.safe_load_all(path.read_text())
    return spec["spec"]["inputs"], jobs


def filled(path: Path) -> dict[str, Any]:
    """A template's jobs with each input's default, or an `x`, as GitLab fills them in."""
    inputs, jobs = parts(path)
    text = json.dumps(jobs)
    for name, given in inputs.items():
        value = given.get("default", "x")
        text = text.replace(f'"$[[ inputs.{name} ]]"', json.dumps(value)).replace(f"$[[ inputs.{name} ]]", str(value))
    assert "$[[" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def scripts() -> Iterator[tuple[str, str]]:
    for name, path in TEMPLATES.items():
        for job in parts(path)[1].values():
            yield name, "\n".join(job["script"])


def test_pipelines_follow_gitlabs_schema() -> None:
    assert PIPELINES
    code, said = schema(*PIPELINES)
    assert code == 0, said


@pytest.mark.parametrize("name", COMPONENTS)
def test_components_follow_it_once_they_are_filled_in(name: str, tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(yaml.safe_dump({"stages": ["deploy", "test"], **filled(TEMPLATES[name])}))
    code, said = schema(file)
    assert code == 0, said


def test_the_schema_would_find_a_fault(tmp_path: Path) -> None:
    bad = tmp_path / ".gitlab-ci.yml"
    jobs = filled(TEMPLATES["rollback"])
    jobs["gitless-rollback"]["resource_group"] = ["stable"]
    bad.write_text(yaml.safe_dump({"stages": ["deploy"], **jobs}))
    code, said = schema(bad)
    assert code == 1
    assert "resource_group" in said


def test_yamllint_accepts_them() -> None:
    assert run(linter("yamllint"), "--strict", *PIPELINES, *TEMPLATES.values()) == (0, "")


def test_shellcheck_accepts_their_scripts(tmp_path: Path) -> None:
    files = []
    for number, (name, script) in enumerate(scripts()):
        files.append(tmp_path / f"{name}-{number}.sh")
        files[-1].write_text(f"#!/bin/sh\n{script}\n")
    assert run(linter("shellcheck"), *files) == (0, "")


def test_no_input_is_part_of_a_script() -> None:
    for name, script in scripts():
        assert "$[[" not in script, name
        assert not re.search(r"\$\{?CI_", script), name


def test_the_address_with_the_jobs_token_is_used_nowhere() -> None:
    places = [*PIPELINES, *TEMPLATES.values(), *(REPOSITORY / "src").rglob("*.py")]
    used = [path for path in places if re.search(r"CI_REPOSITORY_URL(?!: it carries)", path.read_text())]
    assert used == []


@pytest.mark.parametrize("name", COMPONENTS)
def test_image_and_package_are_of_the_components_own_version(name: str) -> None:
    inputs, jobs = parts(TEMPLATES[name])
    assert inputs["image"]["default"].endswith(f":{version()}")
    assert {job["variables"]["GITLESS_PACKAGE"] for job in jobs.values()} == {f"gitless-gitops=={version()}"}


@pytest.mark.parametrize("name", COMPONENTS)
def test_an_input_of_the_action_is_one_of_the_component(name: str) -> None:
    inputs, jobs = parts(TEMPLATES[name])
    action = yaml.safe_load(actions()[name].read_text())["inputs"]
    assert set(action) - set(inputs) <= {*LEFT_OUT, *COMPONENTS[name].without}
    passed = {variable for job in jobs.values() for variable in job["variables"]}
    for key, given in inputs.items():
        assert given.get("description"), key
        if key in action and key != "index-url":
            assert f"GITLESS_INPUT_{key.upper().replace('-', '_')}" in passed
            assert ("default" not in given) == action[key]["required"]


@pytest.mark.parametrize("name", ["promote", "rollback"])
def test_only_one_job_at_a_time_moves_a_channel_and_only_in_its_environment(name: str) -> None:
    job = parts(TEMPLATES[name])[1]["$[[ inputs.job ]]"]
    assert job["resource_group"].startswith("gitless-$[[ inputs.")
    assert job["environment"] == {"name": "$[[ inputs.environment ]]"}
    assert job["id_tokens"] == {"SIGSTORE_ID_TOKEN": {"aud": "$[[ inputs.audience ]]"}}


def test_jobs_that_sign_nothing_have_no_token() -> None:
    for name in ("verify", "history", "audit"):
        for job in parts(TEMPLATES[name])[1].values():
            assert "id_tokens" not in job
    assert "id_tokens" not in parts(TEMPLATES["promote"])[1]["$[[ inputs.job ]]-plan"]

"""What the mirror project checks before it releases GitLab's components."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.house.templates import REPOSITORY, faults, main

GOOD = """\
spec:
  inputs:
    component: {description: What to publish.}
    image: {description: The image., default: registry.example/gitless@sha256:abc}
---
publish-$[[ inputs.component ]]:
  image: $[[ inputs.image ]]
  variables:
    COMPONENT: $[[ inputs.component ]]
  script:
    - gitless publish "$COMPONENT"
"""


def test_a_good_template_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("---\n", "", "It must be two documents: spec: with the inputs, then the jobs."),
        ("{description: What to publish.}", "", "The input component has no description."),
        ('"$COMPONENT"', '"$[[ inputs.component ]]"', "publish-$[[ inputs.component ]] has an input in its script."),
        (
            "  image: $[[ inputs.image ]]",
            "  image: gitless:latest",
            "publish-$[[ inputs.component ]] takes an image that moves.",
        ),
        ("publish-", "default: {}\npublish-", "It sets 'default' for the whole pipeline that includes it."),
    ],
)
def test_a_fault_is_named(old: str, new: str, fault: str) -> None:
    assert faults(GOOD.replace(old, new, 1)) == [fault]


def test_a_file_that_is_no_yaml_is_said() -> None:
    assert faults("{")[0].startswith("It is no YAML: ")


def project(top: Path, *templates: str) -> Path:
    for number, text in enumerate(templates):
        folder = top / "templates" / f"t{number}"
        folder.mkdir(parents=True)
        (folder / "template.yml").write_text(text)
    for name in ("README.md", "LICENSE"):
        (top / name).write_text("text")
    return top


def test_a_project_is_judged_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(project(tmp_path, GOOD, GOOD)) == 0
    assert capsys.readouterr().out == "2 templates, 0 faults\n"
    (tmp_path / "LICENSE").unlink()
    (tmp_path / "templates" / "t1" / "template.yml").write_text("a: 1\n")
    assert main(tmp_path) == 1
    assert capsys.readouterr().err == (
        "templates/t1/template.yml: It must be two documents: spec: with the inputs, then the jobs.\n"
        "LICENSE: missing, and the catalog asks for it.\n"
    )


def test_a_project_without_templates_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(project(tmp_path)) == 1
    assert capsys.readouterr().err == "templates: there are 0; a project has 1 to 30.\n"


def test_our_templates_have_none() -> None:
    found = {path.parent.name: faults(path.read_text()) for path in REPOSITORY.glob("templates/*/template.yml")}
    assert {name: said for name, said in found.items() if said} == {}

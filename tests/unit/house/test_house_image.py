"""The image's recipe: its base by digest or no build, everything in it by hash, and no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tools.house.base_image import BASE, base_image

REPOSITORY = Path(__file__).resolve().parents[3]
DIGEST = "sha256:" + "a" * 64
GOOD = f"docker.io/library/python:3.13-slim@{DIGEST}"
RECIPE = (REPOSITORY / "image" / "Containerfile").read_text()
SECRETS = re.compile(r"^\s*(?:ARG|ENV)\s.*(?:TOKEN|PASSWORD|SECRET|KEY)|--mount=type=secret|https?://\S*@", re.M)


def faults(recipe: str) -> list[str]:
    """What is wrong with a recipe."""
    text = re.sub(r"^\s*#.*$", "", recipe, flags=re.M).replace("\\\n", " ")
    stages: list[str] = []
    found = ["it has a secret in it"] if SECRETS.search(text) else []
    for image, stage in re.findall(r"^FROM\s+(\S+)(?:\s+AS\s+(\S+))?$", text, re.M):
        if image != "${BASE}" and image not in stages:
            found.append(f"it builds on {image}")
        stages.append(stage)
    found += [f"BASE has a default: {default}" for default in re.findall(r"^ARG\s+BASE=(\S+)$", text, re.M)]
    for command in re.findall(r"pip install[^&]*", text):
        if "--require-hashes" not in command and "--no-index" not in command:
            found.append(f"not by hash: {command.strip()}")
    return (
        found
        + ["it names latest"] * (":latest" in text)
        + ["it adds from elsewhere"] * bool(re.search(r"^ADD\s", text, re.M))
    )


def test_the_base_is_named_by_digest() -> None:
    assert base_image(BASE.read_text()).startswith("docker.io/library/python:3.13")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "docker.io/library/python:3.13-slim\n",
        f"python@{DIGEST}\n",
        f"docker.io/library/python:latest@{DIGEST}\n",
        f"docker.io/library/python:3.13@{DIGEST[:-1]}\n",
        f"{GOOD}\n{GOOD}\n",
        f"{GOOD} --privileged\n",
        f"$(id)/python:3@{DIGEST}\n",
    ],
)
def test_another_base_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"one image|is not HOST"):
        base_image(text)


def test_the_base_is_read_past_comments() -> None:
    assert base_image(f"# a comment\n\n{GOOD}\n") == GOOD


def test_the_recipe_holds_what_it_must() -> None:
    assert faults(RECIPE) == []
    assert RECIPE.count("FROM ${BASE}") == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("FROM debian:12 AS other", "it builds on debian:12"),
        ("ARG BASE=python:3.13", "BASE has a default: python:3.13"),
        ("ENV REGISTRY_TOKEN=abc", "it has a secret in it"),
        ("RUN pip install rich", "not by hash: pip install rich"),
        ("COPY --from=alpine:latest /a /a", "it names latest"),
        ("ADD https://example.test/a /a", "it adds from elsewhere"),
    ],
)
def test_a_worse_recipe_would_be_found(line: str, fault: str) -> None:
    assert fault in faults(f"{RECIPE}{line}\n")


def test_gitlabs_check_runs_on_the_same_base() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())
    assert jobs["templates"]["image"] == base_image(BASE.read_text())

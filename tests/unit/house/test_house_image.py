"""The image's recipe: its base by digest or no build, everything in it by hash, and no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tools.house.base_image import BASES, base_images, main
from tools.peers.recipes import RECIPES

REPOSITORY = Path(__file__).resolve().parents[3]
DIGEST = "sha256:" + "a" * 64
GOOD = f"docker.io/library/python:3.13-slim@{DIGEST}"
RECIPE = (REPOSITORY / "image" / "Containerfile").read_text()
SECRETS = re.compile(r"^\s*(?:ARG|ENV)\s.*(?:TOKEN|PASSWORD|SECRET|KEY)|--mount=type=secret|https?://\S*@", re.M)


def faults(recipe: str) -> list[str]:
    """What is wrong with a recipe."""
    text = re.sub(r"^\s*#.*$", "", recipe, flags=re.M).replace("\\\n", " ")
    stages = re.findall(r"^FROM\s+(\S+)(?:\s+AS\s+(\S+))?$", text, re.M)
    known = {"${BASE}", "${GO}", *(stage for _, stage in stages)}
    copied = re.findall(r"--from=(\S+)", text)
    found = [f"it builds on {image}" for image in [*(image for image, _ in stages), *copied] if image not in known]
    found += [f"{name} has a default" for name in re.findall(r"^ARG\s+(\w+)=", text, re.M)]
    for command in re.findall(r"pip install[^&]*", text):
        if "--require-hashes" not in command and "--no-index" not in command:
            found.append(f"not by hash: {command.strip()}")
    found += [f"not by version: {package}" for package in re.findall(r"\s(\S+/\S+@(?!v\d+\.\d+\.\d+\b)\S+)", text)]
    found += ["it adds from elsewhere"] * bool(re.search(r"^ADD\s|\b(?:curl|wget)\s", text, re.M))
    return found + ["it has a secret in it"] * bool(SECRETS.search(text)) + ["it names latest"] * (":latest" in text)


def test_the_bases_are_named_by_digest() -> None:
    images = base_images(BASES.read_text())
    assert sorted(images) == ["BASE", "GO"]
    assert images["BASE"].startswith("docker.io/library/python:3.13")


@pytest.mark.parametrize(
    "line",
    [
        "BASE docker.io/library/python:3.13-slim",
        f"BASE python@{DIGEST}",
        f"BASE docker.io/library/python:latest@{DIGEST}",
        f"BASE docker.io/library/python:3.13@{DIGEST[:-1]}",
        f"BASE {GOOD}\nBASE {GOOD}",
        f"BASE {GOOD} --privileged",
        f"BASE $(id)/python:3@{DIGEST}",
        GOOD,
    ],
)
def test_another_base_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^'.*' is not NAME HOST/REPOSITORY:VERSION@sha256:DIGEST, each name once\.$"):
        base_images(f"# a comment\n\n{line}\n")


def test_a_name_that_is_not_there_stops_the_build(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["GO"]) == 0
    assert capsys.readouterr().out.startswith("docker.io/library/golang:")
    assert main(["OTHER"]) == 1
    assert capsys.readouterr().err == "image/base.txt: it names no OTHER.\n"
    assert main([]) == 2


def test_the_recipe_holds_what_it_must() -> None:
    assert faults(RECIPE) == []
    assert re.findall(r"^ARG (.*)$", RECIPE, re.M) == ["BASE", "GO"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("FROM debian:12 AS other", "it builds on debian:12"),
        ("COPY --from=alpine:3 /a /a", "it builds on alpine:3"),
        ("ARG BASE=python:3.13", "BASE has a default"),
        ("ENV REGISTRY_TOKEN=abc", "it has a secret in it"),
        ("RUN pip install rich", "not by hash: pip install rich"),
        ("RUN go install example.test/cmd/tool@main", "not by version: example.test/cmd/tool@main"),
        ("RUN echo alpine:latest", "it names latest"),
        ("ADD https://example.test/a /a", "it adds from elsewhere"),
        ("RUN curl https://example.test/a", "it adds from elsewhere"),
    ],
)
def test_a_worse_recipe_would_be_found(line: str, fault: str) -> None:
    assert fault in faults(f"{RECIPE}{line}\n")


def test_it_renders_with_the_versions_that_the_tests_render_with() -> None:
    packages = {recipe.name: recipe.package for recipe in RECIPES}
    for name in ("helm", "kustomize"):
        assert packages[name] in RECIPE.split()
    assert f'internal/version.version={packages["helm"].partition("@")[2]}"' in RECIPE


def test_gitlabs_check_runs_on_the_same_base() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".gitlab-ci.yml").read_text())
    assert jobs["templates"]["image"] == base_images(BASES.read_text())["BASE"]

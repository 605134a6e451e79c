"""The examples agree with each other: who signs in one is who is trusted in another, and nothing is left unverified."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tests.fakes.fleet import CLUSTERS, cluster, expand, sources

from gitless.cli.main import cli
from gitless.config.components import discover, pattern_folders
from gitless.config.parse import parse_config
from gitless.config.schema import Config

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = ("apps", "fleet", "infra")
ROLES = {"staging": ("publish", "latest"), "production": ("promote", "stable")}
PROMOTED = {"apps": ("web",), "fleet": ("fleet",), "infra": ("cert-manager", "monitoring")}


def configuration(example: str) -> Config:
    return parse_config((EXAMPLES / example / "gitless.yaml").read_bytes())


def components(example: str) -> tuple[str, ...]:
    """The components of an example, by name."""
    config = configuration(example)
    folders = [
        str(path.relative_to(EXAMPLES / example))
        for parent in pattern_folders(config)
        for path in (EXAMPLES / example / parent).iterdir()
    ]
    return tuple(component.name for component in discover(config, folders))


def workflow(example: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(
        (EXAMPLES / example / ".github" / "workflows" / f"{name}.yaml").read_text()
    )
    return document


def printed(example: str, role: str, reference: str) -> dict[str, Any]:
    """The `spec` that `gitless identity` prints for a reference."""
    config = str(EXAMPLES / example / "gitless.yaml")
    done = CliRunner().invoke(cli, ["identity", "--for", role, "--config", config, "--reference", reference])
    assert done.exit_code == 0, done.stderr
    spec: dict[str, Any] = yaml.safe_load(done.stdout)["spec"]
    return spec


def test_the_release_workflows_promote_what_production_is_to_follow() -> None:
    for example in ("apps", "fleet"):
        steps = [step for job in workflow(example, "release-artifact")["jobs"].values() for step in job["steps"]]
        named = {step["with"]["components"] for step in steps if "components" in step.get("with", {})}
        assert named == set(PROMOTED[example]) <= set(components(example))
    assert components("infra") == PROMOTED["infra"]  # a tag can name each of them


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_trusts_whom_gitless_identity_prints(name: str) -> None:
    role, channel = ROLES[name]
    found = sources(cluster(name))
    for address, spec in found.items():
        repository = address.removeprefix("oci://")
        example = repository.split("/")[2]
        expected = printed(example, role, f"{repository}:{channel}")
        assert (spec["ref"], spec["verify"]) == (expected["ref"], expected["verify"]), address
    assert set(found) == {f"oci://{repository}" for repository in followed(name)}


def followed(name: str) -> set[str]:
    """The repositories that a cluster is to follow: everything, or what is promoted."""
    return {
        f"{configuration(example).registry}/{component}"
        for example in NAMES
        for component in (PROMOTED[example] if name == "production" else components(example))
    }


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_tenant_builds_a_folder_that_its_component_has(name: str) -> None:
    applied = [item for item in expand(cluster(name)) if item["kind"] == "Kustomization"]
    for item in applied:
        component, path = item["metadata"]["namespace"], item["spec"]["path"]
        assert path.split("/")[-1] == name
        folders = [folder for folder in EXAMPLES.glob(f"*/components/{component}") if (folder / path).is_dir()]
        assert folders or component == "web"  # which is rendered: its folders are outputs
        assert item["spec"]["sourceRef"] == {"kind": "OCIRepository", "name": "artifact"}
    assert {render.output for render in named_renders()} == set(CLUSTERS)
    assert len(applied) == len(followed(name)) - 1 + len(PROMOTED["infra"])  # two for each part of the infrastructure


def named_renders() -> list[Any]:
    (web,) = [entry for entry in configuration("apps").components if entry.name == "web"]
    return list(web.render)


@pytest.mark.parametrize("example", NAMES)
def test_verify_looks_at_every_channel(example: str) -> None:
    registry = configuration(example).registry
    (job,) = workflow(example, "verify")["jobs"].values()
    everything, production = [
        step["with"]["references"].split() for step in job["steps"] if "references" in step.get("with", {})
    ]
    stable = [f"{registry}/{component}:stable" for component in PROMOTED[example]]
    assert sorted(everything) == sorted([*(f"{registry}/{name}:latest" for name in components(example)), *stable])
    assert production == stable
    pipeline = yaml.safe_load((EXAMPLES / example / ".gitlab-ci.yml").read_text())
    images = str(registry) if example != "fleet" else f"{registry}/fleet"  # GitLab: the project's own registry
    given = [item["inputs"] for item in pipeline["include"] if "/verify@" in item["component"]]
    said = [inputs["references"].replace("$CI_REGISTRY_IMAGE", images).split() for inputs in given]
    assert [sorted(references) for references in said] == [sorted(everything), sorted(production)]
    assert [inputs.get("role", "publish") for inputs in given] == ["publish", "promote"]


def split_tag(tag: str, folder: Path) -> tuple[int, str, str]:
    """Run the step that reads the tag as GitHub does; its exit code, what it printed, and its outputs."""
    (step,) = workflow("infra", "release-artifact")["jobs"]["tag"]["steps"]
    outputs, script = folder / "outputs", folder / "step.sh"
    outputs.write_text("")
    script.write_text(step["run"])
    named = {"LC_ALL": step["env"]["LC_ALL"], "TAG": tag, "GITHUB_OUTPUT": str(outputs), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=folder, env=named, capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, outputs.read_text()


@pytest.mark.parametrize("release", ["v0.0.1", "v1.2.3", "v10.20.30"])
def test_a_tag_is_split_into_component_and_release(release: str, tmp_path: Path) -> None:
    said = split_tag(f"cert-manager/{release}", tmp_path)
    assert said == (0, "", f"component=cert-manager\nrelease={release}\n")


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "v1.2.3",
        "cert-manager/",
        "cert-manager/v1.2",
        "cert-manager/v1.2.3.4",
        "cert-manager/v01.2.3",
        "cert-manager/v1.2.3-rc.1",
        "cert-manager/v1.2.3+build",
        "cert-manager/1.2.3",
        "a/b/v1.2.3",
        "/v1.2.3",
        "../v1.2.3",
        "--plan/v1.2.3",
        "Cert-Manager/v1.2.3",
        "zertifikät/v1.2.3",
        "$(touch owned)/v1.2.3",
        "`touch owned`/v1.2.3",
        "a;touch owned/v1.2.3",
        "a]] && touch owned/v1.2.3",
        "a\nrelease=v9.9.9\nb/v1.2.3",
        "cert-manager/v1.2.3\nrelease=v9.9.9",
        "cert-manager/v1.2.3\n",
        "::set-output name=component::web/v1.2.3",
        f"cert-manager/v{'9' * 400}.0.0",
        f"{'a' * 64}/v1.2.3",
    ],
)
def test_any_other_tag_is_refused_and_not_repeated(tag: str, tmp_path: Path) -> None:
    error = "::error title=release-artifact::This is not a tag COMPONENT/vX.Y.Z, such as cert-manager/v1.2.3.\n"
    assert split_tag(tag, tmp_path) == (1, error, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outputs", "step.sh"]

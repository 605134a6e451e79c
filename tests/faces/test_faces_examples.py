"""The infrastructure and the fleet under their own workflows: publish, promote, verify, and what verify says to a hand."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import yaml
from tests.faces.act import Act, Run
from tests.faces.example import ISSUER, PUSH, RELEASE, VERIFY, Example
from tests.faces.test_faces_lint import WORKFLOWS, run
from tests.fakes.sigstore.stack import Stack
from tools.faces.kept import linter
from tools.peers.commands import Tools
from tools.peers.recipes import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
MONITORING = "components/monitoring/controllers/production/kustomization.yaml"
CERT_MANAGER = "components/cert-manager/controllers/production/kustomization.yaml"


class Story:
    """One example that signs with the services of this machine and publishes to a registry of its own.

    Args:
        folder: Which example.
        beside: An empty folder.
        act: What runs its jobs.
        registry: `host:port`.
        stack: The services.
    """

    def __init__(self, folder: str, beside: Path, act: Act, registry: str, stack: Stack) -> None:
        self.example = Example(beside / folder, f"acme/{folder}", folder)
        self.place = f"{registry}/{beside.name}"
        self._act, self._stack = act, stack
        self.example.trust(stack)
        self.example.move(VERIFY, self.place)

    def run(self, workflow: str, ref: str = "refs/heads/main", **inputs: str) -> Run:
        """Run one workflow."""
        settings = {"GITLESS_REGISTRY": self.place}
        return self.example.run(self._act, workflow, settings, self._stack, ref, inputs)

    def passes(self, workflow: str, ref: str = "refs/heads/main", **inputs: str) -> Run:
        """Run one workflow that must hold."""
        run = self.run(workflow, ref, **inputs)
        assert run.code == 0, run.log
        return run

    def edit(self, file: str, old: str, new: str) -> None:
        """Commit one changed line."""
        text = (self.example.path / file).read_text()
        assert old in text
        self.example.commit({file: text.replace(old, new)})

    def point(self, component: str, tag: str, tools: Tools) -> str:
        """Have `stable` name by hand what another tag names; its digest."""
        tools.run("crane", "tag", f"{self.place}/{component}:{tag}", "stable")
        return tools.run("crane", "digest", f"{self.place}/{component}:stable").stdout.decode().strip()

    def release(self, component: str, version: str, tools: Tools) -> None:
        """Release what is checked out by a tag; afterwards the channel is signed by that tag's workflow."""
        tag = f"refs/tags/{component}/{version}"
        run = self.passes(RELEASE, tag)
        assert run.outputs("tag") == {"component": component, "release": version}
        promoted = run.outputs("promote")
        assert (promoted["release"], promoted["moved"]) == (version, "true")
        assert promoted["digest"] == run.outputs("plan")["digest"]
        subject = f"https://github.com/acme/infra/{RELEASE}@{tag}"
        tools.verify_identity(self._stack.trusted_root, subject, ISSUER, f"{self.place}/{component}:stable")


@pytest.mark.timeout(400)  # a dozen jobs, each on an empty machine
def test_the_infrastructure_is_released_by_component_and_a_hand_on_its_channels_is_seen(
    tmp_path: Path, act: Act, registry: str, sigstore: Stack, tools: Tools
) -> None:
    infra = Story("infra", tmp_path, act, registry, sigstore)
    assert "✅ 2 published" in infra.passes(PUSH).summaries[0]
    for component in ("cert-manager", "monitoring"):
        infra.release(component, "v1.0.0", tools)

    infra.edit(CERT_MANAGER, "value: 2", "value: 3")
    infra.edit(MONITORING, "value: 30d", "value: 31d")
    infra.passes(PUSH)
    infra.release("cert-manager", "v1.1.0", tools)
    back = infra.passes(RELEASE, "refs/tags/cert-manager/v1.1.0", to="v1.0.0", reason="certificates were not renewed")
    assert back.outputs("rollback")["moved"] == "true"
    verified = infra.passes(VERIFY)
    assert "✅ 4 reference(s) verified" in verified.summaries[0]
    assert verified.outputs("production")["verified"] == "true"

    older = infra.point("cert-manager", "v1.1.0", tools)  # which Flux would take: it was promoted once
    never = infra.point("monitoring", "latest", tools)
    seen = infra.run(VERIFY)
    assert seen.code != 0
    assert seen.outputs("channels")["verified"] == "false"
    assert seen.outputs("production")["verified"] == "false"
    publisher = f"https://github.com/acme/infra/{PUSH}@refs/heads/main (issuer {ISSUER})"
    foreign = f"flux.2-signature: None of 3 bundles verifies. foreign: It is signed by {publisher}, who is not trusted."
    assert seen.annotations("error") == [
        f"strict.11-records: Record 3 is authorised, and the channel still names {older}.",
        f"strict.11-records: It names {never}, which was never promoted to it.",
        f"{foreign}\nflux.3-subject: No trusted statement is about this digest.",
    ]


@pytest.mark.timeout(200)  # four jobs
def test_the_fleet_is_published_promoted_and_verified(
    tmp_path: Path, act: Act, registry: str, sigstore: Stack, tools: Tools
) -> None:
    fleet = Story("fleet", tmp_path, act, registry, sigstore)
    digest = fleet.passes(PUSH).outputs("publish")["digest"]
    exported = tools.run("crane", "export", f"{fleet.place}/fleet@{digest}", "-").stdout
    with tarfile.open(fileobj=io.BytesIO(exported)) as packed:
        assert {name.split("/")[0] for name in packed.getnames()} == {".", "clusters", "tenants"}
    assert fleet.passes(RELEASE, "refs/tags/v1.0.0").outputs("promote")["digest"] == digest
    assert fleet.passes(VERIFY).outputs("channels")["verified"] == "true"


def test_shellcheck_accepts_the_steps_of_all_workflows(tmp_path: Path) -> None:
    workflows = [yaml.safe_load(path.read_text()) for path in WORKFLOWS]
    steps = [step for workflow in workflows for job in workflow["jobs"].values() for step in job.get("steps", ())]
    # as the runner starts them
    scripts = [f"#!/bin/bash\nset -eo pipefail\n{step['run']}" for step in steps if "run" in step]
    assert scripts
    for number, script in enumerate(scripts):
        (tmp_path / f"{number}.sh").write_text(script)
    assert run(linter("shellcheck"), *tmp_path.iterdir()) == (0, "")


def test_yamllint_accepts_the_manifests() -> None:
    files = [path for path in EXAMPLES.rglob("*.yaml") if "chart" not in path.parts]
    assert len(files) > 40
    assert run(linter("yamllint"), "--strict", *files) == (0, "")


def test_a_tag_that_names_no_component_releases_nothing(
    tmp_path: Path, act: Act, registry: str, sigstore: Stack
) -> None:
    infra = Story("infra", tmp_path, act, registry, sigstore)
    refused = infra.run(RELEASE, "refs/tags/$(touch${IFS}owned)/v1.0.0")
    assert refused.code != 0
    assert refused.outputs("tag") == {}
    assert not refused.summaries  # no other job began
    assert not list(tmp_path.rglob("owned"))

"""The infrastructure's GitLab pipeline, job after job: a tag for one component, and what the scheduled job sees."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import ISSUERS, PROMOTERS, Releases
from tests.peers.test_peers_gitlab_example import IDENTITIES, Pipeline
from tools.peers.commands import Tools
from tools.peers.recipes import REPOSITORY

INFRA = REPOSITORY / "examples" / "infra"


def test_tags_release_components_and_the_schedule_sees_a_hand_on_a_channel(
    tmp_path: Path, sigstore: Stack, registries: dict[str, str], tools: Tools
) -> None:
    infra = Releases(tmp_path / "infra", sigstore, "gitlab")
    shutil.rmtree(infra.repository.path / "web")
    signing = yaml.safe_load((infra.repository.path / "gitless.yaml").read_text())["signing"]
    infra.repository.copy(INFRA)
    settings = yaml.safe_load((INFRA / "gitless.yaml").read_text())
    settings["channels"]["stable"]["gates"]["provenance"]["repository"] = "acme/d2-apps"
    infra.change({"gitless.yaml": json.dumps({**settings, "signing": signing, "identities": IDENTITIES})})
    place = f"{registries['ggcr-registry']}/{tmp_path.name}"
    pipeline = Pipeline(infra, place, INFRA)

    def release(component: str, version: str) -> None:
        tag = f"{component}/{version}"
        for job in ("plan", "promote"):
            pipeline.run(job, tag)
        subject = PROMOTERS["gitlab"].format(tag=tag)
        tools.verify_identity(sigstore.trusted_root, subject, ISSUERS["gitlab"], f"{place}/{component}:{version}")
        for name in ("plan.json", "plan.md"):
            (infra.repository.path / name).unlink()

    pipeline.run("publish")
    release("cert-manager", "v1.0.0")
    release("monitoring", "v1.0.0")
    overlays = {
        f"components/{name}/controllers/production/kustomization.yaml": value
        for name, value in (("cert-manager", "value: 2"), ("monitoring", "value: 30d"))
    }
    infra.change(
        {path: (infra.repository.path / path).read_text().replace(old, "value: 5") for path, old in overlays.items()}
    )
    pipeline.run("publish")
    release("cert-manager", "v1.1.0")
    pipeline.run("rollback", "cert-manager/v1.0.0", REASON="certificates were not renewed")
    pipeline.run("verify", CI_REGISTRY_IMAGE=place)

    tools.run("crane", "tag", f"{place}/monitoring:latest", "stable")
    with pytest.raises(AssertionError, match="which was never promoted to it"):
        pipeline.run("verify", CI_REGISTRY_IMAGE=place)

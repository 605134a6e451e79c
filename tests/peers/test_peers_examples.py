"""What the examples hold is what kustomize builds in the cluster: every overlay, and the fleet cluster by cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.fakes.fleet import CLUSTERS, FLEET, cluster
from tools.peers.commands import Tools
from tools.peers.recipes import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
OVERLAYS = sorted(path.parent for path in EXAMPLES.glob("*/components/**/kustomization.yaml"))


def build(tools: Tools, folder: Path) -> list[dict[str, Any]]:
    """What kustomize builds from a folder."""
    return list(yaml.safe_load_all(tools.run("kustomize", "build", folder).stdout))


def test_every_overlay_builds(tools: Tools) -> None:
    assert len(OVERLAYS) == 18
    for folder in OVERLAYS:
        assert build(tools, folder), folder


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_gets_its_instance_and_every_tenant_with_its_own_inputs(name: str, tools: Tools) -> None:
    def key(item: dict[str, Any]) -> tuple[str, str]:
        return item["kind"], item["metadata"]["name"]

    assert sorted(build(tools, FLEET / "clusters" / name), key=key) == sorted(cluster(name), key=key)


def test_production_differs_from_staging_where_the_example_says_so(tools: Tools) -> None:
    changed = {
        str(folder.parent.relative_to(EXAMPLES))
        for folder in OVERLAYS
        if folder.name == "production" and build(tools, folder) != build(tools, folder.parent / "staging")
    }
    assert changed == {
        "apps/components/backend",
        "apps/components/frontend",
        "infra/components/cert-manager/configs",
        "infra/components/cert-manager/controllers",
        "infra/components/monitoring/controllers",
    }

"""Staging follows `latest` and production `stable`, each with the identity that `gitless identity` printed for it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.cluster.flux import Flux
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import STABLE, Releases
from tools.peers.cluster import Api
from tools.peers.commands import Tools

_numbers = itertools.count(1)
_MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {rev: '%d', cluster: '${CLUSTER}'}\n"


@dataclass
class Fleet:
    """Two clusters' worth of Flux, and the repository they follow."""

    apps: Releases
    place: str
    staging: Flux
    production: Flux

    def publish(self, number: int) -> str:
        """Publish a new revision of the component; its digest."""
        self.apps.change({"app/config.yaml": _MANIFEST % number})
        published = self.apps.publish(self.place, "--path", "app", "--name", "app")
        digest: str = published["digest"]
        return digest

    def wait(self, flux: Flux, digest: str, number: int) -> None:
        """Until that digest is verified and applied, with that content."""
        flux.look()
        assert flux.wait_applied(digest) == {"rev": str(number), "cluster": "prod-eu"}


def _make(path: Path, stack: Stack, api: Api, registry: str, platform: str, *, is_apart: bool = False) -> Fleet:
    """Two namespaces that follow the channels as they were told to; production may have a repository of its own."""
    name = f"promotion-{next(_numbers)}"
    own = f"{name}-own" if is_apart else name
    stable = STABLE.replace("from: latest", f"from: latest\n    registry: {registry}/{own}") if is_apart else STABLE
    apps = Releases(path / "apps", stack, platform, stable, component="app")
    made = Fleet(
        apps,
        f"{registry}/{name}",
        Flux(api, f"{name}-staging", registry, f"{name}/app"),
        Flux(api, f"{name}-production", registry, f"{own}/app", tag="stable"),
    )
    for flux, role in ((made.staging, "publish"), (made.production, "promote")):
        reference = f"{registry}/{flux.repository}:{flux.tag}"
        printed = apps.run("identity", "--for", role, "--form", "flux", "--reference", reference)
        flux.create_as_printed(list(yaml.safe_load_all(printed)))
    return made


@pytest.fixture(params=["github", "gitlab"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack, api: Api, registry: str) -> Fleet:
    return _make(tmp_path, sigstore, api, registry, request.param)


def test_production_applies_what_was_promoted_and_rolled_back_and_nothing_else(fleet: Fleet, tools: Tools) -> None:
    first = fleet.publish(1)
    fleet.wait(fleet.staging, first, 1)
    assert fleet.production.config_map() == {}
    fleet.apps.promote(fleet.place, "v1.0.0")
    fleet.wait(fleet.production, first, 1)

    second = fleet.publish(2)
    fleet.wait(fleet.staging, second, 2)
    tools.run("crane", "tag", f"{fleet.place}/app@{second}", "stable")
    fleet.production.look()
    assert "refs/heads/main" in fleet.production.wait_refused()
    assert fleet.production.config_map()["rev"] == "1", "it was only published"
    again = fleet.apps.promote(fleet.place, "v1.0.0", "--digest", first)
    assert (again["tags"], again["previous"]) == (["stable"], second), "it puts back what somebody moved"
    fleet.production.look()
    assert fleet.production.wait_verified(first)

    promoted = fleet.apps.promote(fleet.place, "v1.1.0")
    assert promoted["digest"] == second
    fleet.wait(fleet.production, second, 2)
    back = fleet.apps.rollback(fleet.place, "v1.1.0", "--to", "v1.0.0", "--reason", "errors in production")
    assert back["digest"] == first
    fleet.wait(fleet.production, first, 1)
    assert fleet.staging.config_map()["rev"] == "2"


def test_production_applies_the_copy_in_its_own_repository(
    tmp_path: Path, sigstore: Stack, api: Api, registry: str
) -> None:
    fleet = _make(tmp_path, sigstore, api, registry, "github", is_apart=True)
    first = fleet.publish(1)
    fleet.wait(fleet.staging, first, 1)
    fleet.apps.promote(fleet.place, "v1.0.0")
    fleet.wait(fleet.production, first, 1)
    second = fleet.publish(2)
    fleet.apps.promote(fleet.place, "v1.1.0")
    fleet.wait(fleet.production, second, 2)
    fleet.apps.rollback(fleet.place, "v1.1.0", "--to", "previous", "--reason", "errors in production")
    fleet.wait(fleet.production, first, 1)

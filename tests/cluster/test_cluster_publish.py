"""What gitless publishes is verified and applied by stock Flux; what others put under the same tag is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.conftest import Keys
from tests.cluster.flux import Flux
from tools.peers.commands import Tools
from tools.peers.publisher import SOURCE, Repository
from tools.peers.upload import get_manifest, put_artifact

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: app}}
data: {{cluster: '${{CLUSTER}}', text: '{text}'}}
"""


class Team:
    """A team whose repository is published to where Flux looks."""

    def __init__(self, path: Path, flux: Flux, keys: Keys) -> None:
        self.repository = Repository(path)
        self._flux = flux
        self._keys = keys

    def write(self, text: str) -> str:
        """Commit another content; returns the commit's id."""
        self.repository.write({"app/config.yaml": CONFIG_MAP.format(text=text)})
        return self.repository.commit()

    def publish(self) -> dict[str, Any]:
        """Run `gitless publish`, then ask Flux to look."""
        registry = f"{self._flux.registry}/{self._flux.namespace}"
        flags = ("--path", "app", "--name", "app", "--registry", registry)
        (record,) = self.repository.publish(self._keys.trusted, *flags, password=self._keys.password)
        self._flux.look()
        return record


@pytest.fixture
def team(flux: Flux, keys: Keys, tmp_path: Path) -> Team:
    """A team with one commit."""
    team = Team(tmp_path / "apps", flux, keys)
    team.write("one")
    return team


def test_a_published_artifact_is_verified_substituted_and_applied(team: Team, flux: Flux) -> None:
    commit = team.write("two")
    record = team.publish()
    assert flux.wait_applied(record["digest"]) == {"cluster": "prod-eu", "text": "two"}
    metadata = flux.artifact()["metadata"]
    assert metadata["org.opencontainers.image.source"] == SOURCE
    assert metadata["org.opencontainers.image.revision"] == f"main@sha1:{commit}"


def test_an_unsigned_push_under_the_tag_is_refused_and_a_second_publish_heals(team: Team, flux: Flux) -> None:
    first = team.publish()
    good = flux.wait_applied(first["digest"])
    put_artifact(flux.registry, flux.repository, "latest", {"config.yaml": CONFIG_MAP.format(text="evil").encode()})
    flux.look()
    assert "failed to verify the signature" in flux.wait_refused()
    assert flux.config_map() == good
    team.write("healed")
    second = team.publish()
    assert flux.wait_applied(second["digest"])["text"] == "healed"


def test_a_foreign_signature_under_the_tag_is_refused_and_a_second_publish_heals(
    team: Team, flux: Flux, keys: Keys, tools: Tools
) -> None:
    good = flux.wait_applied(team.publish()["digest"])
    evil = {"config.yaml": CONFIG_MAP.format(text="evil").encode()}
    tools.sign(keys.foreign, put_artifact(flux.registry, flux.repository, "latest", evil))
    flux.look()
    assert "failed to verify the signature" in flux.wait_refused()
    assert flux.config_map() == good
    team.write("healed")
    assert flux.wait_applied(team.publish()["digest"])["text"] == "healed"


def test_an_unsigned_copy_with_our_annotations_is_replaced_by_the_same_command(team: Team, flux: Flux) -> None:
    first = team.publish()
    good = flux.wait_applied(first["digest"])
    ours = json.loads(get_manifest(flux.registry, flux.repository, first["digest"]) or b"{}")
    evil = {"config.yaml": CONFIG_MAP.format(text="evil").encode()}
    put_artifact(flux.registry, flux.repository, "latest", evil, ours["annotations"])
    flux.look()
    flux.wait_refused()
    again = team.publish()
    assert again["digest"] == first["digest"]
    assert flux.wait_verified(again["digest"])
    assert flux.config_map() == good


def test_what_a_stranger_published_with_gitless_is_not_applied_until_the_team_publishes(
    team: Team, flux: Flux, keys: Keys
) -> None:
    registry = f"{flux.registry}/{flux.namespace}"
    flags = ("--path", "app", "--name", "app", "--registry", registry)
    team.repository.publish(keys.foreign, *flags, password=keys.password)
    flux.look()
    assert "failed to verify the signature" in flux.wait_refused()
    assert flux.config_map() == {}
    record = team.publish()
    assert flux.wait_applied(record["digest"]) == {"cluster": "prod-eu", "text": "one"}

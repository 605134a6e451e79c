"""Every example, as it lies there, passes the checks and can be published into a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tools.peers.publisher import Repository, gitless
from tools.peers.recipes import REPOSITORY

# apps also has `web`, which helm renders; the faces ring publishes it
COMPONENTS = {"apps": ("backend", "frontend"), "fleet": ("fleet",), "infra": ("cert-manager", "monitoring")}


@pytest.mark.parametrize("example", COMPONENTS)
def test_the_manifests_of_an_example_pass(example: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path / example)
    repository.copy(REPOSITORY / "examples" / example)
    repository.git("remote", "set-url", "origin", f"https://github.com/acme/{example}")
    repository.commit()
    store = tmp_path / "store"
    flags = ("--dry-run", "--json", "--registry", f"oci-layout:{store}")
    record = json.loads(gitless("publish", *COMPONENTS[example], *flags, cwd=repository.path).stdout)
    assert record["ok"] is True
    found = {item["name"]: item for item in record["components"]}
    assert tuple(found) == COMPONENTS[example]
    for item in found.values():
        assert (item["changed"], item["pushed"]) == (True, False)
        assert item["notes"] == ["Nothing was written: The channel does not exist yet."]
    assert not store.exists()

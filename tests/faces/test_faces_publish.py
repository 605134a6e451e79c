"""The example's workflow runs as it is: the publish action, against a registry, with a key and as the job itself."""

from __future__ import annotations

from pathlib import Path

from tests.faces.act import Act
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "apps"


def make_repository(path: Path) -> Repository:
    repository = Repository(path)
    repository.git("remote", "set-url", "origin", "https://github.com/acme/d2-apps")
    repository.copy(EXAMPLE)
    repository.commit()
    return repository


def test_publishes_with_a_key(tmp_path: Path, act: Act, registry: str) -> None:
    repository = make_repository(tmp_path / "apps")
    run = act.run(repository.path, "push", {"GITLESS_REGISTRY": f"{registry}/one"})
    print(run.log)
    print(run.entries)
    assert run.code == 0

"""Channels behind channels: each digest goes through all of them, and what one withdrew goes no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.protected_repo import ProtectedRepo
from tests.fakes.workshop import config_map

from gitless.flows.copy import copy_graph
from gitless.model.digest import Digest
from gitless.model.moves import MoveResult
from gitless.registry.layout import LayoutRepository

CHANNELS = """\
  canary: {from: latest}
  stable: {from: canary}
"""
APART = """\
  canary: {from: latest, registry: "oci-layout:../canary"}
  stable: {from: canary, registry: "oci-layout:../stable"}
"""


@pytest.fixture(params=[CHANNELS, APART], ids=["one-registry", "registries-of-their-own"])
def repo(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProtectedRepo:
    made = ProtectedRepo(tmp_path, channels=request.param)
    monkeypatch.chdir(made.clone)
    return made


def order(move: MoveResult) -> tuple[str, str]:
    (found,) = [(gate.verdict, gate.reason) for gate in move.gates if gate.name == "order"]
    return found


def publish(repo: ProtectedRepo, text: str) -> str:
    repo.write("web/cm.yaml", config_map(text))
    repo.push()
    return repo.publish()["web"]


def test_a_digest_goes_through_every_channel(repo: ProtectedRepo) -> None:
    digest = publish(repo, "one")
    (skipped,) = repo.promote(digest=digest).moves
    assert skipped.error
    assert not skipped.record
    (first,) = repo.promote(channel="canary").moves
    assert (first.error, first.digest) == (None, digest)
    (second,) = repo.promote().moves
    assert (second.error, second.digest) == (None, digest)
    assert order(second) == ("passed", "It was promoted to the channel canary.")
    assert second.record != first.record
    assert not repo.promote().moves[0].moved


def test_what_a_channel_withdrew_goes_no_further(repo: ProtectedRepo) -> None:
    good = publish(repo, "good")
    repo.promote(channel="canary")
    repo.promote()
    bad = publish(repo, "bad")
    repo.promote(channel="canary")
    (back,) = repo.rollback(channel="canary", back_to="previous", withdraw=True).moves
    assert (back.error, back.digest) == (None, good)
    (held,) = repo.promote(digest=bad).moves
    assert order(held) == ("failed", "It was withdrawn from the channel canary.")
    assert not held.record


def test_previous_is_nothing_where_somebody_moved_the_channel_by_hand(repo: ProtectedRepo) -> None:
    digests = []
    for text in ("one", "two"):
        digests.append(publish(repo, text))
        repo.promote(channel="canary")
    foreign = publish(repo, "three")
    move = repo.promote(channel="canary", dry_run=True).moves[0]
    store = LayoutRepository(Path(move.repository.removeprefix("oci-layout:")))
    source = LayoutRepository(repo.clone.parent / "out" / "web")
    manifest = source.fetch_manifest(Digest.parse(foreign))
    assert manifest is not None
    copy_graph(source, store, manifest)
    store.push_manifest(manifest, "canary")

    (held,) = repo.rollback(channel="canary", back_to="previous").moves
    assert held.error
    assert "what the channel named before is not clear" in held.error.what
    assert foreign in held.error.why
    (put_back,) = repo.promote(channel="canary", digest=digests[1]).moves
    assert (put_back.error, put_back.digest, put_back.tags) == (None, digests[1], ("canary",))
    (back,) = repo.rollback(channel="canary", back_to="previous").moves
    assert (back.error, back.digest) == (None, digests[0])

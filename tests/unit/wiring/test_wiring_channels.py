"""Channels behind channels: each digest goes through all of them, and what one withdrew goes no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.protected_repo import ProtectedRepo
from tests.fakes.workshop import config_map

from gitless.model.moves import MoveResult

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

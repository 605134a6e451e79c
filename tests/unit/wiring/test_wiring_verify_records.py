"""`verify --config` under policy strict: a channel that promotions move must stand where its records moved it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.protected_repo import ProtectedRepo

from gitless.model.reference import Location
from gitless.model.results import VerifyResult
from gitless.registry.layout import LayoutRepository
from gitless.wiring.trust import TrustRequest
from gitless.wiring.verify import verify


class Shop:
    """One repository, published once; the process must run in its clone."""

    def __init__(self, repo: ProtectedRepo) -> None:
        self.repo = repo
        self.repo.publish()
        self.place = Location.parse(f"{self.repo.registry}/web")
        self.store = LayoutRepository(Path(self.place.path))

    def verify(self, tag: str = "stable", policy: str = "strict") -> VerifyResult:
        trust = TrustRequest(config="gitless.yaml")
        (result,), _ = verify([f"{self.place}:{tag}"], trust, policy, insecure=False)
        return result


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    repo = ProtectedRepo(tmp_path)
    monkeypatch.chdir(repo.clone)
    return Shop(repo)


def records(result: VerifyResult) -> list[tuple[bool, str]]:
    return [(check.ok, check.reason) for check in result.checks if check.id == "strict.11-records"]


def test_a_promoted_channel_stands_where_its_record_moved_it(shop: Shop) -> None:
    shop.repo.promote("web", channel="stable", release="v1.0.0")
    result = shop.verify()
    assert result.ok
    assert records(result) == [(True, "Record 1 of a whole chain moved stable to it.")]


def test_a_channel_that_was_moved_by_hand_is_not_ok(shop: Shop) -> None:
    manifest = shop.store.fetch_manifest("latest")
    assert manifest is not None
    shop.store.push_manifest(manifest, "stable")
    result = shop.verify()
    assert not result.ok
    assert records(result) == [(False, "The channel was moved, and there is no record of any promotion.")]


@pytest.mark.parametrize(("tag", "policy"), [("latest", "strict"), ("stable", "cosign")])
def test_other_channels_and_policies_do_not_ask(shop: Shop, tag: str, policy: str) -> None:
    shop.repo.promote("web", channel="stable", release="v1.0.0")
    assert records(shop.verify(tag, policy)) == []

"""Legacy signatures beside the bundles: there before any tag, once, and never over bytes this run has not built."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.signed import make_signer
from tests.fakes.workshop import Workshop

from gitless.errors import RemoteError
from gitless.model.simple_signing import legacy_tag
from gitless.registry.memory import MemoryRepository
from gitless.signing.legacy import KeyPayloads


class LegacyShop(Workshop):
    """A workshop whose runs write legacy signatures too."""

    def run(self, commit, **options):
        run = super().run(commit, **options)
        return replace(run, publisher=replace(run.publisher, payloads=KeyPayloads(self.signer)))


@pytest.fixture
def shop() -> LegacyShop:
    store = MemoryRepository()
    return LegacyShop(lambda: store, signer=make_signer())


def test_the_legacy_signature_stands_beside_the_bundles_and_is_written_once(shop: LegacyShop) -> None:
    commit = shop.commit("one")
    result = shop.publish(commit)
    store = shop.open_store()
    tag = legacy_tag(store.resolve("latest"))
    first = store.resolve(tag)
    assert result.error is None
    assert first is not None
    assert len(store.list_referrers(store.resolve("latest"))) == 3
    shop.publish(commit)
    shop.publish(commit, force=True)
    assert store.resolve(tag) == first


def test_it_is_added_where_it_was_not_asked_for_before(shop: LegacyShop) -> None:
    commit = shop.commit("one")
    Workshop(shop.open_store, signer=shop.signer, commits=shop.commits).publish(commit)
    store = shop.open_store()
    assert store.resolve(legacy_tag(store.resolve("latest"))) is None
    assert not shop.publish(commit).changed
    assert store.resolve(legacy_tag(store.resolve("latest"))) is not None


def test_an_older_artifact_that_is_unchanged_is_not_signed_again(shop: LegacyShop) -> None:
    Workshop(shop.open_store, signer=shop.signer, commits=shop.commits).publish(shop.commit("one"))
    assert not shop.publish(shop.commit("one", touched=False)).changed
    store = shop.open_store()
    assert store.resolve(legacy_tag(store.resolve("latest"))) is None


def test_a_dry_run_writes_none(shop: LegacyShop) -> None:
    shop.publish(shop.commit("one"), dry_run=True)
    assert shop.open_store().list_tags() == ()


def test_nothing_is_named_when_it_cannot_be_written() -> None:
    class Stubborn(MemoryRepository):
        def push_manifest(self, manifest, tag=None):
            if tag and tag.endswith(".sig"):
                raise RemoteError("no such tags here")
            super().push_manifest(manifest, tag)

    store = Stubborn()
    shop = LegacyShop(lambda: store, signer=make_signer())
    assert shop.publish(shop.commit("one")).error is not None
    assert store.resolve("latest") is None

"""Signing services that fail half way: what was signed is kept, nothing is named, the next run signs only the rest."""

from __future__ import annotations

import threading
from collections.abc import Set

import pytest
from tests.fakes.registry_server import RegistryServer
from tests.fakes.signed import make_signer
from tests.fakes.workshop import Workshop

from gitless.errors import RemoteError
from gitless.registry.memory import MemoryRepository
from gitless.registry.open import Stores

KINDS = ("cosign/sign", "cyclonedx", "provenance")


class Weather:
    """A signer whose services fail for statements of some kinds; counts what it signed."""

    def __init__(self, bad: Set[str]) -> None:
        self.good, self.bad, self.signed = make_signer(), bad, 0
        self._lock = threading.Lock()

    @property
    def public_key_pem(self) -> bytes:
        return self.good.public_key_pem

    def sign(self, statement: bytes) -> bytes:
        if any(kind.encode() in statement[-200:] + statement[:400] for kind in self.bad):
            raise RemoteError("The log is down.", temporary=True)
        with self._lock:
            self.signed += 1
        return self.good.sign(statement)


def bad_kinds() -> list[frozenset[str]]:
    return [frozenset(kind for bit, kind in enumerate(KINDS) if number >> bit & 1) for number in range(1, 8)]


@pytest.mark.parametrize("bad", bad_kinds(), ids=lambda bad: "+".join(sorted(bad)))
def test_what_was_signed_is_kept_and_only_the_rest_is_signed_by_the_next_run(bad: frozenset[str]) -> None:
    store, weather = MemoryRepository(), Weather(bad)
    shop = Workshop(lambda: store, signer=weather)  # type: ignore[arg-type]
    commit = shop.commit("one")
    failed = shop.publish(commit)
    assert failed.error is not None
    assert failed.error.exit_code == 3
    assert store.list_tags() == ()
    assert weather.signed == 3 - len(bad)
    weather.bad = frozenset()
    assert shop.publish(commit).error is None
    assert weather.signed == 3
    assert shop.channel_state()[1]


@pytest.mark.parametrize("referrers_api", [True, False])
def test_the_channel_stays_where_it_was_and_is_moved_by_the_rerun(referrers_api: bool) -> None:
    with RegistryServer(referrers_api=referrers_api) as server:
        location = server.location("acme/apps/web")
        weather = Weather(frozenset())
        shop = Workshop(lambda: Stores(env={}).open(location), location, signer=weather)  # type: ignore[arg-type]
        shop.publish(shop.commit("one"))
        before = shop.channel_state()
        weather.bad = frozenset({"cyclonedx"})
        second = shop.commit("two")
        assert shop.publish(second).error is not None
        assert shop.channel_state() == before
        weather.bad = frozenset()
        assert shop.publish(second).error is None
        assert shop.channel_state()[0] != before[0]
        assert weather.signed == 6


def test_a_store_that_fails_too_does_not_hide_why_nothing_was_signed() -> None:
    class Broken(MemoryRepository):
        def push_blob(self, blob: object) -> None:
            raise RemoteError("The store is down.")

    store = Broken()
    shop = Workshop(lambda: store, signer=Weather(frozenset({"provenance"})))  # type: ignore[arg-type]
    error = shop.publish(shop.commit("one")).error
    assert error is not None
    assert error.what == "The log is down."


def test_without_a_signer_the_artifact_is_pushed_by_digest_and_nothing_names_it() -> None:
    store = MemoryRepository()
    shop = Workshop(lambda: store)
    run = shop.run(shop.commit("one"))
    object.__setattr__(run.publisher, "signer", None)
    object.__setattr__(run.publisher, "trusted", ())
    (result,) = run.publish_all([shop.plan]).components
    assert result.error is None
    assert store.list_tags() == ()
    assert result.tags == ()
    assert "no tag names it" in " ".join(result.notes)

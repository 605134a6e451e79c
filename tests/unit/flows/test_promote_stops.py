"""Promotions and rollbacks that are stopped after every single request: both promises hold, and a rerun completes them."""

import pytest
from tests.fakes.promotion_shop import KINDS, PromotionShop
from tests.fakes.registry_server import RegistryServer
from tests.fakes.workshop import Workshop

from gitless.registry.open import Stores
from gitless.web.patience import Patience

IMPATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"


def shop_on(server, **options):
    location = server.location(NAME)
    workshop = Workshop(lambda: Stores(env={}, patience=IMPATIENT).open(location), location)
    return PromotionShop(workshop, place=str(location), **options)


def life(shop):
    """Two releases; returns their digests."""
    first = shop.publish("one")
    assert shop.promote(release="v1.0.0").error is None
    second = shop.publish("two")
    assert shop.promote(release="v1.1.0").error is None
    return first, second


def check_names(shop, old, new, release):
    """Promises 1 and 2 and a truthful history, wherever the run was stopped."""
    assert shop.is_accepted("stable")
    assert shop.names() in (old, new)
    assert shop.is_accepted(release)
    assert shop.names(release) in ("", new)
    history = shop.ledger().history
    assert not [fault for fault in history.faults if fault.kind != "unlisted"], history.faults
    head = history.head
    if str(head.record.digest) == new:
        assert (head.state == "completed") == (shop.names() == new)
    else:
        assert shop.names() == old, "the channel moved without a record"


def check_completed(shop, new, sequence):
    assert shop.names() == new
    history = shop.ledger().history
    assert history.ok, (history.tag, history.faults)
    assert [link.record.sequence for link in history.links] == list(range(1, sequence + 1))
    assert {link.state for link in history.links} == {"completed"}


every_way = pytest.mark.parametrize(
    ("api", "how"), [(True, "cut"), (True, "500"), (True, "lost"), (False, "cut"), (False, "lost")]
)


def every_stop(api, how, prepare, run):
    """Yield the shop after `run` was stopped after 0, 1, 2 … requests, each time in the same registry."""
    with RegistryServer(referrers_api=api) as server:
        shop, old, new = prepare(shop_on(server))
        before = server.snapshot()
        server.forget()
        whole = run(shop, new)
        assert whole.error is None, whole.error
        for stop in range(len(server.requests)):
            server.restore(before)
            server.stop_after(stop, how)
            run(shop, new)
            server.resume()
            yield stop, shop, old, new


def one_release_and_another_to_come(shop):
    old = shop.publish("one")
    assert shop.promote(release="v1.0.0").error is None
    return shop, old, shop.publish("two")


def two_releases(shop):
    first, second = life(shop)
    return shop, second, first


@every_way
def test_promotion_stopped_after_every_request(api, how):
    def run(shop, new):
        return shop.promote(new, "v1.1.0")

    for stop, shop, old, new in every_stop(api, how, one_release_and_another_to_come, run):
        check_names(shop, old, new, "v1.1.0")
        healed = run(shop, new)
        assert healed.error is None, (stop, healed.error)
        check_completed(shop, new, 2)
        assert shop.names("v1.1.0") == new
        assert shop.proofs(new) == dict.fromkeys(KINDS, 1), stop
        if stop % 8 == 0:
            again = run(shop, new)
            assert (again.error, again.moved.wrote, again.moved.tags) == (None, False, ())


@every_way
def test_rollback_stopped_after_every_request(api, how):
    def run(shop, first):
        return shop.rollback(first, withdraw=True)

    for stop, shop, second, first in every_stop(api, how, two_releases, run):
        check_names(shop, second, first, "v1.0.0")
        healed = run(shop, first)
        assert healed.error is None, (stop, healed.error)
        check_completed(shop, first, 3)
        assert list(shop.proofs(first).values()) == [2, 2, 1], stop
        assert [str(digest) for digest in shop.ledger().history.withdrawn] == [second]
        if stop % 8 == 0:
            again = run(shop, first)
            assert (again.error, again.moved.wrote, again.moved.tags) == (None, False, ())

"""What a promotion costs: requests beyond the reading of evidence, and how many steps wait for one another."""

import re

import pytest
from tests.fakes.promotion_shop import PromotionShop
from tests.fakes.registry_server import RegistryServer
from tests.fakes.workshop import Workshop

from gitless.registry.open import Stores
from gitless.web.patience import Patience

PATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"
EVIDENCE = re.compile(
    r"GET .*(/referrers/|/manifests/sha256|/blobs/sha256|/manifests/gitless-|/manifests/stable)|PUT .*/manifests/sha256-"
)


@pytest.fixture(params=[True, False], ids=["referrers-api", "fallback-tag"])
def server(request):
    with RegistryServer(referrers_api=request.param) as running:
        yield running


def shop_on(server):
    location = server.location(NAME)
    workshop = Workshop(lambda: Stores(env={}, patience=PATIENT).open(location), location)
    return PromotionShop(workshop, place=str(location))


def beyond_evidence(server):
    """Requests that read no evidence: neither the artifacts, nor what refers to them, nor records and their journal.

    The fallback index of registries without a referrers API is not counted either.
    """
    sent = [f"{entry.method} {entry.path}" for entry in server.requests]
    return [line for line in sent if not EVIDENCE.match(line)]


def test_promotion_that_makes_a_release(server):
    shop = shop_on(server)
    shop.publish("one")
    shop.promote(release="v1.0.0")
    digest = shop.publish("two")
    server.forget()
    assert shop.promote(digest, "v1.1.0").error is None
    sent = beyond_evidence(server)
    # with --digest; --from reads the artifact by the source channel's tag, which saves one
    assert len(sent) <= 17, sent


def test_promotion_without_releases(server):
    shop = shop_on(server).with_policy(release=None)
    shop.publish("one")
    shop.promote()
    digest = shop.publish("two")
    server.forget()
    assert shop.promote(digest).error is None
    sent = beyond_evidence(server)
    assert len(sent) <= 14, sent


def test_rerun_reads_and_writes_nothing(server):
    shop = shop_on(server)
    digest = shop.publish()
    shop.promote(release="v1.0.0")
    server.forget()
    assert shop.promote(digest, "v1.0.0").moved.wrote is False
    assert {entry.method for entry in server.requests} == {"GET", "HEAD"}
    assert len(beyond_evidence(server)) <= 5


def test_length_of_the_history_costs_no_steps(server):
    """Records of earlier promotions are read once each, however often journal and channel are looked at."""
    shop = shop_on(server)
    for number in range(4):
        digest = shop.publish(str(number))
        shop.promote(digest, f"v1.{number}.0")
    digest = shop.publish("last")
    records = [str(link.manifest) for link in shop.ledger().history.links]
    server.forget()
    shop.promote(digest, "v2.0.0")
    for record in records:
        assert len([entry for entry in server.requests if entry.path.endswith(record)]) == 1

"""history and audit over HTTP: how many requests and how many of them one after another, and registries that are odd."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.lives import HAPPENINGS
from tests.fakes.promotion_shop import PromotionShop
from tests.fakes.promotion_store import PromotionStore
from tests.fakes.promotion_world import World
from tests.fakes.promotions import HOUR, NOON
from tests.fakes.registry_server import INDEX, RegistryServer, Reply
from tests.fakes.signed import make_artifact, trusted
from tests.fakes.workshop import START, Workshop

from gitless.errors import RemoteError
from gitless.flows.audit import Auditor
from gitless.flows.audit_evidence import Trusted
from gitless.flows.audit_store import AuditedStore
from gitless.flows.history import ChannelPlace, tell
from gitless.model.digest import Digest
from gitless.registry.open import Stores
from gitless.web.patience import Patience

NAME = "acme/apps/web"
PATIENCE = Patience(attempts=1, total_seconds=60, connect_seconds=2, read_seconds=30, backoff_seconds=0.01)


def opened(server):
    return Stores(env={}, patience=PATIENCE).open(server.location(NAME))


def shop_on(server) -> PromotionShop:
    location = server.location(NAME)
    shop = PromotionShop(Workshop(lambda: opened(server), location), place=str(location))
    shop.publish("one")
    assert shop.promote(release="v1.0.0").error is None
    shop.publish("two")
    assert shop.promote(release="v1.1.0").error is None
    return shop


def audit(shop, server, **options):
    auditor = Auditor(Trusted(tuple(shop.workshop.keys), (trusted(shop.signer),)), **options)
    store = AuditedStore("web", opened(server), shop.place, ("latest",), ("stable",))
    return auditor.judge(auditor.read_all([store]), START + timedelta(days=30))


def history(shop, server):
    place = ChannelPlace("stable", opened(server), shop.place)
    return tell("web", [place], [trusted(shop.signer)], START + timedelta(days=30))


@pytest.mark.parametrize("api", [True, False], ids=["referrers-api", "fallback-tag"])
def test_a_healthy_registry(api) -> None:
    with RegistryServer(referrers_api=api) as server:
        shop = shop_on(server)
        told = history(shop, server)
        assert told.ok
        assert [link.record.release for link in told.channels[0].shown] == ["v1.0.0", "v1.1.0"]
        result = audit(shop, server)
        assert result.findings == ()
        assert all(request.method in ("GET", "HEAD") for request in server.requests[-result.requests :])


def test_a_hundred_promotions_take_few_round_trips() -> None:
    world = World()
    for _ in range(100):
        world.promote(1)
    with RegistryServer() as server:
        store = PromotionStore(opened(server))
        store.put(world)
        server.forget()
        place = ChannelPlace("stable", opened(server), "ghcr.io/acme/apps/web")
        told = tell("web", [place], [trusted(store.promoter)], NOON + 1000 * HOUR)
        assert told.ok
        assert len(told.channels[0].shown) == 100
        assert told.requests <= 2 * 100 + 8
        assert depth(server.requests) <= 6


def depth(requests) -> int:
    """How many requests wait for the answer of another one, at most: by what each can only know from an answer."""
    kinds = [
        [item for item in requests if item.path.endswith(("/gitless-stable", "/stable"))],
        [item for item in requests if "/referrers/" in item.path or "/sha256-" in item.path],
        [item for item in requests if "/manifests/sha256:" in item.path],
        [item for item in requests if "/blobs/" in item.path],
    ]
    assert sum(map(len, kinds)) == len([item for item in requests if item.path != "/v2/"])
    again = sum(map(len, kinds[1:])) - len({item.path for group in kinds[1:] for item in group})
    assert again <= 2, "only the newest record may be read twice, from the journal and from the channel's digest"
    return sum(bool(group) for group in kinds)


def test_reading_never_writes_so_immutable_tags_and_no_delete_do_not_matter() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        for method in ("PUT", "POST", "PATCH", "DELETE"):
            server.on(method, "/", lambda request: Reply(405))
        assert history(shop, server).ok
        assert audit(shop, server).ok


def test_slow_referrers_are_waited_for() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        server.on("GET", "/referrers/", lambda request: time.sleep(0.3))
        assert history(shop, server).ok
        assert audit(shop, server).ok


def test_a_registry_that_fails_is_an_error_and_no_finding() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        server.on("GET", "/referrers/", lambda request: Reply(503))
        with pytest.raises(RemoteError):
            audit(shop, server)
        with pytest.raises(RemoteError):
            history(shop, server)


def test_ten_thousand_tags() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        stored = server.manifest(NAME, "latest")
        for number in range(10_000):
            moment = (START - timedelta(minutes=number)).strftime("%Y%m%dT%H%M%SZ")
            server.put_manifest(NAME, stored.media_type, stored.content, f"latest-{moment}-{number:012d}")
        strange = make_artifact(name="strange")
        server.put_manifest(NAME, strange.media_type, strange.content, "by-hand")
        server.forget()
        result = audit(shop, server, max_tags=200)
        # the strange tag is among those that are looked at, however many builds there are
        assert [item.tag for item in result.findings] == ["by-hand"]
        assert result.components[0].tags > 10_000
        assert result.components[0].looked_at == 204
        assert "tags were not looked at" in result.notices[0]
        assert result.requests < 300


def test_a_release_among_ten_thousand_is_always_looked_at() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        stored = server.manifest(NAME, "stable")
        first = Digest.parse(server.tags(NAME)["v1.0.0"])
        server.put_manifest(NAME, stored.media_type, stored.content, "v1.0.0")
        found = audit(shop, server, max_tags=0).findings
        assert [(item.kind, item.tag, item.expected) for item in found] == [("release.moved", "v1.0.0", str(first))]


def test_a_damaged_listing_is_a_finding_and_hides_nothing_else() -> None:
    with RegistryServer(referrers_api=False) as server:
        shop = shop_on(server)
        digest = server.tags(NAME)["v1.0.0"]
        server.put_manifest(NAME, INDEX, b'{"manifests": 7', digest.replace(":", "-"))
        strange = make_artifact(name="strange")
        server.put_manifest(NAME, strange.media_type, strange.content, "by-hand")
        found = {(item.kind, item.tag) for item in audit(shop, server).findings}
        assert {("evidence.unreadable", "v1.0.0"), ("tag.unsigned", "by-hand")} <= found
        assert {kind for kind, tag in found if tag in ("stable", "latest", "v1.1.0")} == set()


def test_a_manifest_that_is_gone_while_its_tag_stays() -> None:
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = server.tags(NAME)["v1.0.0"]
        server.on("GET", f"/manifests/({digest}|v1.0.0)", lambda request: Reply(404))
        assert ("tag.dangling", "v1.0.0") in {(item.kind, item.tag) for item in audit(shop, server).findings}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(HAPPENINGS, min_size=6, max_size=14), st.booleans())
def test_lives_are_told_over_http_as_they_were(lived, api) -> None:
    world = World()
    for name, arguments in lived:
        getattr(world, name)(**arguments)
    with RegistryServer(referrers_api=api) as server:
        store = PromotionStore(opened(server))
        store.put(world)
        store.name_everything()
        expected = store.expected(world)
        auditor = Auditor(Trusted((), (trusted(store.promoter),)))
        audited = AuditedStore("web", opened(server), "ghcr.io/acme/apps/web", (), ("stable",))
        found = auditor.read_all([audited])[0].histories[0]
        assert [(link.manifest, link.state, link.gap) for link in found.links] == expected.links
        assert {(fault.kind, fault.manifest) for fault in found.faults} == expected.faults
        assert found.tag.word == expected.word

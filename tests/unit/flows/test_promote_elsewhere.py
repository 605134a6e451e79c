"""Promotion into another registry, and into registries with ways of their own."""

import json
import threading

import pytest
from tests.fakes.promotion_shop import KINDS, PromotionShop
from tests.fakes.registry_server import RegistryServer, Reply
from tests.fakes.workshop import Workshop

from gitless.artifact.manifest import EMPTY_BLOB, build_referrer
from gitless.errors import RemoteError, UntrustedContentError
from gitless.flows import copy as copying
from gitless.flows.copy import MAX_COPIED, MAX_DEPTH, copy_graph
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, OCI_MANIFEST
from gitless.registry.open import Stores
from gitless.web.patience import Patience

IMPATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"
CREATED = "2026-11-20T12:00:00Z"


def opened(server):
    location = server.location(NAME)
    return lambda: Stores(env={}, patience=IMPATIENT).open(location)


def shop_on(server, target=None):
    home = target or server
    return PromotionShop(
        Workshop(opened(server), server.location(NAME)),
        opened(target) if target else None,
        place=str(home.location(NAME)),
    )


@pytest.fixture(params=[(True, True), (True, False), (False, True), (False, False)], ids=["aa", "af", "fa", "ff"])
def registries(request):
    """Two registries, each with the referrers API or with the fallback tag."""
    with RegistryServer(referrers_api=request.param[0]) as one, RegistryServer(referrers_api=request.param[1]) as two:
        yield one, two


def referrer(store, subject, text, *, blob=True):
    """Attach something foreign."""
    content = text.encode()
    manifest = build_referrer(content, "https://example.test/foreign", subject, CREATED)
    store.push_blob(EMPTY_BLOB)
    if blob:
        store.push_blob(Blob.of(content, BUNDLE))
    store.attach(subject.digest, [manifest])
    return manifest


def graph(store, subject):
    """Every referrer below a digest."""
    found = {item.digest for item in store.list_referrers(subject)}
    return found.union(*(graph(store, item) for item in found)) if found else found


def test_graph_travels_byte_for_byte_before_any_tag_and_a_rerun_sends_nothing_twice(registries):
    one, two = registries
    shop = shop_on(one, two)
    digest = Digest.parse(shop.publish())
    source = shop.workshop.open_store()
    note = referrer(source, source.fetch_manifest(digest).descriptor, "a note")
    deeper = referrer(source, note.descriptor, "a note on a note")
    assert shop.promote(release="v1.0.0").error is None
    target = shop.target()
    assert graph(source, digest) <= graph(target, digest)
    assert deeper.digest in graph(target, digest)
    for item in (digest, *graph(source, digest)):
        assert target.fetch_manifest(item).content == source.fetch_manifest(item).content
    assert (shop.names(), shop.names("v1.0.0"), shop.is_accepted()) == (str(digest), str(digest), True)
    assert shop.proofs(str(digest)) == dict.fromkeys(KINDS, 1)
    assert "stable" not in one.tags(NAME)
    puts = [entry.path for entry in two.requests if entry.method == "PUT"]
    tags = [path.rpartition("/")[2] for path in puts if "/manifests/" in path and "sha256" not in path]
    assert tags == ["gitless-stable", "v1.0.0", "stable"]
    two.forget()
    assert shop.promote(release="v1.0.0").moved.wrote is False
    assert [entry for entry in two.requests if entry.method != "GET" and "uploads" in entry.path] == []


@pytest.mark.parametrize("how", ["cut", "lost"])
def test_promotion_into_another_registry_stopped_after_every_request_there(how):
    with RegistryServer() as one, RegistryServer(referrers_api=False) as two:
        shop = shop_on(one, two)
        digest = shop.publish()
        assert shop.promote(release="v1.0.0").error is None
        total = len(two.requests)
        for stop in range(total):
            two.restore({})
            two.stop_after(stop, how)
            shop.promote(release="v1.0.0")
            two.resume()
            assert shop.is_accepted("stable")
            assert shop.is_accepted("v1.0.0")
            assert shop.promote(release="v1.0.0").error is None, stop
            assert shop.ledger().history.ok, stop
            assert shop.names() == digest
            assert shop.proofs(digest) == dict.fromkeys(KINDS, 1), stop


def test_rollback_in_another_registry_stays_there():
    with RegistryServer() as one, RegistryServer() as two:
        shop = shop_on(one, two)
        first = shop.publish("one")
        shop.promote(release="v1.0.0")
        shop.publish("two")
        shop.promote(release="v1.1.0")
        home = PromotionShop(shop.workshop, opened(two), shop.place, shop.signer)
        home.workshop.open_store = opened(two)
        one.forget()
        assert home.rollback(first).error is None
        assert (home.names(), one.requests) == (first, [])


def test_referrers_that_are_listed_and_not_whole_are_left_out():
    with RegistryServer() as one, RegistryServer() as two:
        shop = shop_on(one, two)
        digest = Digest.parse(shop.publish())
        source = shop.workshop.open_store()
        subject = source.fetch_manifest(digest).descriptor
        gone = referrer(source, subject, "no content")
        one._repository(NAME).blobs.pop(str(gone.layers[0].digest))
        short = json.loads(referrer(source, subject, "another size").content)
        short["layers"][0]["size"] += 1
        wrong_size = one.put_manifest(NAME, OCI_MANIFEST, json.dumps(short).encode())
        broken = {"schemaVersion": 2, "subject": {"digest": str(digest)}, "layers": "none", "config": {"size": "x"}}
        one.put_manifest(NAME, OCI_MANIFEST, json.dumps(broken).encode())
        left_out = copy_graph(source, shop.target(), source.fetch_manifest(digest))
        assert len(left_out) == 3
        assert gone.digest in left_out
        del one._repository(NAME).manifests[wrong_size]
        assert shop.promote(release="v1.0.0").error is None


def test_evidence_that_was_judged_and_is_then_gone_stops_the_copy():
    with RegistryServer() as one, RegistryServer() as two:
        shop = shop_on(one, two)
        digest = Digest.parse(shop.publish())
        evidence = shop.workshop.open_store().list_referrers(digest)

        def collected():
            one._repository(NAME).blobs.pop(
                str(shop.workshop.open_store().fetch_manifest(evidence[0].digest).layers[0].digest)
            )

        outcome = shop.promote(release="v1.0.0", between=collected)
        assert isinstance(outcome.error, RemoteError)
        assert "cannot be copied" in outcome.error.what
        assert shop.names() == ""


def test_flood_of_referrers_is_refused_before_anything_of_it_is_read():
    with RegistryServer() as one, RegistryServer() as two:
        shop = shop_on(one, two)
        digest = Digest.parse(shop.publish())
        listed = {"mediaType": OCI_MANIFEST, "size": 300, "artifactType": "x"}
        entries = [{**listed, "digest": str(Digest.of(str(number).encode()))} for number in range(MAX_COPIED + 1)]
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        source = shop.workshop.open_store()
        artifact = source.fetch_manifest(digest)
        one.forget()
        one.on("GET", "/referrers/", lambda request: Reply(200, {"Content-Type": INDEX}, body))
        with pytest.raises(UntrustedContentError, match="too much to be copied"):
            copy_graph(source, shop.target(), artifact)
        assert len([entry for entry in one.requests if "/manifests/sha256:" in entry.path]) == 0


INDEX = "application/vnd.oci.image.index.v1+json"


def test_graph_that_is_too_deep_or_too_long_is_refused(monkeypatch):
    with RegistryServer() as one, RegistryServer() as two:
        shop = shop_on(one, two)
        digest = Digest.parse(shop.publish())
        source = shop.workshop.open_store()
        artifact = source.fetch_manifest(digest)
        subject: Manifest = artifact
        for number in range(MAX_DEPTH):
            subject = referrer(source, subject.descriptor, f"level {number}")
        assert copy_graph(source, shop.target(), artifact) == ()
        referrer(source, subject.descriptor, "one more")
        with pytest.raises(UntrustedContentError, match="too much to be copied"):
            copy_graph(source, shop.target(), artifact)
        monkeypatch.setattr(copying, "MAX_EVIDENCE_BYTES", 100)
        two.restore({})
        with pytest.raises(UntrustedContentError, match="too much to be copied"):
            copy_graph(source, shop.target(), artifact)


def immutable(server, *movable):
    """Let existing tags but these refuse every PUT, as a repository with immutable tags does."""

    def refuse(request):
        tag = request.path.rpartition("/")[2]
        known = server.tags(NAME)
        if tag.startswith("sha256") or tag not in known or tag in movable:
            return None
        return Reply(409, {"Content-Type": "application/json"}, b'{"errors":[{"code":"TAG_IMMUTABLE"}]}')

    server.on("PUT", "/manifests/", refuse)


def test_registry_with_immutable_tags_says_which_must_move_and_the_same_command_completes_it():
    with RegistryServer() as server:
        shop = shop_on(server)
        first = shop.publish("one")
        shop.promote(release="v1.0.0")
        second = shop.publish("two")
        immutable(server, "latest")
        refused = shop.promote(second, "v1.1.0").error
        assert isinstance(refused, RemoteError)
        assert "does not let the tag gitless-stable move" in refused.what
        assert "stable" in refused.hint
        assert shop.names() == first
        server.forget()
        immutable(server, "latest", "gitless-stable")
        refused = shop.promote(second, "v1.1.0").error
        assert "does not let the tag stable move" in refused.what
        server.forget()
        immutable(server, "latest", "gitless-stable", "stable")
        assert shop.promote(second, "v1.1.0").error is None
        assert (shop.names(), shop.proofs(second)) == (second, dict.fromkeys(KINDS, 1))
        assert shop.ledger().history.ok


def test_first_promotion_into_immutable_tags_needs_nothing_to_move():
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = shop.publish()
        immutable(server)
        assert shop.promote(release="v1.0.0").error is None
        assert shop.names() == digest


def test_refusal_that_has_nothing_to_do_with_tags_stays_what_it_is():
    with RegistryServer() as server:
        shop = shop_on(server)
        shop.publish()
        server.on("PUT", "/manifests/gitless-stable$", lambda request: Reply(403))
        assert "does not let the tag" not in shop.promote(release="v1.0.0").error.what


def test_nothing_is_deleted_and_no_tags_are_listed_however_many_there_are():
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = shop.publish()
        server._repository(NAME).tags.update({f"t{number:05}": digest for number in range(10_000)})
        server.on("DELETE", "/", lambda request: Reply(405))
        server.forget()
        assert shop.promote(release="v1.0.0").error is None
        assert [entry for entry in server.requests if entry.method == "DELETE" or "/tags/" in entry.path] == []


def test_referrers_that_are_listed_late_are_waited_for():
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = shop.publish()
        stale = []

        def old_listing(request):
            stale.append(request.path)
            body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
            return Reply(200, {"Content-Type": INDEX}, json.dumps(body).encode()) if len(stale) == 2 else None

        server.on("GET", f"/referrers/{digest}", old_listing)
        assert shop.promote(digest, "v1.0.0").error is None
        assert len(stale) >= 3
        assert shop.is_accepted()


def test_registry_that_thinks_before_it_lists_referrers_is_waited_for():
    # some registries look for changes elsewhere for 14 seconds before they answer
    assert Patience().read_seconds >= 2 * 14
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = shop.publish()
        server.on("GET", "/referrers/", lambda request: threading.Event().wait(0.3) or None)
        assert shop.promote(digest, "v1.0.0").error is None
        assert shop.proofs(digest) == dict.fromkeys(KINDS, 1)

"""How many requests things cost: a budget, so each number is exact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.evidence import push_artifact, push_layers
from tests.fakes.registry_server import Auth, RegistryServer

from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT
from gitless.ports import Repository
from gitless.registry.open import Stores, open_repository


def opened(server: RegistryServer, password: str = "p") -> Repository:
    env = {
        "GITLESS_REGISTRY_HOST": server.host,
        "GITLESS_REGISTRY_USERNAME": "u",
        "GITLESS_REGISTRY_PASSWORD": password,
    }
    return open_repository(server.location("apps/web"), env=env)


def test_a_new_blob_costs_two_and_a_known_one_costs_one() -> None:
    blob = Blob.of(b"content", FLUX_CONTENT)
    with RegistryServer() as server:
        first = opened(server)
        first.push_blob(blob)
        assert first.requests == 2
        first.push_blob(blob)
        assert first.requests == 2
        second = opened(server)
        second.push_blob(blob)
        assert second.requests == 1


def test_a_large_blob_is_not_sent_again_where_mounts_do_not_work() -> None:
    blob = Blob.of(b"x" * (9 * 1024 * 1024), FLUX_CONTENT)
    with RegistryServer(mounts=False) as server:
        opened(server).push_blob(blob)
        server.forget()
        opened(server).push_blob(blob)
        assert [item.method for item in server.requests] == ["POST", "HEAD"]


@pytest.mark.parametrize(("referrers_api", "expected"), [(True, 3 + 1), (False, 3 + 1 + 4)])
def test_attaching_three_costs(referrers_api: bool, expected: int) -> None:
    with RegistryServer(referrers_api=referrers_api) as server:
        store = opened(server)
        subject = push_artifact(store)
        made = push_layers(store, subject.descriptor, "a", "b", "c")
        before = store.requests
        store.attach(subject.digest, made)
        store.settle(subject.digest, made)
        assert store.requests - before == expected


def test_a_registry_without_the_api_is_asked_for_it_once() -> None:
    with RegistryServer(referrers_api=False) as server:
        store = opened(server)
        subject = push_artifact(store)
        store.list_referrers(subject.digest)
        made = push_layers(store, subject.descriptor, "a")
        before = store.requests
        store.attach(subject.digest, made)
        store.settle(subject.digest, made)
        assert store.requests - before == 1 + 4
        assert sum("/referrers/" in item.path for item in server.requests) == 1


@pytest.mark.parametrize(("kind", "extra"), [("token", 2), ("basic", 1)])
def test_asking_who_we_are_costs_once(kind: str, extra: int) -> None:
    with RegistryServer() as plain, RegistryServer(auth=Auth("u", "p", kind=kind)) as guarded:
        costs = []
        for server in (plain, guarded):
            store = opened(server)
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda n, store=store: store.push_blob(Blob.of(b"%d" % n, FLUX_CONTENT)), range(8)))
            subject = push_artifact(store, tag="latest")
            store.attach(subject.digest, push_layers(store, subject.descriptor, "a"))
            store.list_tags()
            costs.append(store.requests)
        assert costs[1] - costs[0] == extra


def test_a_second_repository_of_a_host_costs_one_token_only() -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        env = {
            "GITLESS_REGISTRY_HOST": server.host,
            "GITLESS_REGISTRY_USERNAME": "u",
            "GITLESS_REGISTRY_PASSWORD": "p",
        }
        stores = Stores(env=env)
        stores.open(server.location("a")).resolve("latest")
        second = stores.open(server.location("b"))
        second.resolve("latest")
        assert second.requests == 2
        assert stores.open(server.location("b")) is second


def test_a_revoked_token_is_replaced() -> None:
    with RegistryServer(auth=Auth("u", "p")) as server:
        store = opened(server)
        manifest = push_artifact(store, tag="latest")
        server.revoke_tokens()
        assert store.resolve("latest") == manifest.digest


def test_a_token_about_to_expire_is_renewed_before_use() -> None:
    with RegistryServer(auth=Auth("u", "p", expires_in=5)) as server:
        store = opened(server)
        store.resolve("a")
        store.resolve("b")
        assert [item.status for item in server.requests] == [401, 200, 404, 200, 404]


def test_resolving_costs_one_head_and_fetching_one_get() -> None:
    with RegistryServer() as server:
        store = opened(server)
        manifest = push_artifact(store, tag="latest")
        server.forget()
        store.resolve("latest")
        store.fetch_manifest(manifest.digest)
        store.fetch_manifest(Digest.of(b"absent"))
        assert [(item.method, item.status) for item in server.requests] == [("HEAD", 200), ("GET", 200), ("GET", 404)]

"""Eight writers of one evidence list, fifty times: nothing is lost, on the stores that have no referrers API."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.fakes.evidence import digests, push_artifact, push_layers
from tests.fakes.registry_server import RegistryServer

from gitless.model.reference import Location
from gitless.ports import Repository
from gitless.registry.layout import LayoutRepository
from gitless.registry.open import Stores

WRITERS = 8
RUNS = 50


def test_eight_writers_of_one_fallback_index_lose_nothing() -> None:
    with RegistryServer(referrers_api=False) as server, ThreadPoolExecutor(WRITERS) as pool:
        writers = [Stores(env={}) for _ in range(WRITERS)]
        for run in range(RUNS):
            _race([writer.open(server.location(f"race/r{run}")) for writer in writers], pool, run)


def test_eight_processes_on_one_layout_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(WRITERS) as pool:
        pool.starmap(_attach_fifty, [(tmp_path, number) for number in range(WRITERS)])
    for run in range(RUNS):
        store = LayoutRepository(tmp_path / str(run))
        subject = push_artifact(store, f"run {run}")
        assert len(store.list_referrers(subject.digest)) == WRITERS


def test_a_writer_that_died_between_evidence_and_index_is_healed_by_the_next() -> None:
    with RegistryServer(referrers_api=False) as server:
        store = Stores(env={}).open(server.location("apps/web"))
        subject = push_artifact(store)
        (lost,) = push_layers(store, subject.descriptor, "lost")
        store.push_manifest(lost)
        (other,) = push_layers(store, subject.descriptor, "other")
        store.attach(subject.digest, [other])
        assert digests(store.attach(subject.digest, [lost])) == {lost.digest, other.digest}


def _race(stores: list[Repository], pool: ThreadPoolExecutor, run: int) -> None:
    subject = push_artifact(stores[0], f"run {run}")
    made = [push_layers(store, subject.descriptor, f"writer {n}") for n, store in enumerate(stores)]
    start = Barrier(WRITERS)

    def attach(number: int) -> None:
        start.wait()
        stores[number].attach(subject.digest, made[number])
        stores[number].settle(subject.digest, made[number])

    list(pool.map(attach, range(WRITERS)))
    expected = {item.digest for manifests in made for item in manifests}
    assert digests(stores[0].list_referrers(subject.digest)) == expected
    assert max(store.requests for store in stores) < 100


def _attach_fifty(root: Path, number: int) -> None:
    for run in range(RUNS):
        store = LayoutRepository(root / str(run))
        subject = push_artifact(store, f"run {run}")
        store.attach(subject.digest, push_layers(store, subject.descriptor, f"writer {number}"))


def test_two_stores_of_one_host_share_connections() -> None:
    with RegistryServer() as server:
        stores = Stores(env={})
        for number in range(20):
            push_artifact(stores.open(Location(server.host, f"apps/a{number}")), tag="latest")
        # both blobs are the same everywhere: from the second repository on each is mounted with one request
        assert stores.requests == 5 + 19 * 3
        assert server.connection_count == 1
        stores.close()

"""One suite over every store: what `ports.Repository` promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.fakes.evidence import EMPTY, artifact, digests, push_artifact, push_layers
from tests.fakes.registry_server import Auth, RegistryServer

from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONTENT, OCI_INDEX
from gitless.ports import Repository
from gitless.registry.layout import LayoutRepository
from gitless.registry.memory import MemoryRepository
from gitless.registry.open import Stores

HTTP = {
    "http-referrers": {"referrers_api": True},
    "http-fallback": {"referrers_api": False},
    "http-token": {"referrers_api": True, "auth": Auth("u", "p")},
    "http-basic": {"referrers_api": False, "auth": Auth("u", "p", kind="basic")},
    "http-no-mounts": {"referrers_api": True, "mounts": False, "page_size": 2},
}
KINDS = ["memory-referrers", "memory-fallback", "layout", *HTTP]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    kind = request.param
    if kind.startswith("memory"):
        yield MemoryRepository(referrers_api=kind == "memory-referrers")
    elif kind == "layout":
        yield LayoutRepository(tmp_path / "layout")
    else:
        with RegistryServer(**HTTP[kind]) as server:  # type: ignore[arg-type]
            env = {
                "GITLESS_REGISTRY_HOST": server.host,
                "GITLESS_REGISTRY_USERNAME": "u",
                "GITLESS_REGISTRY_PASSWORD": "p",
            }
            stores = Stores(env=env if "auth" in HTTP[kind] else {})
            yield stores.open(server.location("apps/web"))
            stores.close()


def test_what_is_absent_is_none(store: Repository) -> None:
    assert store.resolve("latest") is None
    assert store.fetch_manifest("latest") is None
    assert store.fetch_manifest(Digest.of(b"nothing")) is None
    assert store.list_referrers(Digest.of(b"nothing")) == ()
    assert store.list_tags() == ()


def test_a_manifest_comes_back_byte_for_byte(store: Repository) -> None:
    manifest = push_artifact(store, tag="latest")
    assert store.resolve("latest") == manifest.digest
    assert store.fetch_manifest("latest") == manifest
    assert store.fetch_manifest(manifest.digest) == manifest


def test_a_manifest_pushed_by_digest_has_no_tag(store: Repository) -> None:
    manifest = push_artifact(store)
    assert store.list_tags() == ()
    assert store.fetch_manifest(manifest.digest) == manifest


def test_a_manifest_whose_blobs_are_missing_is_refused(store: Repository) -> None:
    manifest, _ = artifact()
    with pytest.raises(RemoteError):
        store.push_manifest(manifest, "latest")
    assert store.resolve("latest") is None


def test_a_moved_tag_leaves_the_old_digest_in_place(store: Repository) -> None:
    old = push_artifact(store, "old", "latest")
    new = push_artifact(store, "new", "latest")
    assert store.resolve("latest") == new.digest
    assert store.fetch_manifest(old.digest) == old
    store.push_manifest(old, "v1.0.0")
    assert store.list_tags() == ("latest", "v1.0.0")


def test_several_tags_name_one_digest(store: Repository) -> None:
    manifest = push_artifact(store, tag="a")
    store.push_manifest(manifest, "b")
    assert store.resolve("a") == store.resolve("b") == manifest.digest


def test_tags_come_sorted_and_after_a_name(store: Repository) -> None:
    manifest = push_artifact(store, tag="b")
    for tag in ("a", "d", "c", "B"):
        store.push_manifest(manifest, tag)
    assert store.list_tags() == ("B", "a", "b", "c", "d")
    assert store.list_tags(after="b") == ("c", "d")
    assert store.list_tags(after="z") == ()


def test_a_blob_comes_back(store: Repository) -> None:
    blob = Blob.of(b"content", FLUX_CONTENT)
    store.push_blob(blob)
    store.push_blob(blob)
    assert store.fetch_blob(blob.descriptor, 100) == b"content"


def test_an_empty_blob_comes_back(store: Repository) -> None:
    blob = Blob.of(b"", FLUX_CONTENT)
    store.push_blob(blob)
    assert store.fetch_blob(blob.descriptor, 0) == b""


def test_a_missing_blob_is_a_failure(store: Repository) -> None:
    with pytest.raises(RemoteError):
        store.fetch_blob(Descriptor.of(b"nothing", FLUX_CONTENT), 100)


def test_a_blob_over_the_limit_is_refused(store: Repository) -> None:
    blob = Blob.of(b"content", FLUX_CONTENT)
    store.push_blob(blob)
    with pytest.raises(UntrustedContentError):
        store.fetch_blob(blob.descriptor, 6)


def test_a_blob_of_another_size_than_described_is_refused(store: Repository) -> None:
    blob = Blob.of(b"content", FLUX_CONTENT)
    store.push_blob(blob)
    for size in (6, 8):
        with pytest.raises(UntrustedContentError):
            store.fetch_blob(Descriptor(FLUX_CONTENT, blob.descriptor.digest, size), 100)


def test_a_blob_that_is_not_its_digest_is_not_stored(store: Repository) -> None:
    descriptor = Descriptor.of(b"content", FLUX_CONTENT)
    with pytest.raises(RemoteError):
        store.push_blob(Blob(descriptor, Blob.of(b"CONTENT", FLUX_CONTENT).open))
    with pytest.raises(RemoteError):
        store.fetch_blob(descriptor, 100)


def test_a_tag_outside_its_grammar_never_reaches_the_store(store: Repository) -> None:
    manifest = push_artifact(store)
    for tag in ("", "../x", "a/b", "a b", "a?b", "x" * 129):
        with pytest.raises(UsageError):
            store.push_manifest(manifest, tag)
        with pytest.raises(UsageError):
            store.resolve(tag)
        with pytest.raises(UsageError):
            store.fetch_manifest(tag)


def test_attached_evidence_is_listed_with_type_and_annotations(store: Repository) -> None:
    subject = push_artifact(store, tag="latest")
    manifests = push_layers(store, subject.descriptor, "sign", "bom", "provenance")
    listing = store.attach(subject.digest, manifests)
    assert digests(listing) == {item.digest for item in manifests}
    assert digests(store.list_referrers(subject.digest)) == digests(listing)
    for item in store.list_referrers(subject.digest):
        assert item.artifact_type == BUNDLE
        assert item.annotations["dev.sigstore.bundle.predicateType"].startswith("https://example.com/")
    assert all(store.fetch_manifest(item.digest) == item for item in manifests)


def test_attaching_again_adds_nothing(store: Repository) -> None:
    subject = push_artifact(store)
    manifests = push_layers(store, subject.descriptor, "sign", "bom")
    first = store.attach(subject.digest, manifests)
    assert store.attach(subject.digest, manifests) == first
    assert len(store.list_referrers(subject.digest)) == 2


def test_evidence_attached_later_joins_what_is_there(store: Repository) -> None:
    subject = push_artifact(store)
    (one,), (two,) = (
        push_layers(store, subject.descriptor, "one"),
        push_layers(store, subject.descriptor, "two"),
    )
    store.attach(subject.digest, [one])
    assert digests(store.attach(subject.digest, [two])) == {one.digest, two.digest}


def test_evidence_of_another_subject_is_not_listed(store: Repository) -> None:
    subject, other = push_artifact(store, "a"), push_artifact(store, "b")
    store.attach(subject.digest, push_layers(store, subject.descriptor, "sign"))
    assert store.list_referrers(other.digest) == ()


def test_what_others_wrote_into_the_fallback_index_is_listed_and_kept(store: Repository) -> None:
    subject = push_artifact(store)
    (foreign,) = push_layers(store, subject.descriptor, "foreign")
    store.push_manifest(foreign)
    odd = {"mediaType": "x/y", "digest": "sha512:" + "0" * 128, "size": 3, "data": "YWJj"}
    entry = {**foreign.descriptor.to_json(), "platform": {"os": "linux", "architecture": "arm"}}
    index = Manifest(
        OCI_INDEX,
        json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "x": 1, "manifests": [odd, entry]}).encode(),
    )
    store.push_manifest(index, subject.digest.fallback_tag)
    (own,) = push_layers(store, subject.descriptor, "own")
    assert digests(store.list_referrers(subject.digest)) == {foreign.digest}
    store.attach(subject.digest, [own])
    assert digests(store.list_referrers(subject.digest)) == {foreign.digest, own.digest}
    kept = store.fetch_manifest(subject.digest.fallback_tag)
    assert kept is not None
    assert kept.document["manifests"][:2] == [odd, entry]
    assert kept.document["x"] == 1


def test_a_fallback_tag_that_names_no_index_is_an_error_that_says_so(store: Repository) -> None:
    subject = push_artifact(store)
    push_artifact(store, "foreign", subject.digest.fallback_tag)
    with pytest.raises(RemoteError, match="not an OCI index"):
        store.list_referrers(subject.digest)


def test_pushes_from_many_threads_all_arrive(store: Repository) -> None:
    blobs = [EMPTY, *(Blob.of(f"blob {number % 5}".encode(), FLUX_CONTENT) for number in range(20))]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.push_blob, blobs))
    assert all(store.fetch_blob(blob.descriptor, 100) for blob in blobs)

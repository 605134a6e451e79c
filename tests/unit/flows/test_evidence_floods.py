"""Referrers that others attach: many, long, malformed. None of them holds up a publish or moves a channel back."""

from __future__ import annotations

import json

import pytest
from tests.fakes.registry_server import INDEX, RegistryServer
from tests.fakes.workshop import Workshop

from gitless.artifact.manifest import EMPTY_BLOB, build_referrer
from gitless.errors import UntrustedContentError
from gitless.flows import evidence
from gitless.flows.verify import verify
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, OCI_MANIFEST, PREDICATE_SIGNATURE
from gitless.model.reference import Reference
from gitless.registry.memory import MemoryRepository
from gitless.registry.open import Stores

MANY = evidence.MAX_REFERRERS + 44


class Rearranged(MemoryRepository):
    """A store that lists what was attached last first, as an index sorted by anything may."""

    def list_referrers(self, subject):
        return tuple(reversed(super().list_referrers(subject)))


@pytest.fixture
def shop():
    store = Rearranged()
    return Workshop(lambda: store)


def reports(subject, count=MANY):
    """What a scanner attaches: no bundles."""
    for number in range(count):
        document = {
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.scanner.report+json",
            "config": EMPTY_BLOB.descriptor.to_json(), "layers": [EMPTY_BLOB.descriptor.to_json()],
            "subject": subject.to_json(), "annotations": {"number": str(number)},
        }  # fmt: skip
        yield Manifest(OCI_MANIFEST, json.dumps(document).encode()), None


def mimics(subject, count=MANY):
    """What looks like our signature and is none."""
    for number in range(count):
        bundle = json.dumps({"mediaType": BUNDLE, "number": number}).encode()
        yield build_referrer(bundle, PREDICATE_SIGNATURE, subject, "2026-11-20T10:00:00Z"), bundle


def attach(store, subject, made):
    store.push_blob(EMPTY_BLOB)
    made = list(made)
    for _, bundle in made:
        if bundle is not None:
            store.push_blob(Blob.of(bundle, BUNDLE))
    store.attach(subject.digest, [manifest for manifest, _ in made])


def named(shop):
    return shop.open_store().fetch_manifest("latest")


def test_reports_of_scanners_are_left_aside_and_everything_goes_on(shop):
    commit = shop.commit("one")
    shop.publish(commit)
    attach(shop.open_store(), named(shop).descriptor, reports(named(shop).descriptor))
    again = shop.publish(commit)
    assert (again.error, again.outcome, len(again.evidence)) == (None, "unchanged", 3)
    assert shop.channel_state() == (commit.source().revision, True)
    later = shop.commit("two")
    assert shop.publish(later).outcome == "published"


def test_a_digest_flooded_before_it_is_published_is_published_all_the_same(shop):
    commit = shop.commit("one")
    digest = Digest.parse(shop.publish(commit, dry_run=True).digest)
    subject = Descriptor(OCI_MANIFEST, digest, 1)
    attach(shop.open_store(), subject, mimics(subject))
    result = shop.publish(commit)
    assert (result.error, result.outcome, result.digest) == (None, "published", str(digest))
    assert shop.channel_state() == (commit.source().revision, True)


def test_where_mimics_hide_the_evidence_nothing_is_said_about_it(shop):
    shop.publish(shop.commit("one"))
    attach(shop.open_store(), named(shop).descriptor, mimics(named(shop).descriptor))
    with pytest.raises(UntrustedContentError, match="47 more referrers"):
        verify(shop.open_store(), Reference(shop.location, "latest"), shop.keys, "flux")


def test_a_flooded_channel_is_not_moved_back_and_newer_commits_move_it(shop):
    old, new = shop.commit("old"), shop.commit("new")
    shop.publish(new)
    attach(shop.open_store(), named(shop).descriptor, mimics(named(shop).descriptor))
    run = shop.run(old)
    run.publisher.history._known.append(new)
    kept = run.publish_all([shop.plan]).components[0]
    assert (kept.error, kept.outcome) == (None, "pushed")
    assert named(shop).annotations["org.opencontainers.image.revision"] == new.source().revision
    newest = shop.commit("newest")
    assert shop.publish(newest).outcome == "published"
    assert shop.channel_state() == (newest.source().revision, True)


def test_a_flooded_manifest_of_somebody_else_is_never_signed(shop):
    commit = shop.commit("one")
    shop.publish(commit)
    store = shop.open_store()
    forged = Manifest(OCI_MANIFEST, named(shop).content.replace(b'"schemaVersion":2', b'"schemaVersion": 2'))
    store.push_manifest(forged, "latest")
    attach(store, forged.descriptor, mimics(forged.descriptor))
    count = len(store.list_referrers(forged.digest))
    result = shop.publish(commit)
    assert (result.error, result.outcome) == (None, "published")
    assert len(store.list_referrers(forged.digest)) == count
    assert shop.channel_state() == (commit.source().revision, True)


def test_no_more_bytes_are_read_than_allowed(shop, monkeypatch):
    shop.publish(shop.commit("one"))
    store, subject = shop.open_store(), named(shop)
    attach(store, subject.descriptor, mimics(subject.descriptor, 10))
    sizes = [len(bundle) for _, bundle in mimics(subject.descriptor, 10)]
    monkeypatch.setattr(evidence, "MAX_EVIDENCE_BYTES", sum(sizes[:4]))
    gathered = evidence.gather(store, subject.digest)
    assert (len(gathered.evidence), gathered.unread) == (4, 9)


def test_malformed_and_hollow_referrers_are_passed_over():
    with RegistryServer() as server:
        location = server.location("acme/apps/web")
        shop = Workshop(lambda: Stores(env={}).open(location), location)
        commit = shop.commit("one")
        shop.publish(commit)
        subject = named(shop).descriptor
        hollow, _ = next(mimics(subject))
        double, _ = next(reports(subject))
        server.put_manifest("acme/apps/web", OCI_MANIFEST, hollow.content)
        server.put_manifest("acme/apps/web", INDEX, double.content)
        again = shop.publish(commit)
        assert (again.error, again.outcome, len(again.evidence)) == (None, "unchanged", 3)

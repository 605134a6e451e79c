"""Audits of a shop that publishes and promotes: nothing to find where nothing happened, one finding for each trick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes.promotion_shop import PromotionShop
from tests.fakes.promotion_store import PromotionStore, edit_bundle
from tests.fakes.signed import make_artifact, make_signer
from tests.fakes.workshop import START, Workshop

from gitless.artifact.manifest import build_referrer
from gitless.flows.audit import Auditor
from gitless.flows.audit_evidence import Trusted
from gitless.flows.audit_store import AuditedStore
from gitless.model.audit import Remembered
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONTENT, OCI_INDEX, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.statement import Statement
from gitless.promotion.journal import journal_tag
from gitless.registry.memory import MemoryRepository
from gitless.verification.keys import TrustedKey

PLACE = "registry.example/acme/apps/web"
NOW = START + timedelta(days=30)
LATER = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


class Scene:
    """A shop with two releases, in memory, and what somebody with push rights can do to it."""

    def __init__(self, store: MemoryRepository | None = None) -> None:
        self.store = store or MemoryRepository()
        self.shop = PromotionShop(Workshop(lambda: self.store))
        self.one = self.shop.publish("one")
        assert self.shop.promote(release="v1.0.0").error is None
        self.two = self.shop.publish("two")
        assert self.shop.promote(release="v1.1.0").error is None

    @property
    def trusted(self) -> Trusted:
        return Trusted(tuple(self.shop.workshop.keys), (TrustedKey.from_pem(self.shop.signer.public_key_pem),))

    @property
    def audited(self) -> AuditedStore:
        return AuditedStore("web", self.store, PLACE, ("latest",), ("stable",))

    def audit(self, **options: object):
        auditor = Auditor(self.trusted, **options)
        return auditor.judge(auditor.read_all([self.audited]), NOW)

    def findings(self, **options: object) -> list[tuple[str, str]]:
        return [(item.kind, item.tag) for item in self.audit(**options).findings]

    def name(self, tag: str, digest: str) -> None:
        self.store.push_manifest(self.store.fetch_manifest(Digest.parse(digest)), tag)

    def forget_tag(self, tag: str) -> None:
        self.store._tags.pop(tag)

    def forget(self, digest: Digest) -> None:
        self.store._manifests.pop(digest)

    def attach(self, digest: str, bundle: bytes, kind: str) -> Manifest:
        subject = self.store.fetch_manifest(Digest.parse(digest))
        made = build_referrer(bundle, kind, subject.descriptor, LATER)
        self.store.push_blob(Blob.of(bundle, BUNDLE))
        self.store.attach(subject.digest, (made,))
        return made

    def referrers(self, digest: str, kind: str) -> list[Digest]:
        listed = self.store.list_referrers(Digest.parse(digest))
        return [item.digest for item in listed if item.annotations["dev.sigstore.bundle.predicateType"] == kind]

    @property
    def head(self):
        return self.shop.ledger().history.head


@pytest.fixture
def scene():
    return Scene()


def test_nothing_is_found_where_nothing_happened(scene) -> None:
    result = scene.audit()
    assert result.findings == ()
    assert result.ok
    looked = result.components[0]
    assert (looked.looked_at, looked.digests, looked.records) == (8, 2, 2)
    assert result.heads == {("web", "stable"): Remembered(PLACE, 2, scene.head.manifest)}
    assert result.notices == ("The records' policies were not checked: there is no Git history to look at.",)


def test_a_channel_moved_by_hand(scene) -> None:
    three = scene.shop.publish("three")
    scene.name("stable", three)
    found = scene.audit().findings
    assert [(item.kind, item.channel, item.tag) for item in found] == [
        ("channel.foreign", "stable", "stable"),
        ("evidence.unpromoted", "stable", "stable"),
    ]
    assert (found[0].expected, found[0].found) == (scene.two, three)


def test_a_channel_moved_by_hand_to_an_older_promoted_digest(scene) -> None:
    scene.shop.publish("three")
    assert scene.shop.promote(release="v1.2.0").error is None
    scene.name("stable", scene.one)
    found = scene.audit().findings
    assert [(item.kind, item.found) for item in found] == [("channel.older", scene.one)]


def test_a_channel_moved_back_by_one_looks_like_a_promotion_that_was_interrupted(scene) -> None:
    scene.name("stable", scene.one)
    found = scene.audit().findings
    assert [(item.kind, item.expected, item.found) for item in found] == [("channel.pending", scene.two, scene.one)]


def test_a_channel_that_was_deleted(scene) -> None:
    scene.forget_tag("stable")
    assert scene.findings() == [("channel.absent", "stable")]


def test_an_interrupted_promotion(scene) -> None:
    digest = scene.shop.publish("three")
    head = scene.head
    store = PromotionStore(scene.store, scene.shop.signer)
    subject = scene.store.fetch_manifest(Digest.parse(digest))
    record = replace(
        head.record, digest=subject.digest, observed=head.record.digest, previous=head.manifest, sequence=3,
        release="v1.2.0",
    )  # fmt: skip
    made = store.attach(record, subject)
    store.write_journal([*map(scene.store.fetch_manifest, scene.shop.ledger().listed), made])
    assert scene.findings() == [("channel.pending", "stable")], "a release that was never reached is not missed"


def test_a_journal_that_was_taken_away(scene) -> None:
    scene.forget_tag(journal_tag("stable"))
    assert sorted(scene.findings()) == [
        ("channel.unrecorded", "stable"),
        ("record.unlisted", "gitless-stable"),
        ("record.unlisted", "gitless-stable"),
        ("release.unrecorded", "v1.0.0"),
        ("release.unrecorded", "v1.1.0"),
    ]


def test_a_journal_that_is_none(scene) -> None:
    scene.store.push_manifest(Manifest(OCI_INDEX, b'{"mediaType":"%s","manifests":[]}' % OCI_INDEX.encode()), "gitless-stable")  # fmt: skip
    assert scene.findings() == [("journal.unreadable", "gitless-stable")]


def test_releases_moved_deleted_and_made_by_hand(scene) -> None:
    scene.name("v1.0.0", scene.two)
    scene.forget_tag("v1.1.0")
    scene.name("v9.0.0", scene.two)
    found = {item.kind: item for item in scene.audit().findings}
    assert set(found) == {"release.moved", "release.absent", "release.unrecorded"}
    assert (found["release.moved"].expected, found["release.moved"].found) == (scene.one, scene.two)
    assert (found["release.absent"].tag, found["release.absent"].expected) == ("v1.1.0", scene.two)
    assert found["release.unrecorded"].tag == "v9.0.0"


def test_a_record_that_was_garbage_collected(scene) -> None:
    first = scene.shop.ledger().listed[0]
    scene.forget(first)
    found = scene.audit().findings
    assert ("record.missing", str(first)) in [(item.kind, item.expected) for item in found]


def test_a_forged_record(scene) -> None:
    head = scene.head
    subject = scene.store.fetch_manifest(Digest.parse(scene.two))
    forged = replace(head.record, previous=head.manifest, sequence=3, reason="forged")
    made = PromotionStore(scene.store, scene.shop.signer).attach(forged, subject, make_signer())
    found = scene.audit().findings
    assert [(item.kind, item.manifest) for item in found] == [("record.foreign", str(made.digest))]


def test_evidence_of_strangers_and_edited_evidence(scene) -> None:
    statement = Statement.about(Digest.parse(scene.two), PREDICATE_SIGNATURE, {}).content
    foreign = scene.attach(scene.two, make_signer().sign(statement), PREDICATE_SIGNATURE)
    other = Statement.about(Digest.parse(scene.one), PREDICATE_SIGNATURE, {}).content
    edited = scene.attach(scene.two, edit_bundle(scene.shop.signer.sign(statement), other), PREDICATE_SIGNATURE)
    harmless = Statement.about(Digest.parse(scene.two), "https://example.test/scan/v1", {}).content
    scene.attach(scene.two, make_signer().sign(harmless), "https://example.test/scan/v1")
    found = {(item.kind, item.tag, item.manifest) for item in scene.audit().findings}
    assert found == {
        (kind, tag, str(made.digest))
        for kind, made in (("evidence.foreign", foreign), ("evidence.invalid", edited))
        for tag in ("latest", "stable", "v1.1.0")
    }


def test_evidence_that_is_gone(scene) -> None:
    for digest in scene.referrers(scene.one, PREDICATE_SBOM):
        scene.forget(digest)
    found = scene.audit().findings
    assert [(item.kind, item.tag) for item in found] == [("evidence.missing", "v1.0.0")]
    assert "strict.4-sbom" in found[0].reason


def test_tags_on_unsigned_content(scene) -> None:
    scene.store.push_blob(Blob.of(b"layer", FLUX_CONTENT))
    scene.store.push_manifest(make_artifact(), "by-hand")
    scene.store.push_manifest(make_artifact(), "v7.0.0")
    assert scene.findings() == [
        ("evidence.unpromoted", "v7.0.0"),
        ("evidence.unsigned", "v7.0.0"),
        ("release.unrecorded", "v7.0.0"),
        ("tag.unsigned", "by-hand"),
    ]


def test_a_published_channel_moved_back(scene) -> None:
    scene.name("latest", scene.one)
    found = scene.audit().findings
    assert [(item.kind, item.expected, item.found) for item in found] == [("channel.behind", scene.two, scene.one)]


def test_a_build_tag_on_another_commits_build(scene) -> None:
    scene.name("latest-20990101T000000Z-aaaaaaaaaaaa", scene.one)
    found = scene.audit().findings
    assert [(item.kind, item.tag) for item in found] == [("tag.moved", "latest-20990101T000000Z-aaaaaaaaaaaa")]


def test_an_unsigned_build_tag_says_nothing_about_the_channel(scene) -> None:
    scene.store.push_blob(Blob.of(b"layer", FLUX_CONTENT))
    scene.store.push_manifest(make_artifact(), "latest-20990101T000000Z-111111111111")
    assert scene.findings() == [("tag.unsigned", "latest-20990101T000000Z-111111111111")]


def test_a_published_channel_that_was_deleted(scene) -> None:
    scene.forget_tag("latest")
    assert scene.findings() == [("channel.behind", "latest")]


def test_a_registry_rolled_back_as_a_whole_shows_against_memory(scene) -> None:
    seen = scene.audit().heads
    backup = dict(scene.store._tags), dict(scene.store._manifests)
    scene.shop.publish("three")
    assert scene.shop.promote(release="v1.2.0").error is None
    later = scene.audit().heads
    assert scene.findings(remembered=seen) == []
    scene.store._tags, scene.store._manifests = backup
    found = scene.audit(remembered=later).findings
    assert [(item.kind, item.tag) for item in found] == [("memory.shorter", "gitless-stable")]
    assert found[0].expected == str(later["web", "stable"].record)


def test_a_chain_that_was_written_anew_shows_against_memory(scene) -> None:
    other = {("web", "stable"): Remembered(PLACE, 2, Digest.of(b"another record"))}
    found = scene.audit(remembered=other).findings
    assert [(item.kind, item.found) for item in found] == [("memory.rewritten", str(scene.head.manifest))]


class Rules:
    """A protected branch."""

    def __init__(self, contained: bool | None = True, content: bytes | None = b"gitless.yaml") -> None:
        self.contained, self.digest = contained, Digest.of(content) if content else None

    def contains(self, commit: str) -> bool | None:
        assert commit == "d" * 40
        return self.contained

    def digest_at(self, commit: str) -> Digest | None:
        return self.digest


@pytest.mark.parametrize(
    ("rules", "kinds"),
    [
        (Rules(), []),
        (Rules(contained=False), ["policy.commit"] * 2),
        (Rules(content=b"laxer"), ["policy.digest"] * 2),
        (Rules(content=None), ["policy.file"] * 2),
        (Rules(contained=None), []),
    ],
)
def test_policies_against_the_protected_branch(scene, rules, kinds) -> None:
    result = scene.audit(policies=rules)
    assert [item.kind for item in result.findings] == kinds
    assert bool(result.notices) == (rules.contained is None)


def test_whoever_is_not_configured_is_not_judged(scene) -> None:
    auditor = Auditor(Trusted((), scene.trusted.promoters))
    scene.forget(scene.referrers(scene.one, PREDICATE_SBOM)[0])
    result = auditor.judge(auditor.read_all([scene.audited]), NOW)
    assert result.findings == ()


def test_a_part_of_the_channels_leaves_other_tags_alone(scene) -> None:
    scene.store.push_blob(Blob.of(b"layer", FLUX_CONTENT))
    scene.store.push_manifest(make_artifact(), "by-hand")
    scene.store.push_manifest(make_artifact(), "v7.0.0")
    auditor = Auditor(scene.trusted)
    part = AuditedStore("web", scene.store, PLACE, (), ("stable",), is_whole=False)
    result = auditor.judge(auditor.read_all([part]), NOW)
    assert result.findings == ()
    assert result.components[0].looked_at == 3


class Busy(MemoryRepository):
    """A store in which something happens right after its journal was read for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.happens: Callable[[], None] | None = None
        self.happened = threading.Event()

    def fetch_manifest(self, target):
        found = super().fetch_manifest(target)
        happens = self.happens
        if target == "gitless-stable" and happens:
            self.happens = None
            happens()
            self.happened.set()
        return found

    def list_tags(self, after: str = ""):
        if self.happens:
            self.happened.wait(10)
        return super().list_tags(after)


@pytest.mark.parametrize("what", ["promotes", "publishes"])
def test_what_happens_during_an_audit_is_no_finding(what: str) -> None:
    store = Busy()
    scene = Scene(store)
    digest = scene.shop.publish("three")

    def promote() -> None:
        assert scene.shop.promote(digest, "v1.2.0").error is None

    def publish() -> None:
        scene.shop.publish("four")

    store.happens = promote if what == "promotes" else publish
    assert scene.findings() == []
    assert store.happened.is_set()


def test_a_publish_between_two_looks_is_no_finding(scene) -> None:
    before = scene.store.fetch_manifest("latest")
    scene.shop.publish("three")
    real, looks = scene.store.fetch_manifest, []

    def late(target):
        if target == "latest" and not looks:
            looks.append(1)
            return before
        return real(target)

    scene.store.fetch_manifest = late
    assert scene.findings() == []
    assert looks

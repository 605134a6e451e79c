"""Promotions and rollbacks as stories: releases, emergencies, withdrawals, foreign hands, lost evidence, other registries."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from tests.fakes.promotion_shop import KINDS, PromotionShop, stable
from tests.fakes.promotions import ALICE, BOB
from tests.fakes.registry_server import RegistryServer, Reply
from tests.fakes.signed import make_signer
from tests.fakes.workshop import Workshop

from gitless.errors import CheckError, RemoteError, UsageError
from gitless.model.approval import Approval, Changes, CheckResults, Decisions
from gitless.model.digest import Digest
from gitless.model.media_types import PREDICATE_SIGNATURE
from gitless.promotion.gates.approvals import ApprovalsGate
from gitless.promotion.gates.checks import ChecksGate, RequiredCheck
from gitless.promotion.gates.freeze import FreezeGate, FreezeWindow
from gitless.promotion.journal import journal_tag
from gitless.promotion.policy import EmergencyPolicy
from gitless.registry.memory import MemoryRepository
from gitless.registry.open import Stores
from gitless.web.patience import Patience

IMPATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"
ALWAYS = FreezeGate("Europe/Berlin", (FreezeWindow(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), None, None),))


@pytest.fixture
def shop():
    store = MemoryRepository()
    return PromotionShop(Workshop(lambda: store))


def shop_on(server, **options):
    location = server.location(NAME)
    workshop = Workshop(lambda: Stores(env={}, patience=IMPATIENT).open(location), location)
    return PromotionShop(workshop, place=str(location), **options)


def failed(outcome, gate):
    """The reason of a gate that said no, in a run that moved nothing."""
    assert outcome.moved is None
    return next(item.reason for item in outcome.examined.gates if item.name == gate and not item.ok)


def test_promotion_changes_no_byte_and_is_accepted_by_either_identity(shop):
    digest = shop.publish()
    outcome = shop.promote(release="v1.0.0")
    assert outcome.error is None
    assert outcome.moved.tags == ("v1.0.0", "stable")
    assert {shop.names(tag) for tag in ("latest", "v1.0.0", "stable")} == {digest}
    assert shop.is_accepted("stable")
    assert shop.workshop.channel_state()[1]
    assert shop.proofs(digest) == dict.fromkeys(KINDS, 1)
    assert shop.ledger().history.ok


def test_what_was_only_published_is_not_accepted_by_the_promoting_identity(shop):
    shop.publish()
    assert not shop.is_accepted("latest")


def test_release_is_needed_raised_and_kept_by_a_rerun(shop):
    shop.publish("one")
    assert isinstance(shop.promote().error, UsageError)
    assert shop.promote(bump="minor").moved.tags[0] == "v0.1.0"
    shop.publish("two")
    assert shop.promote(bump="patch").moved.tags[0] == "v0.1.1"
    assert shop.promote(bump="patch").moved.tags == ()
    assert shop.promote(release="1.0").error.exit_code == 2


def test_release_for_a_channel_without_releases_is_a_usage_error(shop):
    shop = shop.with_policy(release=None)
    shop.publish()
    assert "makes no releases" in shop.promote(release="v1.0.0").error.what
    assert shop.promote().error is None


def test_release_never_moves_and_is_known_where_its_tag_was_deleted(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    second = shop.publish("two")
    assert first[:19] in failed(shop.promote(release="v1.0.0"), "release")
    shop.target()._tags.pop("v1.0.0")
    assert first[:19] in failed(shop.promote(release="v1.0.0"), "release")
    assert shop.promote(second, "v1.0.1").error is None
    assert shop.names("v1.0.0") == ""


def test_release_tag_that_appears_between_the_gates_and_the_act_is_not_overwritten(shop):
    first = shop.publish("one")
    shop.publish("two")

    def somebody():
        store = shop.target()
        store.push_manifest(store.fetch_manifest(Digest.parse(first)), "v1.0.0")

    outcome = shop.promote(release="v1.0.0", between=somebody)
    assert "names another digest" in outcome.error.what
    assert (shop.names("v1.0.0"), shop.names()) == (first, "")


def test_another_release_of_the_same_digest_gets_a_record_of_its_own(shop):
    digest = shop.publish()
    shop.promote(release="v1.0.0")
    assert shop.promote(release="v1.0.1").error is None
    history = shop.ledger().history
    assert (len(history.links), dict(history.releases)) == (
        2,
        {"v1.0.0": Digest.parse(digest), "v1.0.1": Digest.parse(digest)},
    )


def test_deleted_release_tag_and_countersignature_come_back_with_a_rerun():
    with RegistryServer() as server:
        shop = shop_on(server)
        digest = shop.publish()
        shop.promote(release="v1.0.0")
        server.delete_tag(NAME, "v1.0.0")
        drop_evidence(server, PREDICATE_SIGNATURE, keep=1)
        assert shop.proofs(digest)[PREDICATE_SIGNATURE] == 0
        outcome = shop.promote(release="v1.0.0")
        assert (outcome.error, outcome.moved.tags) == (None, ("v1.0.0",))
        assert shop.proofs(digest) == dict.fromkeys(KINDS, 1)


def drop_evidence(server, kind, keep):
    """Forget referrers of one kind but the first few, as a garbage collection would."""
    repository = server._repository(NAME)
    found = [digest for digest, stored in repository.manifests.items() if kind.encode() in stored.content]
    for digest in found[keep:]:
        del repository.manifests[digest]


def test_promoter_that_the_rules_do_not_trust_writes_nothing(shop):
    digest = shop.publish()
    before = shop.target().list_tags(), shop.target().list_referrers(Digest.parse(digest))

    class Strange(PromotionShop):
        @property
        def rules(self):
            return replace(super().rules, promoters=shop.rules.promoters)

    strange = Strange(shop.workshop, signer=make_signer(), place=shop.place)
    outcome = strange.promote(release="v1.0.0")
    assert "not the one that the rules trust" in outcome.error.what
    assert (shop.target().list_tags(), shop.target().list_referrers(Digest.parse(digest))) == before


def test_unpublished_foreign_and_absent_digests_are_refused(shop):
    digest = shop.publish()
    foreign = Workshop(shop.workshop.open_store, signer=make_signer(), commits=shop.workshop.commits)
    other = foreign.publish(foreign.commit("foreign")).digest
    assert other != digest
    assert "foreign" in failed(shop.promote(other, "v1.0.0"), "signature")
    assert "does not exist" in shop.promote(str(Digest.of(b"nothing")), "v1.0.0").error.what


def test_digest_that_never_came_to_the_source_channel_is_refused_and_an_older_build_is_not(shop):
    first = shop.publish("one")
    shop.publish("two")
    assert shop.promote(first, "v1.0.0").error is None
    branch = shop.workshop.publish(shop.workshop.commit("three"), channel="preview")
    assert "never came to the channel latest" in failed(shop.promote(branch.digest, "v1.1.0"), "order")


def test_tag_of_a_guarded_source_channel_proves_nothing(shop):
    digest = shop.publish()
    staging = PromotionShop(
        shop.workshop, signer=shop.signer, policy=stable(channel="staging", release=None), place=shop.place
    )

    class Guarded(PromotionShop):
        @property
        def rules(self):
            return replace(super().rules, guarded_source=True)

    production = Guarded(shop.workshop, signer=shop.signer, policy=stable(source="staging"), place=shop.place)
    store = shop.target()
    store.push_manifest(store.fetch_manifest(Digest.parse(digest)), "staging")
    assert "never promoted to the channel staging" in failed(production.promote(digest, "v1.0.0"), "order")
    assert staging.promote(digest).error is None
    assert production.promote(digest, "v1.0.0").error is None


def test_channel_moved_between_judgement_and_act_is_told_and_left_alone(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    foreign = shop.publish("two")
    third = shop.publish("three")

    def somebody():
        store = shop.target()
        store.push_manifest(store.fetch_manifest(Digest.parse(foreign)), "stable")

    outcome = shop.promote(third, "v1.1.0", between=somebody)
    assert isinstance(outcome.error, CheckError)
    assert "was moved meanwhile" in outcome.error.what
    assert first in outcome.error.why
    assert foreign in outcome.error.why
    assert (shop.names(), shop.names("v1.1.0")) == (foreign, "")
    assert shop.ledger().history.tag.word == "foreign"


def test_journal_that_grew_between_judgement_and_act_names_who_was_faster(shop):
    digest = shop.publish("one")
    outcome = shop.promote(digest, "v1.0.0", between=lambda: shop.promote(digest, "v1.0.0") and None)
    assert "faster" in outcome.error.what
    assert str(shop.ledger().history.head.manifest) in outcome.error.why
    assert shop.names() == digest
    assert shop.ledger().history.ok


def test_gates_that_said_no_move_nothing(shop):
    shop = shop.with_policy(freeze=ALWAYS)
    shop.publish()
    outcome = shop.promote(release="v1.0.0")
    assert failed(outcome, "freeze")
    assert isinstance(outcome.error, CheckError)
    assert shop.target().resolve("stable") is None
    assert shop.target().resolve(journal_tag("stable")) is None


def test_emergency_skips_only_what_may_be_skipped_and_is_recorded(shop):
    shop = shop.with_policy(freeze=ALWAYS, emergency=EmergencyPolicy(("freeze",)))
    shop.publish()
    assert shop.promote(release="v1.0.0").error.exit_code == 1
    outcome = shop.promote(release="v1.0.0", emergency=True, reason="CVE-2026-1")
    assert outcome.error is None
    record = shop.ledger().history.head.record
    assert (record.emergency, record.reason, record.skipped) == (True, "CVE-2026-1", ("freeze",))


def test_emergency_the_policy_does_not_know_or_does_not_allow(shop):
    shop.publish()
    assert "knows no emergencies" in shop.promote(release="v1.0.0", emergency=True, reason="CVE").error.what
    strict = shop.with_policy(freeze=ALWAYS, emergency=EmergencyPolicy(("soak",)))
    assert failed(strict.promote(release="v1.0.0", emergency=True, reason="CVE"), "freeze")


def test_record_of_no_emergency_is_not_completed_by_one():
    with RegistryServer() as server:
        shop = shop_on(server, policy=stable(emergency=EmergencyPolicy(("freeze",))))
        digest = shop.publish()
        server.on("PUT", "/manifests/stable$", lambda request: Reply(500), times=1)
        assert isinstance(shop.promote(digest, "v1.0.0").error, RemoteError)
        frozen = shop.with_policy(freeze=ALWAYS)
        assert frozen.promote(digest, "v1.0.0", emergency=True, reason="CVE").error is None
        first, second = shop.ledger().history.links
        assert (first.state, second.state, second.record.emergency) == ("authorised", "completed", True)


def test_rollback_goes_only_where_the_channel_has_been(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    second = shop.publish("two")
    assert "No completed promotion" in failed(shop.rollback(second), "target")
    shop.promote(release="v1.1.0")
    assert shop.rollback(first).error is None
    assert shop.names() == first
    link = shop.ledger().history.head
    assert (link.record.kind, link.record.release, link.record.observed) == ("rollback", "", Digest.parse(second))
    assert shop.is_accepted()


def test_withdrawn_digest_is_never_promoted_again_under_any_release(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    second = shop.publish("two")
    shop.promote(release="v1.1.0")
    assert shop.rollback(first, withdraw=True).error is None
    assert "It was withdrawn" in failed(shop.promote(second, "v1.2.0"), "target")
    assert "It was withdrawn" in failed(shop.rollback(second), "target")


def test_nothing_is_left_behind_to_withdraw(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    refused = shop.rollback(first, withdraw=True).error
    assert isinstance(refused, UsageError)
    assert "nothing to withdraw" in refused.what


def test_tag_moved_by_hand_to_an_older_promoted_digest_is_told_and_promoted_over(shop):
    digests = []
    for number in range(3):
        digests.append(shop.publish(str(number)))
        assert shop.promote(release=f"v1.{number}.0").error is None
    store = shop.target()
    store.push_manifest(store.fetch_manifest(Digest.parse(digests[0])), "stable")
    assert shop.ledger().history.tag.word == "older"
    assert shop.promote(digests[2], "v1.2.0").error is None
    history = shop.ledger().history
    assert (history.tag.word, [str(link.record.observed) for link in history.links][-1]) == ("head", digests[0])
    assert [fault.kind for fault in history.faults] == ["outside"]


@pytest.mark.parametrize("api", [True, False], ids=["referrers-api", "fallback-tag"])
def test_records_whose_manifests_were_collected_leave_a_gap_that_history_names(api):
    with RegistryServer(referrers_api=api) as server:
        shop = shop_on(server)
        digests = []
        for number in range(3):
            digests.append(shop.publish(str(number)))
            assert shop.promote(release=f"v1.{number}.0").error is None
        lost = shop.ledger().history.links[1].manifest
        del server._repository(NAME).manifests[str(lost)]
        history = shop.ledger().history
        assert [(fault.kind, fault.manifest) for fault in history.faults if fault.kind == "missing"] == [
            ("missing", lost)
        ]
        next_one = shop.publish("next")
        assert shop.promote(next_one, "v2.0.0").error is None
        assert shop.ledger().history.head.record.sequence == 4
        assert shop.names() == next_one


def test_bundle_that_was_collected_is_a_missing_record_and_no_failure():
    with RegistryServer() as server:
        shop = shop_on(server)
        shop.publish("one")
        shop.promote(release="v1.0.0")
        record = shop.target().fetch_manifest(shop.ledger().history.head.manifest)
        del server._repository(NAME).blobs[str(record.layers[0].digest)]
        (fault,) = shop.ledger().history.faults
        assert (fault.kind, fault.reason) == ("missing", "Its bundle is not in the registry.")


def test_journal_that_is_no_journal_stops_a_promotion(shop):
    digest = shop.publish()
    store = shop.target()
    store.push_manifest(store.fetch_manifest(Digest.parse(digest)), journal_tag("stable"))
    outcome = shop.promote(release="v1.0.0")
    assert "is not a journal of gitless" in outcome.error.what
    assert shop.names() == ""


def test_times_and_facts_of_a_record(shop):
    digest = shop.publish()
    shop.promote(release="v1.0.0")
    record = shop.ledger().history.head.record
    assert (record.digest, record.observed, record.previous) == (Digest.parse(digest), None, None)
    assert record.committed == datetime(2026, 11, 20, 10, 1, tzinfo=timezone.utc)
    assert record.created - record.committed < timedelta(days=2)
    assert record.source == "latest"
    assert not record.run.verified


class Platform:
    """Somebody approved this run, or nobody did."""

    def __init__(self, *people):
        self.people, self.asked = people, []

    def decisions(self, environment):
        self.asked.append(environment)
        approvals = tuple(Approval(person, "environment", "approved") for person in self.people)
        return Decisions((ALICE,), approvals)

    def changes(self, older, newer, branch):
        self.asked.append((older, newer, branch))
        return Changes(older or "", newer)

    def checks(self, commit):
        self.asked.append(commit)
        return CheckResults(commit)


def test_approvals_and_checks_are_asked_of_the_platform_for_the_range(shop):
    first = shop.publish("one")
    shop.promote(release="v1.0.0")
    shop.publish("two")
    approved = shop.with_policy(approvals=ApprovalsGate(1, ()), checks=ChecksGate((RequiredCheck("e2e"),)))
    approved.approvals = Platform(BOB)
    outcome = approved.promote(release="v1.1.0")
    assert [gate.name for gate in outcome.examined.gates if not gate.ok] == ["checks"]
    older, newer = (commit.sha for commit in shop.workshop.commits)
    assert (older, newer, "main") in approved.approvals.asked
    assert newer in approved.approvals.asked
    done = approved.with_policy(checks=None)
    assert done.promote(release="v1.1.0").error is None
    record = shop.ledger().history.head.record
    assert ([item.person for item in record.approvers], record.requesters) == ([BOB], (ALICE,))
    assert first


def test_plan_asks_nobody_for_approvals(shop):
    shop = shop.with_policy(approvals=ApprovalsGate(1, ()))
    shop.approvals = Platform()
    shop.publish()
    examined = shop.promote(release="v1.0.0", without=("approvals",)).examined
    assert (examined.ok, shop.approvals.asked) == (True, [])


def test_outside_of_ci_nobody_has_approved_and_nothing_was_checked(shop):
    shop = shop.with_policy(approvals=ApprovalsGate(1, ()), checks=ChecksGate((RequiredCheck("e2e"),)))
    shop.publish()
    outcome = shop.promote(release="v1.0.0")
    assert "no job of GitHub Actions" in failed(outcome, "approvals")
    assert "no job of GitHub Actions" in failed(outcome, "checks")


def test_store_that_forgets_its_listing_names_nothing(shop):
    digest = shop.publish()
    store = shop.target()
    kept = store.list_referrers(Digest.parse(digest))
    store.attach = lambda subject, referrers: kept
    outcome = shop.promote(digest, "v1.0.0")
    assert "does not list the evidence" in outcome.error.what
    assert shop.names() == ""


def test_countersignature_that_does_not_come_back_names_nothing(shop):
    digest = shop.publish()
    store = shop.target()
    attach = store.attach

    def lose(subject, referrers):
        listing = attach(subject, referrers)
        lost = [item for item in referrers if PREDICATE_SIGNATURE in item.annotations.values()]
        for item in lost:
            store._manifests.pop(item.digest)
        return listing

    store.attach = lose
    outcome = shop.promote(digest, "v1.0.0")
    assert "does not verify; no tag was written" in outcome.error.what
    assert (shop.names(), shop.names("v1.0.0")) == ("", "")
    store.attach = attach
    assert shop.promote(digest, "v1.0.0").error is None
    assert shop.is_accepted()

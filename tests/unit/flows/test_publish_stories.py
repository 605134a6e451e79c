"""Publish as stories: interruptions, foreign content, order, races. The store is an HTTP registry that fails on demand."""

import itertools
import threading
from collections import Counter
from dataclasses import replace

import pytest
from tests.fakes.registry_server import RegistryServer
from tests.fakes.signed import make_signer
from tests.fakes.workshop import START, Commit, Workshop

from gitless.artifact.manifest import CONFIG_BLOB, build_manifest
from gitless.errors import CheckError, RemoteError
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.media_types import ANNOTATION_REVISION
from gitless.registry.memory import MemoryRepository
from gitless.registry.open import Stores
from gitless.web.patience import Patience

IMPATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"


@pytest.fixture(params=[True, False], ids=["referrers-api", "fallback-tag"])
def server(request):
    with RegistryServer(referrers_api=request.param) as running:
        yield running


def workshop_on(server, patience=IMPATIENT):
    location = server.location(NAME)
    return Workshop(lambda: Stores(env={}, patience=patience).open(location), location)


@pytest.fixture
def memory_shop():
    store = MemoryRepository()
    return Workshop(lambda: store)


def evidence_of(shop, tag="latest"):
    store = shop.open_store()
    return store.list_referrers(store.resolve(tag))


def test_first_publish_names_three_tags_and_three_kinds_of_evidence(server):
    shop = workshop_on(server)
    result = shop.publish(shop.commit("one"))
    assert result.error is None
    assert (result.changed, result.pushed) == (True, True)
    assert [tag.split("-")[0] for tag in result.tags] == ["latest", "content", "latest"]
    assert result.tags[-1] == "latest"
    assert len(evidence_of(shop)) == 3
    assert shop.channel_state() == (str(result.revision), True)


def test_request_budgets(server):
    shop = workshop_on(server)
    first = shop.commit("one")
    requests = shop.publish(first).requests
    api = any("/referrers/" in entry.path and entry.status == 200 for entry in server.requests)
    assert requests == len(server.requests)
    assert requests <= (26 if api else 30)
    again = shop.publish(first)
    assert (again.changed, again.pushed) == (False, False)
    assert again.requests <= 10


@pytest.mark.parametrize("how", ["cut", "500", "lost"])
def test_stopped_after_every_request_the_channel_is_old_or_verified_and_the_rerun_heals(how):
    for api in (True, False):
        with RegistryServer(referrers_api=api) as probe:
            shop = workshop_on(probe)
            shop.publish(shop.commit("old"))
            probe.forget()
            shop.publish(shop.commit("new"))
            total = len(probe.requests)
        for stop in range(total):
            with RegistryServer(referrers_api=api) as server:
                shop = workshop_on(server)
                old = shop.publish(shop.commit("old"))
                new = shop.commit("new")
                server.stop_after(stop, how)
                shop.publish(new)
                server.resume()
                revision, accepted = shop.channel_state()
                assert accepted, (api, stop)
                assert revision in (old.revision, new.source().revision), (api, stop)
                healed = shop.publish(new)
                assert healed.error is None, (api, stop, healed.error)
                assert shop.channel_state() == (new.source().revision, True), (api, stop)
                kinds = Counter(item.annotations.get("dev.sigstore.bundle.predicateType") for item in evidence_of(shop))
                assert set(kinds.values()) == {1}, (api, stop, kinds)
                assert len(kinds) == 3, (api, stop)


def foreign(store, artifact, **annotations):
    """Put a manifest under the channel that looks like ours in every annotation it likes."""
    layer = artifact.layers[0]
    forged = build_manifest(layer, {**artifact.annotations, **annotations})
    store.push_blob(CONFIG_BLOB)
    store.push_manifest(forged, "latest")
    return forged


def test_oracle_foreign_manifest_with_our_layer_and_another_revision_is_never_signed(memory_shop):
    shop = memory_shop
    commit = shop.commit("one")
    shop.publish(commit)
    store = shop.open_store()
    ours = store.fetch_manifest("latest")
    forged = foreign(store, ours, **{ANNOTATION_REVISION: f"main@sha1:{'e' * 40}"})
    result = shop.publish(commit)
    assert result.error is None
    assert store.list_referrers(forged.digest) == ()
    assert store.resolve("latest") == ours.digest
    assert any("no valid evidence" in note for note in result.notes)


def test_oracle_foreign_manifest_with_our_content_annotation_and_another_layer_is_never_signed(memory_shop):
    shop = memory_shop
    commit = shop.commit("one")
    shop.publish(commit)
    store = shop.open_store()
    ours = store.fetch_manifest("latest")
    other = Blob.of(b"another layer", ours.layers[0].media_type)
    store.push_blob(other)
    forged = build_manifest(other.descriptor, ours.annotations)
    store.push_manifest(forged, "latest")
    assert shop.publish(commit).error is None
    assert store.list_referrers(forged.digest) == ()
    assert store.resolve("latest") == ours.digest


def test_evidence_of_another_identity_is_not_ours_and_the_tree_is_published_anew(memory_shop):
    shop = memory_shop
    commit = shop.commit("one")
    theirs = Workshop(shop.open_store, signer=make_signer(), commits=shop.commits)
    theirs.publish(commit)
    later = shop.commit("one", touched=False)
    result = shop.publish(later)
    assert (result.changed, result.pushed, result.error) == (True, True, None)
    assert shop.channel_state() == (later.source().revision, True)


def test_own_manifest_found_unsigned_is_completed_since_this_run_builds_the_same_bytes(memory_shop):
    shop = memory_shop
    commit = shop.commit("one")
    dry = Workshop(shop.open_store, signer=shop.signer, commits=shop.commits)
    digest = dry.publish(commit, dry_run=True).digest
    result = shop.publish(commit)
    assert result.digest == digest
    assert len(evidence_of(shop)) == 3


def test_dry_run_writes_nothing(memory_shop):
    result = memory_shop.publish(memory_shop.commit("one"), dry_run=True)
    assert (result.changed, result.pushed, result.error) == (True, False, None)
    assert memory_shop.open_store().list_tags() == ()


def test_unchanged_content_is_not_published_again_and_extra_tags_follow(memory_shop):
    shop = memory_shop
    first = shop.publish(shop.commit("one"))
    untouched = shop.commit("one", touched=False)
    again = shop.publish(untouched, extra_tags=("main-7",))
    assert (again.changed, again.pushed, again.digest) == (False, False, first.digest)
    assert str(shop.open_store().resolve("main-7")) == first.digest


def test_force_publishes_unchanged_content_anew(memory_shop):
    shop = memory_shop
    first = shop.publish(shop.commit("one"))
    forced = shop.publish(shop.commit("one", touched=False), force=True)
    assert forced.pushed
    assert forced.digest != first.digest


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_x_y_x_in_every_order_of_the_jobs_ends_on_the_last_commit(memory_shop, order):
    shop = memory_shop
    commits = [shop.commit("x"), shop.commit("y"), shop.commit("x")]
    for index in order:
        shop.publish(commits[index])
    assert shop.channel_state() == (commits[2].source().revision, True)


def test_older_commit_keeps_its_build_tag_and_never_moves_the_channel_back(memory_shop):
    shop = memory_shop
    old, new = shop.commit("old"), shop.commit("new")
    shop.publish(new)
    full = Workshop(shop.open_store, signer=shop.signer, commits=[replace_number(old, 1), new])
    run = full.run(old)
    run.publisher.history._known.append(new)
    result = run.publish_all([full.plan]).components[0]
    assert result.error is None
    assert (result.outcome, [tag for tag in result.tags if tag == "latest"]) == ("pushed", [])
    assert any("newer commit" in note for note in result.notes)
    assert shop.channel_state() == (new.source().revision, True)


def replace_number(commit, number):
    assert commit.number == number
    return commit


def test_revision_that_left_history_needs_a_reason(memory_shop):
    shop = memory_shop
    shop.publish(shop.commit("one"))
    rewritten = Workshop(shop.open_store, signer=shop.signer)
    rewritten.commits = []
    other = rewritten.commit("two")
    moved = type(other)(77, other.files)
    rewritten.commits = [moved]
    refused = rewritten.publish(moved)
    assert isinstance(refused.error, CheckError)
    assert "--rewritten-history" in refused.error.hint
    accepted = rewritten.publish(moved, rewritten_history="rebased on purpose")
    assert accepted.error is None
    assert rewritten.channel_state() == (moved.source().revision, True)


def test_plaintext_secret_stops_before_anything_is_sent(server):
    shop = workshop_on(server)
    commit = shop.commit("one")
    commit.files["base/secret.yaml"] = (
        b"apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: correct-horse-battery}\n"
    )
    result = shop.publish(commit)
    assert isinstance(result.error, CheckError)
    assert "correct-horse" not in str(result.error)
    assert [entry for entry in server.requests if entry.method != "GET"] == []


def test_two_publishers_race_and_the_newest_commit_wins_fifty_times(server):
    for _ in range(50):
        with RegistryServer(referrers_api=True) as fresh:
            shop = workshop_on(fresh)
            older, newer = shop.commit("older"), shop.commit("newer")
            results = {}

            def job(commit, shop=shop, results=results):
                results[commit.number] = shop.publish(commit)

            threads = [threading.Thread(target=job, args=(commit,)) for commit in (older, newer)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            revision, accepted = shop.channel_state()
            assert accepted
            assert revision == newer.source().revision, {
                key: value.error or value.notes for key, value in results.items()
            }


class SameSecond(Commit):
    """A commit of the first minute, however late it comes; its digits fall as its number grows."""

    @property
    def sha(self):
        return f"{9 - self.number}".ljust(40, "c")

    def source(self):
        return replace(super().source(), created=START)


def test_late_writer_of_a_commit_yields_to_its_child_of_the_same_second(memory_shop):
    shop = memory_shop
    parent, child = (SameSecond(number, shop.commit(str(number)).files) for number in (1, 2))
    shop.commits = [parent, child]
    store, done = shop.open_store(), []
    push = store.push_manifest

    def child_overtakes(manifest, tag=None):
        if tag == "latest" and not done:
            done.append(tag)
            shop.publish(child)
        push(manifest, tag)

    store.push_manifest = child_overtakes
    run = shop.run(parent)
    run.publisher.history._known.append(child)
    late = run.publish_all([shop.plan]).components[0]
    assert (late.error, late.outcome, "latest" in late.tags) == (None, "pushed", False)
    assert done
    assert shop.channel_state() == (child.source().revision, True)


def test_registry_down_is_a_remote_error_and_not_a_change(server):
    shop = workshop_on(server)
    shop.publish(shop.commit("one"))
    server.stop_after(0, "500")
    result = shop.publish(shop.commit("two"))
    assert isinstance(result.error, RemoteError)
    assert result.error.exit_code == 3
    server.resume()
    assert shop.channel_state()[1]


def test_build_tag_of_the_same_commit_never_moves(memory_shop):
    shop = memory_shop
    commit = shop.commit("one")
    first = shop.publish(commit)
    build = first.tags[0]
    commit.files["base/cm.yaml"] = commit.files["base/cm.yaml"].replace(b"one", b"two")
    second = shop.publish(commit)
    assert second.digest != first.digest
    assert build not in second.tags
    assert str(shop.open_store().resolve(build)) == first.digest
    assert shop.open_store().resolve("latest") == Digest.parse(second.digest)


def test_history_once_rewritten_stays_rewritten(memory_shop):
    shop = memory_shop
    orphan = Commit(9, shop.commit("orphan").files)
    shop.commits = [orphan]
    shop.publish(orphan)
    kept = Workshop(shop.open_store, signer=shop.signer)
    cut, child = Commit(5, {**orphan.files, "base/more.yaml": b"a: 1\n"}), Commit(6, orphan.files)
    kept.commits = [cut, child]
    assert kept.publish(cut, rewritten_history="rebased on purpose").error is None
    assert kept.publish(cut, force=True).error is None
    assert kept.channel_state() == (cut.source().revision, True)
    assert kept.publish(child).error is None
    assert kept.channel_state() == (child.source().revision, True)


def test_channel_left_behind_by_a_killed_older_writer_is_healed_by_its_own_rerun(memory_shop):
    shop = memory_shop
    old, new = shop.commit("old"), shop.commit("new")
    first = shop.publish(old)
    shop.publish(new)
    store = shop.open_store()
    store.push_manifest(store.fetch_manifest(Digest.parse(first.digest)), "latest")
    run = shop.run(old)
    run.publisher.history._known.append(new)
    healed = run.publish_all([shop.plan]).components[0]
    assert any("left behind" in note for note in healed.notes)
    assert (healed.outcome, healed.tags) == ("healed", ())
    assert shop.channel_state() == (new.source().revision, True)

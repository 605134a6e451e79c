"""Two promoters of one channel at once: they end on one digest, and whoever loses is told by whom."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.promotion_shop import PromotionShop, meet_at
from tests.fakes.registry_server import RegistryServer, Reply
from tests.fakes.workshop import Workshop

from gitless.errors import CheckError
from gitless.model.digest import Digest
from gitless.registry.open import Stores
from gitless.web.patience import Patience

IMPATIENT = Patience(attempts=1, total_seconds=20, connect_seconds=2, read_seconds=5, backoff_seconds=0.01)
NAME = "acme/apps/web"
RUNS = 50


def shop_on(server, seed):
    location = server.location(NAME)
    workshop = Workshop(lambda: Stores(env={}, patience=IMPATIENT).open(location), location)
    draw, wait = random.Random(seed), threading.Event()
    return PromotionShop(workshop, place=str(location), pause=lambda look: wait.wait(draw.uniform(0, 0.03)) and None)


def race(shop, *digests):
    """Everybody judges the same state, then all act at once."""
    meeting = threading.Barrier(len(digests))
    with ThreadPoolExecutor(len(digests)) as pool:
        runs = [
            pool.submit(shop.promote, digest, f"v1.{number}.0", between=meet_at(meeting))
            for number, digest in enumerate(digests, 1)
        ]
        return [run.result() for run in runs]


@pytest.mark.parametrize("same", [True, False], ids=["same-digest", "different-digests"])
def test_two_promoters_end_on_one_digest_and_the_loser_knows_by_whom(same):
    forks = 0
    for seed in range(RUNS):
        with RegistryServer(referrers_api=seed % 3 > 0) as server:
            shop = shop_on(server, seed)
            first = shop.publish("one")
            digests = [first, first if same else shop.publish("two")]
            outcomes = race(shop, *digests)
            history = shop.ledger().history
            assert history.head, seed
            assert history.head.state == "completed", (seed, history.tag)
            assert shop.names() == str(history.head.record.digest), seed
            assert shop.is_accepted(), seed
            won = [item for item in outcomes if item.moved and item.moved.record == history.head.manifest]
            assert len(won) == 1, (seed, [item.error for item in outcomes])
            for lost in outcomes:
                if lost.error:
                    assert isinstance(lost.error, CheckError), (seed, lost.error)
                    assert "faster" in lost.error.what, (seed, lost.error)
                    assert str(history.head.manifest) in lost.error.why, seed
            # whoever looked for the last time before the other one wrote cannot know, and then history does
            assert history.lost or any(item.error for item in outcomes), seed
            forks += bool(history.lost)
            assert {fault.kind for fault in history.faults} <= {"fork"}, (seed, history.faults)
    assert forks, "no run was close enough to be a race"


def test_loser_may_promote_again_and_its_digest_follows():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        first, second = shop.publish("one"), shop.publish("two")
        lost = shop.promote(first, "v1.0.0", between=lambda: shop.promote(second, "v1.1.0") and None)
        assert "faster" in lost.error.what
        assert shop.names() == second
        assert shop.promote(first, "v2.0.0").error is None
        assert shop.names() == first
        assert shop.ledger().history.ok


def test_tag_written_late_by_a_beaten_promoter_is_put_right():
    """It had passed its last check before the other one's record came, and its write arrives after the other's."""
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        foreign, digest = shop.publish("one"), shop.publish("two")
        late = []

        def overtaken(request):
            late.append(request.method)
            server._repository(NAME).tags["stable"] = foreign
            return Reply(201, {"Docker-Content-Digest": digest})

        server.on("PUT", "/manifests/stable$", overtaken, times=1)
        assert shop.promote(digest, "v1.0.0").error is None
        assert (late, shop.names()) == (["PUT"], digest)


def test_journal_overwritten_by_another_writer_gets_its_record_back():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        digest = shop.publish("one")
        server.on("PUT", "/manifests/gitless-stable$", lambda request: Reply(201), times=2)
        assert shop.promote(digest, "v1.0.0").error is None
        assert shop.ledger().history.ok


def test_journal_that_never_keeps_the_record_is_told_and_nothing_is_named():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        digest = shop.publish("one")
        server.on("PUT", "/manifests/gitless-stable$", lambda request: Reply(201))
        outcome = shop.promote(digest, "v1.0.0")
        assert "does not keep the record" in outcome.error.what
        assert (shop.names(), shop.names("v1.0.0")) == ("", "")
        server.forget()
        assert shop.promote(digest, "v1.0.0").error is None
        assert shop.proofs(digest) == dict.fromkeys(shop.proofs(digest), 1)


@pytest.mark.parametrize("same", [True, False], ids=["same-digest", "different-digests"])
def test_promoter_that_stalls_before_it_writes_the_journal_lists_what_it_overwrote(same):
    """The other one has come and gone: read, wrote, moved the channel, looked for the last time."""
    for seed in range(8):
        with RegistryServer() as server:
            shop = shop_on(server, seed)
            mine = shop.publish("one")
            theirs = mine if same else shop.publish("two")
            other = []

            def first_the_other(request, shop=shop, theirs=theirs, other=other):
                if not other:
                    other.append(None)
                    other[0] = shop.promote(theirs, "v1.0.0")
                return

            server.on("PUT", "/manifests/gitless-stable$", first_the_other)
            outcome = shop.promote(mine, "v2.0.0")
            assert other[0].error is None
            history = shop.ledger().history
            assert len(history.links) == len(history.lost) == 1
            assert shop.names() == str(history.head.record.digest)
            if outcome.error:
                assert str(other[0].moved.record) == str(history.head.manifest)
                assert str(history.head.manifest) in outcome.error.why
            else:
                assert outcome.moved.record == history.head.manifest


def test_digest_of_a_record_that_won_and_is_gone_is_told():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        digest = shop.publish("one")

        def gone(request):
            server._repository(NAME).tags["stable"] = str(Digest.of(b"x"))
            del server._repository(NAME).manifests[digest]
            return Reply(201)

        server.on("PUT", "/manifests/stable$", gone, times=1)
        assert "is gone" in shop.promote(digest, "v1.0.0").error.what


def test_promoter_that_is_overtaken_after_its_record_is_told_and_the_channel_goes_on():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        mine, theirs = shop.publish("one"), shop.publish("two")
        seen = []

        def after_the_journal(request):
            if "gitless-stable" in server.tags(NAME) and not seen:
                seen.append(None)
                seen[0] = shop.promote(theirs, "v2.0.0")
            return

        server.on("GET", "/manifests/gitless-stable$", after_the_journal)
        outcome = shop.promote(mine, "v1.0.0")
        assert seen[0].error is None
        assert "faster" in outcome.error.what
        history = shop.ledger().history
        assert str(history.head.manifest) in outcome.error.why
        assert [link.state for link in history.links] == ["authorised", "completed"]
        assert (shop.names(), shop.names("v1.0.0")) == (theirs, "")


def test_promoter_that_is_followed_after_its_tags_is_done():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        mine, theirs = shop.publish("one"), shop.publish("two")
        seen = []

        def after_the_channel(request):
            if "stable" in server.tags(NAME) and not seen:
                seen.append(None)
                seen[0] = shop.promote(theirs, "v2.0.0")
            return

        server.on("GET", "/manifests/gitless-stable$", after_the_channel)
        outcome = shop.promote(mine, "v1.0.0")
        assert (seen[0].error, outcome.error) == (None, None)
        assert [link.state for link in shop.ledger().history.links] == ["completed", "completed"]
        assert shop.names() == theirs


def test_promoter_that_builds_on_a_move_which_completes_meanwhile_goes_on():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        first, second = shop.publish("one"), shop.publish("two")
        server.on("PUT", "/manifests/stable$", lambda request: Reply(500), times=1)
        assert shop.promote(first, "v1.0.0").error
        outcome = shop.promote(second, "v2.0.0", between=lambda: shop.promote(first, "v1.0.0") and None)
        assert outcome.error is None
        assert shop.names() == second
        assert shop.ledger().history.tag.ok


def test_record_lost_from_the_journal_after_the_last_check_is_entered_again():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        digest = shop.publish("one")
        emptied = []

        def overwrite(request):
            if not emptied:
                emptied.append(server.tags(NAME)["gitless-stable"])
                server.delete_tag(NAME, "gitless-stable")
            return

        server.on("PUT", "/manifests/stable$", overwrite)
        assert shop.promote(digest, "v1.0.0").error is None
        assert emptied
        assert shop.ledger().history.ok


def test_channel_that_never_comes_to_rest_is_told():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        foreign, digest = shop.publish("one"), shop.publish("two")

        def elsewhere(request):
            server._repository(NAME).tags["stable"] = foreign
            return Reply(201)

        server.on("PUT", "/manifests/stable$", elsewhere)
        assert "does not come to rest" in shop.promote(digest, "v1.0.0").error.what


def test_record_that_is_stored_and_cannot_be_read_names_nothing():
    with RegistryServer() as server:
        shop = shop_on(server, 1)
        digest = shop.publish("one")
        server.on("PUT", "/manifests/stable$", lambda request: Reply(500), times=1)
        assert shop.promote(digest, "v1.0.0").error
        record = shop.ledger().history.head.manifest
        del server._repository(NAME).manifests[str(record)]
        assert shop.promote(digest, "v1.0.0").error is None
        assert shop.names() == digest
        assert {fault.kind for fault in shop.ledger().history.faults} == {"missing"}

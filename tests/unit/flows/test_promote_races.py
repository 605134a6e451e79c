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
        digests = [shop.publish("one"), shop.publish("two")]
        lost = next(item for item in race(shop, *digests) if item.error)
        digest = str(lost.examined.wanted.digest)
        assert shop.promote(digest, "v2.0.0").error is None
        assert shop.names() == digest
        assert shop.ledger().history.tag.ok


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

"""A channel's history from records, journal and tag, one story each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.promotions import NOON, digest, entry, record

from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, RecordEntry
from gitless.model.promotion import Record
from gitless.promotion.chain import read_history

HOME = "ghcr.io/acme/apps/web"


def moves(*names: str, **changes: Any) -> list[Record]:
    """Promotions one after the other, each seeing the one before."""
    seen: Digest | None = None
    made = []
    for number, name in enumerate(names, 1):
        made.append(record(number, name, observed=seen, **changes))
        seen = digest(name)
    return made


def read(
    entries: Sequence[RecordEntry],
    names: object = None,
    listed: Sequence[Digest] | None = None,
    repository: str = HOME,
) -> ChannelHistory:
    order = [item.manifest for item in entries] if listed is None else listed
    seen = digest(names) if names else None
    return read_history("web", "stable", entries, order, seen, repository=repository)


def faults(history: ChannelHistory) -> list[tuple[str, Digest]]:
    return [(fault.kind, fault.manifest) for fault in history.faults]


def states(history: ChannelHistory) -> list[tuple[int, str]]:
    return [(link.record.sequence, link.state) for link in history.links]


def test_a_channel_that_never_was() -> None:
    history = read([])
    assert (history.links, history.head, history.next_sequence, history.ok) == ((), None, 1, True)
    assert history.tag.word == "head"


def test_a_channel_moved_before_there_were_records() -> None:
    history = read([], "old")
    assert history.tag.word == "unrecorded"
    assert not history.ok


def test_three_promotions() -> None:
    history = read([entry(item) for item in moves("a", "b", "c")], "c")
    assert states(history) == [(1, "completed"), (2, "completed"), (3, "completed")]
    assert history.ok
    assert history.tag.ok
    assert history.links[-1] is history.head
    assert history.links[-1].manifest == digest("record 3")
    assert history.next_sequence == 4
    assert [link.is_claimed for link in history.links] == [True] * 3
    assert history.links[0].time == history.links[0].record.created


def test_the_vouched_time_counts() -> None:
    history = read([replace(entry(record()), signed_at=NOON, signer="me")], "one")
    assert history.links[0].time == NOON
    assert not history.links[0].is_claimed
    assert history.links[0].signer == "me"


def test_the_last_move_was_interrupted() -> None:
    history = read([entry(item) for item in moves("a", "b")], "a")
    assert states(history) == [(1, "completed"), (2, "authorised")]
    assert history.tag.word == "pending"
    assert read([entry(item) for item in moves("a")]).tag.word == "pending"


def test_a_middle_move_was_interrupted_and_never_completed() -> None:
    first, second, third = moves("a", "b", "c")
    history = read([entry(item) for item in (first, second, replace(third, observed=digest("a")))], "c")
    assert states(history) == [(1, "completed"), (2, "authorised"), (3, "completed")]
    assert history.ok


def test_a_record_that_promotes_what_is_there_already() -> None:
    again = record(2, "a", observed=digest("a"))
    assert states(read([entry(moves("a")[0]), entry(again)], "a")) == [(1, "completed"), (2, "completed")]


TAGS = {
    "older": ("a", "older"),
    "foreign": ("never promoted", "foreign"),
    "gone": (None, "absent"),
    "lost": ("lost", "lost"),
}


@pytest.mark.parametrize("story", TAGS)
def test_a_tag_that_was_moved_by_hand(story: str) -> None:
    names, word = TAGS[story]
    chain = [entry(item) for item in moves("a", "b", "c")]
    rival = entry(record(2, "lost", observed=digest("a")), "rival")
    history = read([*chain, rival], names)
    assert history.tag.word == word
    assert history.tag.digest == (digest(names) if names else None)
    assert states(history)[-1] == (3, "authorised")


def rolled_back(**changes: Any) -> list[RecordEntry]:
    back = record(3, "a", kind="rollback", observed=digest("b"), reason="errors", withdraws=digest("b"), **changes)
    return [*(entry(item) for item in moves("a", "b")), entry(back)]


def test_a_rollback_withdraws_what_it_leaves() -> None:
    history = read(rolled_back(), "a")
    assert history.ok
    assert history.withdrawn == {digest("b")}


def test_a_tag_moved_back_to_what_was_withdrawn() -> None:
    later = entry(record(4, "d", observed=digest("a")))
    assert read([*rolled_back(), later], "b").tag.word == "withdrawn"
    assert read(rolled_back(), "b").tag.word == "pending"


def test_a_record_that_promotes_what_was_withdrawn() -> None:
    again = entry(record(4, "b", observed=digest("a")))
    assert faults(read([*rolled_back(), again], "b")) == [("withdrawn", digest("record 4"))]


def test_a_rollback_to_what_the_channel_never_named() -> None:
    back = entry(record(2, "x", kind="rollback", reason="r", observed=digest("a")))
    assert faults(read([entry(moves("a")[0]), back], "x")) == [("target", digest("record 2"))]


def test_what_was_never_completed_is_no_target() -> None:
    first, second = moves("a", "b")
    third = record(3, "c", observed=digest("a"))
    back = record(4, "b", kind="rollback", reason="r", observed=digest("c"))
    history = read([entry(item) for item in (first, second, third, back)], "b")
    assert faults(history) == [("target", digest("record 4"))]


def test_the_channel_was_moved_without_a_record_in_between() -> None:
    later = record(2, "b", observed=digest("by hand"))
    history = read([entry(moves("a")[0]), entry(later)], "b")
    assert faults(history) == [("outside", digest("record 2"))]
    assert states(history) == [(1, "authorised"), (2, "completed")]
    gone = read([*(entry(item) for item in moves("a", "b")), entry(record(3, "c"))], "c")
    assert "named nothing" in gone.faults[0].reason


@pytest.mark.parametrize("names", ["rival x", "rival y"])
def test_of_two_records_with_one_predecessor_the_lower_digest_counts(names: str) -> None:
    first = entry(moves("a")[0])
    twins = [entry(record(2, name, observed=digest("a")), name) for name in ("rival x", "rival y")]
    winner, loser = sorted(twins, key=lambda item: item.manifest)
    for order in ([first, *twins], [first, *reversed(twins)]):
        history = read(order, names)
        assert [link.manifest for link in history.links] == [first.manifest, winner.manifest]
        assert [link.manifest for link in history.lost] == [loser.manifest]
        assert faults(history) == [("fork", loser.manifest)]
        assert history.tag.word == ("head" if winner.record and winner.record.digest == digest(names) else "lost")


def test_a_late_twin_does_not_take_back_what_followed() -> None:
    chain = [entry(item) for item in moves("a", "b", "c")]
    for name in range(6):  # some of these digests are lower
        twin = entry(record(2, "late", observed=digest("a")), f"twin {name}")
        history = read([*chain, twin], "c")
        assert [link.manifest for link in history.links] == [item.manifest for item in chain]
        assert faults(history) == [("fork", twin.manifest)]


def test_what_builds_on_a_lost_record_is_lost_too() -> None:
    chain = [entry(item) for item in moves("a", "b", "c", "d")]
    twin = record(2, "late", observed=digest("a"))
    child = record(3, "later", observed=digest("late"), previous=digest("twin"))
    history = read([*chain, entry(twin, "twin"), entry(child, "child")], "d")
    assert [link.manifest for link in history.lost] == [digest("twin"), digest("child")]
    assert history.faults[1].reason == "It builds on a record that does not count."


def test_a_record_whose_manifest_is_gone() -> None:
    first, second, third = (entry(item) for item in moves("a", "b", "c"))
    order = [first.manifest, second.manifest, third.manifest]
    history = read([first, third], "c", order)
    assert [link.record.sequence for link in history.links] == [1, 3]
    assert [link.gap for link in history.links] == [False, True]
    assert faults(history) == [("missing", second.manifest)]
    assert states(history) == [(1, "authorised"), (3, "completed")]
    absent = RecordEntry(second.manifest, "missing", "Its manifest is not there.")
    assert read([first, absent, third], "c", order) == history
    assert faults(read([first, third], "c", [first.manifest, third.manifest])) == [("missing", second.manifest)]


def test_the_first_and_the_last_records_are_gone() -> None:
    chain = [entry(item) for item in moves("a", "b", "c", "d")]
    order = [item.manifest for item in chain]
    history = read(chain[1:3], "d", order)
    assert [link.record.sequence for link in history.links] == [2, 3]
    assert history.links[0].gap
    assert sorted(faults(history)) == sorted([("missing", order[0]), ("missing", order[3])])
    assert history.tag.word == "foreign"
    assert not any(fault.kind == "target" for fault in history.faults)


def test_only_the_newest_records_are_left() -> None:
    chain = [entry(item) for item in moves("a", "b", "c", "d")]
    history = read(chain[2:], "d", [item.manifest for item in chain])
    assert states(history) == [(3, "completed"), (4, "completed")]
    assert [link.gap for link in history.links] == [True, False]


def test_two_gaps_and_a_stranded_twin() -> None:
    names = "abcdefg"
    chain = [entry(item) for item in moves(*names)]
    twin = entry(record(3, "twin", observed=digest("b")), "twin")
    left = [chain[0], chain[1], twin, chain[3], chain[5], chain[6]]
    history = read(left, "g", [item.manifest for item in (*chain, twin)])
    assert [link.record.sequence for link in history.links] == [1, 2, 4, 6, 7]
    assert [link.manifest for link in history.lost] == [twin.manifest]
    assert [link.record.sequence for link in history.links if link.gap] == [4, 6]


def test_a_rollback_after_a_gap_is_not_called_wrong() -> None:
    first, _, third = moves("a", "b", "c")
    back = record(4, "b", kind="rollback", reason="r", observed=digest("c"))
    history = read([entry(item) for item in (first, third, back)], "b")
    assert [kind for kind, _ in faults(history)] == ["missing"]


@pytest.mark.parametrize("standing", ["foreign", "invalid"])
def test_records_of_strangers_do_not_count(standing: Any) -> None:
    good = entry(moves("a")[0])
    forged = entry(record(2, "evil", observed=digest("a")), "forged", standing)
    for listed in ([good.manifest, forged.manifest], [good.manifest]):
        history = read([good, forged], "a", listed)
        assert states(history) == [(1, "completed")]
        assert faults(history) == [(standing, forged.manifest)]
        assert read([good, forged], "evil", listed).tag.word == "foreign"


def test_a_record_that_cannot_be_read() -> None:
    good = entry(moves("a")[0])
    broken = RecordEntry(digest("broken"), "valid", "It is signed.")
    for listed in ([good.manifest, broken.manifest], [good.manifest]):
        assert faults(read([good, broken], "a", listed)) == [("invalid", broken.manifest)]


@pytest.mark.parametrize("change", [{"channel": "production"}, {"component": "api"}])
def test_records_of_other_channels_count_only_where_they_are_listed(change: dict[str, str]) -> None:
    good, other = entry(moves("a")[0]), entry(record(1, "a", **change), "other")
    assert read([good, other], "a", [good.manifest]).ok
    listed = read([good, other], "a", [good.manifest, other.manifest])
    assert faults(listed) == [("misplaced", other.manifest)]
    assert states(listed) == [(1, "completed")]


def test_a_copy_of_a_record_is_a_replay() -> None:
    first, second = (entry(item) for item in moves("a", "b"))
    copy = replace(first, manifest=digest("copy"))
    for order in ([first, second, copy], [copy, first, second]):
        history = read(order, "b")
        assert [link.manifest for link in history.links] == [first.manifest, second.manifest]
        assert faults(history) == [("replayed", copy.manifest)]
    assert faults(read([first, second, copy], "b", [first.manifest, second.manifest])) == [("replayed", copy.manifest)]
    assert faults(read([first, second], "b", [first.manifest, second.manifest, first.manifest])) == [
        ("replayed", first.manifest)
    ]


def test_a_copy_at_the_head_does_not_move_it() -> None:
    for name in range(6):
        first = entry(moves("a")[0])
        copy = replace(first, manifest=digest(f"copy {name}"))
        history = read([first, copy], "a")
        assert [link.manifest for link in history.links] == [first.manifest]


def test_what_builds_on_a_copy_builds_on_the_record() -> None:
    first = entry(moves("a")[0])
    copy = replace(first, manifest=digest("copy"))
    second = entry(record(2, "b", observed=digest("a"), previous=copy.manifest))
    third = entry(record(3, "c", observed=digest("b")))
    history = read([first, copy, second, third], "c")
    assert states(history) == [(1, "completed"), (2, "completed"), (3, "completed")]
    assert faults(history) == [("replayed", first.manifest)]


def test_a_record_the_journal_does_not_list() -> None:
    chain = [entry(item) for item in moves("a", "b", "c")]
    order = [item.manifest for item in chain]
    cut = read(chain, "c", order[:2])
    assert states(cut) == [(1, "completed"), (2, "authorised")]
    assert faults(cut) == [("unlisted", order[2])]
    middle = read(chain, "c", [order[0], order[2]])
    assert [link.manifest for link in middle.links] == order
    assert faults(middle) == [("unlisted", order[1])]


def test_a_journal_in_another_order() -> None:
    chain = [entry(item) for item in moves("a", "b", "c")]
    first, second, third = (item.manifest for item in chain)
    history = read(chain, "c", [second, first, third])
    assert [link.manifest for link in history.links] == [first, second, third]
    assert faults(history) == [("order", second)]


def test_a_number_that_does_not_follow() -> None:
    first = entry(moves("a")[0])
    jump = entry(record(9, "b", observed=digest("a"), previous=first.manifest), "jump")
    child = entry(record(10, "c", previous=jump.manifest), "child")
    history = read([first, jump, child], "a")
    assert states(history) == [(1, "completed")]
    assert faults(history) == [("sequence", jump.manifest), ("fork", child.manifest)]


def test_releases_belong_to_one_digest() -> None:
    chain = moves("a", "b", "c")
    named = [replace(item, release=name) for item, name in zip(chain, ("v1.0.0", "v1.0.0", ""), strict=True)]
    history = read([entry(item) for item in named], "c")
    assert history.releases == {"v1.0.0": digest("a")}
    assert faults(history) == [("release", digest("record 2"))]


def test_a_longer_chain_from_another_registry_does_not_win() -> None:
    here = [entry(item) for item in moves("a", "b")]
    there = moves("x", "y", "z", repository="registry.example/web")
    for number, item in enumerate(there, 1):
        there[number - 1] = replace(item, previous=digest(f"far {number - 1}") if number > 1 else None)
    far = [entry(item, f"far {item.sequence}") for item in there]
    history = read([*far, *here], "b")
    assert [link.manifest for link in history.links] == [item.manifest for item in here]
    assert {kind for kind, _ in faults(history)} == {"misplaced"}
    cut = read([*far[1:], *here], "b", [item.manifest for item in (*far[1:], *here)])
    assert [link.manifest for link in cut.links] == [item.manifest for item in here]


def test_a_mirror_reads_the_records_of_its_origin() -> None:
    chain = [entry(item) for item in moves("a", "b")]
    assert read(chain, "b", repository="mirror.example/web").ok
    assert read(chain, "b", repository="mirror.example/web").origins == (HOME,)
    assert read(chain, "b", repository="").ok


def test_a_channel_that_moved_to_another_registry_keeps_its_history() -> None:
    first, second, third, fourth = moves("a", "b", "c", "d")
    new = [replace(item, repository="harbor.example/web") for item in (third, fourth)]
    chain = [entry(item) for item in (first, second, *new)]
    assert read(chain, "d", repository="harbor.example/web").ok
    gap = read([chain[0], chain[1], chain[3]], "d", repository="harbor.example/web")
    assert [link.record.sequence for link in gap.links] == [1, 2, 4]

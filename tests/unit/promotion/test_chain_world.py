"""Generated lives of a channel: the history says exactly what a model that knows what happened says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.fakes.promotion_world import World

from gitless.promotion.chain import read_history

number = st.integers(0, 11)
yes_or_no = st.booleans()


def happening(name: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


HAPPENINGS = st.one_of(
    happening("promote", which=number, finishes=yes_or_no),
    *(happening("promote", which=st.just(which), finishes=st.just(True)) for which in range(6)),
    happening("emergency", which=number, finishes=yes_or_no),
    happening("rollback", which=number, withdraws=yes_or_no, finishes=yes_or_no),
    happening("rollback_nowhere"),
    happening("promote_withdrawn", which=number),
    happening("reuse_release", which=number),
    happening("race", finishes=yes_or_no),
    happening("late_twin", which=number),
    happening("move_tag", which=number),
    happening("forge", which=number, listed=yes_or_no),
    happening("edit", which=number, listed=yes_or_no),
    happening("replay", which=number, listed=yes_or_no),
    happening("list_twice", which=number),
    happening("misplace", which=number),
    happening("misnumber", which=number),
)
LOSSES = st.one_of(happening("delete", which=number), happening("unlist", which=number))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(HAPPENINGS, min_size=14, max_size=40) | st.lists(HAPPENINGS, max_size=6),
    st.lists(LOSSES, max_size=5),
    st.randoms(use_true_random=False),
)
def test_history_says_what_happened(lived: Sequence[Any], lost: Sequence[Any], random: Any) -> None:
    world = World()
    for name, arguments in (*lived, *lost):
        getattr(world, name)(**arguments)
    expected = world.expected()
    entries = world.entries()
    random.shuffle(entries)  # in which order a registry lists referrers says nothing
    history = read_history("web", "stable", entries, world.listed(), world.tag, repository="ghcr.io/acme/apps/web")
    event(history.tag.word)
    assert [(link.manifest, link.state, link.gap) for link in history.links] == expected.links
    assert {link.manifest for link in history.lost} == expected.lost
    assert {(fault.kind, fault.manifest) for fault in history.faults} == expected.faults
    assert history.tag.word == expected.word
    assert history.withdrawn == expected.withdrawn
    assert history.releases == expected.releases
    if history.head:
        assert history.next_sequence == history.head.record.sequence + 1

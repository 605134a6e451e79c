"""What can happen to a channel (`promotion_world.World`), for hypothesis to put together."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_number = st.integers(0, 11)
_yes_or_no = st.booleans()


def _happening(name: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


HAPPENINGS = st.one_of(
    _happening("promote", which=_number, finishes=_yes_or_no),
    *(_happening("promote", which=st.just(which), finishes=st.just(True)) for which in range(6)),
    _happening("emergency", which=_number, finishes=_yes_or_no),
    _happening("rollback", which=_number, withdraws=_yes_or_no, finishes=_yes_or_no),
    _happening("rollback_nowhere"),
    _happening("promote_withdrawn", which=_number),
    _happening("reuse_release", which=_number),
    _happening("race", finishes=_yes_or_no),
    _happening("late_twin", which=_number),
    _happening("move_tag", which=_number),
    _happening("forge", which=_number, listed=_yes_or_no),
    _happening("edit", which=_number, listed=_yes_or_no),
    _happening("replay", which=_number, listed=_yes_or_no),
    _happening("list_twice", which=_number),
    _happening("misplace", which=_number),
    _happening("misnumber", which=_number),
)
LOSSES = st.one_of(_happening("delete", which=_number), _happening("unlist", which=_number))

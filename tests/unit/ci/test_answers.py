"""Fields of foreign answers are read by name and form; requests run side by side, and none for ever."""

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gitless.ci.answers import Fields
from gitless.ci.together import together, within
from gitless.errors import RemoteError, UntrustedContentError

SHA = "ab" * 20


def fields(value: Any) -> Fields:
    return Fields({"x": value}, "a thing")


@pytest.mark.parametrize(
    ("read", "good", "expected"),
    [
        (Fields.text, "a", "a"),
        (Fields.text, None, ""),
        (Fields.text, "a" * 2000, "a" * 1024),
        (Fields.long_text, "a" * 2000, "a" * 2000),
        (Fields.long_text, 5, ""),
        (Fields.url, "https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        (Fields.url, "javascript:alert(1)", ""),
        (Fields.url, 'https://a.example/"><script>', ""),
        (Fields.url, "https://a.example/\n", ""),
        (Fields.url, None, ""),
        (Fields.number, 7, 7),
        (Fields.commit, SHA, SHA),
        (Fields.commit, None, ""),
        (Fields.commit, "", ""),
        (Fields.moment, None, None),
        (Fields.moment, "2026-11-01T08:00:00Z", datetime(2026, 11, 1, 8, tzinfo=timezone.utc)),
        (Fields.moment, "2026-11-01T10:00:00.000+02:00", datetime(2026, 11, 1, 8, tzinfo=timezone.utc)),
        (Fields.inner, None, None),
        (Fields.list, None, ()),
        (Fields.list, [], ()),
    ],
)
def test_a_field_of_the_right_form(read: Callable[[Fields, str], Any], good: Any, expected: Any) -> None:
    assert read(fields(good), "x") == expected


@pytest.mark.parametrize(
    ("read", "bad"),
    [
        (Fields.text, 5),
        (Fields.url, []),
        (Fields.number, None),
        (Fields.number, "7"),
        (Fields.number, 0),
        (Fields.number, -1),
        (Fields.number, True),
        (Fields.number, 7.0),
        (Fields.number, 10**19),
        (Fields.commit, 7),
        (Fields.commit, "ab12"),
        (Fields.commit, SHA.upper()),
        (Fields.commit, SHA + "\n"),
        (Fields.commit, "refs/heads/main"),
        (Fields.moment, "yesterday"),
        (Fields.moment, "2026-11-01T08:00:00"),
        (Fields.moment, 7),
        (Fields.inner, []),
        (Fields.must, None),
        (Fields.list, {}),
        (Fields.list, [1]),
    ],
)
def test_a_field_of_another_form_is_refused(read: Callable[[Fields, str], Any], bad: Any) -> None:
    with pytest.raises(UntrustedContentError, match="Its field x is missing or malformed"):
        read(fields(bad), "x")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x, max_size=3)
)


@given(_JSON)
def test_whatever_comes_a_field_is_read_or_refused(value: Any) -> None:
    for read in (Fields.text, Fields.url, Fields.number, Fields.commit, Fields.moment, Fields.inner, Fields.list):
        try:
            read(fields(value), "x")
        except UntrustedContentError:
            continue


def test_an_answer_that_is_no_object_is_refused() -> None:
    with pytest.raises(UntrustedContentError, match="no object"):
        Fields.of([], "a thing")


def test_results_keep_the_order_of_their_items() -> None:
    assert together(lambda item: item * 2, range(20)) == [item * 2 for item in range(20)]
    assert together(str, []) == []


def test_an_error_beside_others_is_told() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise RemoteError("third")
        return item

    with pytest.raises(RemoteError, match="third"):
        together(work, range(5))


def test_a_request_that_never_ends_is_given_up() -> None:
    stop = threading.Event()
    with pytest.raises(RemoteError, match="Cannot ask for it") as caught:
        within(stop.wait, "ask for it", seconds=0.01)
    stop.set()
    assert caught.value.temporary


def test_a_request_s_own_time_limit_is_its_own_error() -> None:
    def work() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        within(work, "ask for it")

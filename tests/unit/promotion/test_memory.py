"""What an audit remembers: its file, and how a channel is set against it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import digest, entry, record

from gitless.errors import UsageError
from gitless.model.audit import Remembered
from gitless.model.history import ChannelHistory
from gitless.promotion.chain import read_history
from gitless.promotion.memory import compare_memory, read_memory, write_memory

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)
HEADS = st.dictionaries(
    st.tuples(NAMES, NAMES),
    st.builds(Remembered, NAMES, st.integers(1, 10**9), st.builds(digest, st.integers(0, 99))),
    max_size=5,
)
HEAD = {"component": "web", "channel": "stable", "repository": "r", "sequence": 1, "record": str(digest("x"))}


@given(HEADS)
def test_what_is_written_is_read(heads: Any) -> None:
    content = write_memory(heads)
    assert read_memory(content, "seen.json") == heads
    assert write_memory(dict(reversed(list(heads.items())))) == content


def test_the_file() -> None:
    content = write_memory({("web", "stable"): Remembered("ghcr.io/acme/web", 3, digest("x"))})
    assert content == (
        b'{"channels":[{"channel":"stable","component":"web","record":"' + str(digest("x")).encode() + b'",'
        b'"repository":"ghcr.io/acme/web","sequence":3}],"version":1}\n'
    )


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"version":2,"channels":[]}',
        b'{"version":1}',
        b'{"version":1,"channels":7}',
        b'{"version":1,"channels":[7]}',
        *(
            json.dumps({"version": 1, "channels": [{**HEAD, name: value}]}).encode()
            for name, value in [
                ("sequence", 0), ("sequence", True), ("sequence", "1"), ("record", "sha256:x"), ("record", 7),
                ("component", 7), ("channel", None), ("repository", []),
            ]
        ),
    ],
)  # fmt: skip
def test_anything_else_is_refused(document: bytes) -> None:
    with pytest.raises(UsageError, match=r"seen\.json is not what an audit remembers") as caught:
        read_memory(document, "seen.json")
    assert "remove it" in caught.value.hint


def history(count: int, without: int = 0) -> ChannelHistory:
    records = [record(number, f"to {number}") for number in range(1, count + 1)]
    entries = [entry(item) for item in records if item.sequence != without]
    listed = [digest(f"record {item.sequence}") for item in records]
    return read_history("web", "stable", entries, listed, None)


def found(now: ChannelHistory, sequence: int, name: object = None) -> list[tuple[str, str]]:
    seen = Remembered("r", sequence, digest(name or f"record {sequence}"))
    return [(item.kind, item.found) for item in compare_memory(now, seen)]


def test_a_chain_that_went_on_is_fine() -> None:
    assert found(history(5), 3) == []
    assert found(history(5), 5) == []


def test_a_shorter_chain() -> None:
    assert found(history(3), 4) == [("memory.shorter", str(digest("record 3")))]
    assert found(history(0), 1) == [("memory.shorter", "")]


def test_another_record_under_the_number() -> None:
    assert found(history(5), 3, "other") == [("memory.rewritten", str(digest("record 3")))]


def test_a_record_that_is_missing_is_told_once() -> None:
    """The chain's own fault says it already; only another digest than the missing one is news."""
    now = history(5, without=3)
    assert [fault.kind for fault in now.faults] == ["missing"]
    assert found(now, 3) == []
    assert found(now, 3, "other") == [("memory.rewritten", "")]

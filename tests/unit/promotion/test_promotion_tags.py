"""The tags around a channel, and which way it may move."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import UsageError
from gitless.model.revision import Source
from gitless.promotion.forward import Position, decide
from gitless.promotion.tags import BuildTag, check_channel, check_extra_tag, content_tag, is_release

CREATED = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)


def test_build_tag_carries_channel_time_and_commit():
    tag = BuildTag.of("latest", Source("u", "r", CREATED, "c" * 40))
    assert str(tag) == "latest-20261120T100000Z-cccccccccccc"
    assert BuildTag.parse(str(tag), "latest") == tag


def test_build_tag_outside_git_is_stable():
    source = Source("u", "release-7", CREATED)
    assert BuildTag.of("latest", source) == BuildTag.of("latest", source)
    assert BuildTag.of("latest", source) != BuildTag.of("latest", Source("u", "release-8", CREATED))


def test_build_tags_of_other_channels_are_not_ours():
    assert BuildTag.parse("latest-20261120T100000Z-cccccccccccc", "late") is None
    assert BuildTag.parse("latest-x-20261120T100000Z-cccccccccccc", "latest") is None
    assert BuildTag.parse("latest", "latest") is None


@given(
    st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1970, 1, 2), max_value=datetime(9000, 1, 1)),
    st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1970, 1, 2), max_value=datetime(9000, 1, 1)),
)
def test_later_commits_have_greater_build_tags(one, other):
    first, second = (BuildTag.of("c", Source("u", "r", moment, "a" * 40)) for moment in sorted((one, other)))
    assert first.order <= second.order
    assert str(first) <= str(second)


def test_content_tag_fits_into_a_tag():
    assert content_tag("latest", "f" * 64) == f"content-latest-{'f' * 32}"


@pytest.mark.parametrize(
    "name",
    [
        "v1.2.3",
        "1.2.3-rc.1",
        "sha256-abc",
        "content-x",
        "gitless-stable",
        "stable",
        "a/b",
        "",
        "latest-20261120T100000Z-cccccccccccc",
    ],
)
def test_publish_refuses_channels_it_must_not_write(name):
    with pytest.raises(UsageError):
        check_channel(name, {"stable"})


def test_publish_takes_ordinary_channels():
    assert check_channel("latest", {"stable"}) == "latest"
    assert check_channel("main", ()) == "main"


@pytest.mark.parametrize("tag", ["stable", "v1.0.0", "sha256-x", "latest-20261120T100000Z-cccccccccccc", "a b"])
def test_publish_refuses_extra_tags_that_are_reserved(tag):
    with pytest.raises(UsageError):
        check_extra_tag(tag, "latest", {"stable"})


def test_extra_tags_that_are_free():
    assert check_extra_tag("main-1234abcd", "latest", {"stable"}) == "main-1234abcd"
    assert [is_release(tag) for tag in ("v1.0.0", "1.0", "v1.0.0+b", "01.0.0")] == [True, False, True, False]


@pytest.mark.parametrize(
    ("position", "rewritten", "move"),
    [
        (None, "", "move"),
        (Position(False, "older", "r"), "", "move"),
        (Position(False, "older", "r", flooded=True), "", "keep"),
        (Position(False, "newer", "r", flooded=True), "", "move"),
        (Position(True, "older", "r", flooded=True), "", "keep"),
        (Position(True, "newer", "r"), "", "move"),
        (Position(True, "same", "r"), "", "move"),
        (Position(True, "older", "r"), "", "keep"),
        (Position(True, "older", "r"), "rebased", "keep"),
        (Position(True, "unknown", "r"), "", "refuse"),
        (Position(True, "unknown", "r"), "rebased", "move"),
    ],
)
def test_channels_only_move_forward(position, rewritten, move):
    assert decide(position, rewritten).move == move


def test_channel_is_no_extra_tag_of_itself_since_it_is_written_last():
    with pytest.raises(UsageError, match="channel itself"):
        check_extra_tag("latest", "latest", ())

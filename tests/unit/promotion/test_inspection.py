"""What is wrong with channels, releases and published channels, from values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import digest, entry, record
from tests.fakes.signed import make_artifact

from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory
from gitless.promotion.chain import read_history
from gitless.promotion.inspection import (
    choose_tags,
    inspect_channel,
    inspect_published,
    inspect_releases,
    newest_build,
)
from gitless.promotion.tags import BuildTag

CREATED = "org.opencontainers.image.created"
REVISION = "org.opencontainers.image.revision"
SHA = "1" * 40


def history(*records: object, names: Digest | None = None) -> ChannelHistory:
    entries = [entry(item) for item in records]  # type: ignore[arg-type]
    return read_history("web", "stable", entries, [item.manifest for item in entries], names)


def test_the_tag_names_the_head() -> None:
    assert list(inspect_channel(history(record(), names=digest("one")))) == []


def test_a_tag_beside_the_head() -> None:
    found = list(inspect_channel(history(record(), names=digest("x"))))
    assert [(item.kind, item.expected, item.found, item.manifest) for item in found] == [
        ("channel.foreign", str(digest("one")), str(digest("x")), str(digest("record 1")))
    ]


def test_a_tag_without_records_and_without_a_tag() -> None:
    found = list(inspect_channel(history(names=digest("x"))))
    assert [(item.kind, item.expected, item.found) for item in found] == [("channel.unrecorded", "", str(digest("x")))]
    found = list(inspect_channel(history(record(observed=digest("before")))))
    assert [(item.kind, item.expected, item.found) for item in found] == [("channel.absent", str(digest("one")), "")]


def test_faults_say_what_contradicts() -> None:
    first = record(1, "one", release="v1.0.0")
    second = record(2, "two", observed=digest("by hand"), release="v1.0.0")
    third = record(3, "three", observed=None)
    found = {item.kind: item for item in inspect_channel(history(first, second, third, names=digest("three")))}
    assert set(found) == {"record.outside", "record.release"}
    assert found["record.release"].expected == str(digest("one"))
    assert found["record.release"].found == str(digest("two"))
    both = [item for item in inspect_channel(history(first, second, third)) if item.kind == "record.outside"]
    assert [(item.expected, item.found) for item in both] == [
        (str(digest("one")), str(digest("by hand"))),
        (str(digest("two")), ""),
    ]


def test_a_missing_record_is_what_was_expected() -> None:
    gone = read_history("web", "stable", [], [digest("gone")], None)
    assert [(item.kind, item.expected) for item in inspect_channel(gone)] == [("record.missing", str(digest("gone")))]


def test_other_faults_name_the_record_alone() -> None:
    late = replace(entry(record(), "copy"), standing="foreign")
    now = read_history("web", "stable", [entry(record()), late], [digest("record 1"), digest("copy")], digest("one"))
    found = list(inspect_channel(now))
    assert [(item.kind, item.expected, item.found, item.manifest) for item in found] == [
        ("record.foreign", "", "", str(digest("copy")))
    ]


def test_releases() -> None:
    made = history(
        record(1, "one", release="v1.0.0"),
        record(2, "two", observed=digest("one"), release="v1.1.0"),
        record(3, "three", observed=digest("two"), release="v1.2.0"),
        names=digest("two"),
    )
    tags = {
        "v1.0.0": digest("one"),
        "v1.1.0": digest("x"),
        "v5.0.0": digest("y"),
        "stable": digest("two"),
        "v6.0.0": None,
    }
    found = [(item.kind, item.tag, item.expected, item.found) for item in inspect_releases("web", [made], tags)]
    assert found == [
        ("release.unrecorded", "v5.0.0", "", str(digest("y"))),
        ("release.moved", "v1.1.0", str(digest("two")), str(digest("x"))),
    ]
    tags = {"v1.0.0": digest("one")}
    found = [(item.kind, item.tag, item.expected, item.found) for item in inspect_releases("web", [made], tags)]
    assert found == [("release.absent", "v1.1.0", str(digest("two")), "")], "v1.2.0 was authorised and never reached"


def test_a_release_is_recorded_by_any_channel() -> None:
    one = history(record(1, "one", release="v1.0.0"), names=digest("one"))
    other = history()
    assert list(inspect_releases("web", [other, one], {"v1.0.0": digest("one")})) == []


BUILDS = [f"latest-202611{day:02d}T000000Z-{'a' * 12}" for day in range(1, 10)]


def test_channels_and_releases_are_always_chosen_then_strange_tags_then_new_builds() -> None:
    tags = ["stable", "latest", "v1.0.0", "1.2.3", "odd", "gitless-stable", f"sha256-{'0' * 64}", "content-latest-ab"]
    tags = [*tags, *BUILDS]
    chosen, left = choose_tags(tags, ("stable", "latest", "edge"), 4)
    assert chosen == ("stable", "latest", "v1.0.0", "1.2.3", "odd", BUILDS[-1], BUILDS[-2], BUILDS[-3])
    assert left == 7
    assert choose_tags(tags, (), 100)[0][-1] == "content-latest-ab"


@given(st.lists(st.sampled_from(["stable", "v1.0.0", "odd", "content-a-b", *BUILDS]), unique=True), st.integers(0, 9))
def test_nothing_is_chosen_twice_and_nothing_is_lost(tags: list[str], limit: int) -> None:
    chosen, left = choose_tags(tags, ("stable",), limit)
    assert len(chosen) == len(set(chosen))
    assert set(chosen) <= set(tags)
    assert len(chosen) + left == len(tags)


def test_the_newest_build() -> None:
    assert str(newest_build([*BUILDS, "other-20991231T000000Z-aaaaaaaaaaaa", "odd"], "latest")) == BUILDS[-1]
    assert newest_build(["odd"], "latest") is None


def build(day: int, **annotations: str):
    return make_artifact(**{CREATED: f"2026-11-{day:02d}T00:00:00Z", **annotations})


def newest(day: int) -> BuildTag:
    return BuildTag("latest", f"202611{day:02d}T000000Z", SHA[:12])


@pytest.mark.parametrize(
    ("named", "kinds"),
    [
        (build(9), []),
        (build(8), ["channel.behind"]),
        (None, ["channel.behind"]),
        (build(9, name="another build of that second"), []),
        (build(10), []),
        (make_artifact(), ["channel.behind"]),
        (build(9, **{REVISION: "no revision"}), ["channel.behind"]),
        (build(9, **{CREATED: "no time"}), ["channel.behind"]),
    ],
)
def test_a_published_channel_against_its_newest_build(named, kinds) -> None:
    found = list(inspect_published("web", "latest", newest(9), build(9), named))
    assert [item.kind for item in found] == kinds
    for item in found:
        assert item.expected == str(build(9).digest)


def test_a_build_tag_that_was_moved_says_nothing_about_the_channel() -> None:
    found = list(inspect_published("web", "latest", newest(9), build(3), build(3)))
    assert [(item.kind, item.tag, item.found) for item in found] == [
        ("tag.moved", str(newest(9)), str(build(3).digest))
    ]


def test_a_build_outside_git_cannot_be_checked_against_its_name() -> None:
    outside = make_artifact(**{REVISION: "release 7"})
    assert list(inspect_published("web", "latest", newest(9), outside, outside)) == []

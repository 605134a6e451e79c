"""Releases by SemVer 2.0: the specification's own examples, and order for all versions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import UsageError
from gitless.promotion.release import Version, highest, next_release
from gitless.promotion.tags import is_release

# SemVer 2.0, sections 9 and 11
ORDERED = [
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v2.0.0",
    "v2.1.0",
    "v2.1.1",
]
words = st.from_regex(r"0|[1-9][0-9]{0,5}|[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True).filter(
    lambda word: word.isascii() and len(word) < 12
)
numbers = st.integers(0, 10**17)
versions = st.builds(
    Version, numbers, numbers, numbers, st.lists(words, max_size=4).map(tuple), st.sampled_from(["v", ""])
)


def test_precedence_is_the_specifications() -> None:
    parsed = [Version.parse(text) for text in ORDERED]
    assert all(low < high for low, high in itertools.combinations(parsed, 2))
    assert [str(version) for version in parsed] == ORDERED


def test_spelling_does_not_matter_for_order() -> None:
    assert Version.parse("v1.2.3") == Version.parse("1.2.3")
    assert len({Version.parse("v1.2.3"), Version.parse("1.2.3")}) == 1
    assert Version.parse("1.2.3") != "1.2.3"
    assert not Version.parse("v1.2.3") < Version.parse("1.2.3")


@given(versions)
def test_versions_read_back_as_they_were_written(version: Version) -> None:
    again = Version.parse(str(version))
    assert again == version
    assert str(again) == str(version)
    assert is_release(str(version)), "publish leaves it alone"


@given(versions, versions, versions)
def test_precedence_is_an_order(one: Version, two: Version, three: Version) -> None:
    assert (one < two) + (one == two) + (two < one) == 1
    assert not (one < two < three) or one < three


@given(versions, st.sampled_from(["major", "minor", "patch"]))
def test_a_bump_is_higher_and_no_prerelease(version: Version, part: str) -> None:
    bumped = version.bumped(part)  # type: ignore[arg-type]
    assert bumped > version
    assert not bumped.prerelease
    assert bumped.prefix == version.prefix


BUMPS = {
    ("v1.2.3", "patch"): "v1.2.4",
    ("v1.2.3", "minor"): "v1.3.0",
    ("v1.2.3", "major"): "v2.0.0",
    ("1.2.3", "minor"): "1.3.0",
    ("v1.3.0-rc.1", "patch"): "v1.3.0",
    ("v1.3.0-rc.1", "minor"): "v1.3.0",
    ("v1.3.1-rc.1", "minor"): "v1.4.0",
    ("v2.0.0-rc.1", "major"): "v2.0.0",
    ("v2.0.1-rc.1", "major"): "v3.0.0",
    ("v2.1.0-rc.1", "major"): "v3.0.0",
    ("", "major"): "v1.0.0",
    ("", "minor"): "v0.1.0",
    ("", "patch"): "v0.0.1",
}


@pytest.mark.parametrize("case", BUMPS)
def test_bumps(case: tuple[str, str]) -> None:
    assert next_release(case[0], case[1]) == BUMPS[case]  # type: ignore[arg-type]


NO_VERSIONS = [
    "",
    "v",
    "1",
    "v1.2",
    "v1.2.3.4",
    "V1.2.3",
    "vv1.2.3",
    "v01.2.3",
    "v1.02.3",
    "v1.2.3-",
    "v1.2.3-01",
    "v1.2.3-a..b",
    "v1.2.3-a.",
    "v1.2.3+build",
    "v1.2.3_build",
    "v1.2.3-rc.1\n",
    " v1.2.3",
    "v1.2.3-é",
    "v１.2.3",
    "v1.2.9999999999999999999",
    "v1.2.3-" + "a" * 122,
    "latest",
]


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(UsageError, match="Not a release"):
        Version.parse(text)


@given(st.text(max_size=20))
def test_no_text_makes_the_reader_crash(text: str) -> None:
    try:
        version = Version.parse(text)
    except UsageError:
        return
    assert str(version) == text


def test_the_highest_of_some_tags() -> None:
    assert highest(("v1.9.0", "v1.10.0", "latest", "v1.10.0-rc.1", "v01.0.0")) == "v1.10.0"
    assert highest(("latest",)) == ""

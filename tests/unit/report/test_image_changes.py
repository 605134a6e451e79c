"""Images of two contents side by side: every difference is told once, beside what it takes the place of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.report.images import ImageChange, image_changes, image_lines, image_summary

SHA = f"sha256:{'a' * 64}"


def purl(repository: str, tag: str = "", digest: str = "") -> str:
    version = f"@{digest}" if digest else ""
    return f"pkg:oci/{repository.rpartition('/')[2]}{version}?repository_url={repository}{f'&tag={tag}' if tag else ''}"


REDIS = "docker.io/library/redis"


@pytest.mark.parametrize(
    ("before", "after", "line", "markdown"),
    [
        ([purl(REDIS, "8.1")], [purl(REDIS, "8.2")], f"~ image {REDIS} 8.1 -> 8.2", f"- image `{REDIS}` `8.1` → `8.2`"),
        ([], [purl(REDIS, "8.2")], f"+ image {REDIS} 8.2", f"- image `{REDIS}` new `8.2`"),
        ([purl(REDIS, "8.1")], [], f"- image {REDIS} 8.1", f"- image `{REDIS}` gone `8.1`"),
        ([purl(REDIS, "8")], [purl(REDIS, "8", SHA)], f"~ image {REDIS} 8 -> 8@{SHA}", f"- image `{REDIS}` `8` → `8@{SHA}`"),
        ([purl(REDIS)], [purl(REDIS, "", SHA)], f"~ image {REDIS} no tag -> {SHA}", f"- image `{REDIS}` `no tag` → `{SHA}`"),
        (
            [purl(REDIS, "1"), purl(REDIS, "2")], [purl(REDIS, "2"), purl(REDIS, "3"), purl(REDIS, "4")],
            f"~ image {REDIS} 1 -> 3, 4", f"- image `{REDIS}` `1` → `3`, `4`",
        ),
        (
            [purl(REDIS, "1").replace("/", "%2F").replace("pkg:oci%2F", "pkg:oci/")], [purl(REDIS, "2")],
            f"~ image {REDIS} 1 -> 2", f"- image `{REDIS}` `1` → `2`",
        ),
        (["a tool's own name"], [], "- image a tool's own name", "- image `a tool's own name` gone"),
    ],
)  # fmt: skip
def test_a_change_is_one_line(before, after, line, markdown):
    assert image_lines(before, after) == [line]
    assert image_summary(before, after) == [markdown, ""]


def test_nothing_changed_is_nothing_told():
    assert image_lines([purl(REDIS, "1")], [purl(REDIS, "1")]) == []
    assert image_summary([], []) == []


def test_a_package_of_another_kind_is_shown_as_it_is():
    assert image_changes(["pkg:generic/x@1?repository_url=r"], ["pkg:oci/x@1"]) == [
        ImageChange("pkg:generic/x@1?repository_url=r", ("",), ()),
        ImageChange("pkg:oci/x@1", (), ("",)),
    ]


def test_long_lists_are_cut_and_say_so():
    many = [purl(f"ghcr.io/acme/{number:03}", "1") for number in range(90)]
    assert image_lines([], many)[-1] == "… and 60 more images"
    assert image_summary([], many)[-2] == "- … and 60 more images"


@pytest.mark.parametrize("evil", ["\n## owned", "`@everyone`", "<img src=x>", "::set-output name=x::y", "\u202e"])
def test_foreign_text_stays_text(evil):
    shown = [*image_lines([], [purl(evil, evil)]), *image_summary([], [purl(evil, evil)]), *image_lines([], [evil])]
    assert not any("\n" in line or line.lstrip().startswith(("::", "#")) or "\u202e" in line for line in shown)
    (markdown, _) = image_summary([], [purl(evil, evil)])
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)
    assert outside.strip() == "- image  new", "all of it stands in code"


names = st.sampled_from(["a", "b/c", "ghcr.io/d"])
versions = st.sampled_from(["1", "2", "3"])
images = st.lists(st.builds(purl, names, versions) | st.text(max_size=12), max_size=8)


@given(images, images)
def test_every_difference_is_told_exactly_once(before, after):
    changes = image_changes(before, after)
    assert sum(len(change.gone) for change in changes) == len(set(before) - set(after))
    assert sum(len(change.new) for change in changes) == len(set(after) - set(before))
    assert [change.repository for change in changes] == sorted({change.repository for change in changes})

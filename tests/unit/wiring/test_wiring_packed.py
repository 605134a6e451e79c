"""Which uncommitted files matter: those that are packed or rendered, and no others."""

from __future__ import annotations

import pytest

from gitless.model.component import ComponentPlan
from gitless.model.reference import Location
from gitless.model.rendering import KustomizeSource, RenderRequest
from gitless.wiring.packed import Packed


def plan(folder: str, *ignore: str, rendered: bool = False) -> ComponentPlan:
    renders = (RenderRequest("out", KustomizeSource(".")),) if rendered else ()
    return ComponentPlan("web", folder, Location("", "out"), ignore=ignore, renders=renders)


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("web/cm.yaml", True),
        ("web/notes.md", False),
        ("web/sub/notes.md", False),
        ("web/logo.png", False),
        ("web/tmp/", False),
        ("web/tmp/a.yaml", False),
        ("web/other/", True),
        ("web/", True),
        ("website/notes.md", True),
        ("notes.md", True),
    ],
)
def test_what_the_components_own_rules_keep_out_does_not_count(path: str, counts: bool) -> None:
    assert Packed([plan("web", "*.md", "tmp/")]).counts(path) is counts


def test_at_the_top_every_path_is_in_the_component() -> None:
    packed = Packed([plan("", "docs/")])
    assert [packed.counts(path) for path in ("docs/", "docs/a.yaml", "a.yaml")] == [False, False, True]


def test_rendering_may_read_every_file_of_the_folder() -> None:
    assert Packed([plan("web", "*.md", rendered=True)]).counts("web/notes.md")


def test_a_file_that_another_component_packs_counts() -> None:
    assert Packed([plan("apps", "*.md"), plan("apps/web")]).counts("apps/web/notes.md")
    assert not Packed([plan("apps", "*.md"), plan("apps/web")]).counts("apps/notes.md")


def test_what_is_taken_back_in_counts_and_so_does_a_folder_that_may_hold_it() -> None:
    packed = Packed([plan("web", "tmp/", "!keep.yaml")])
    assert [packed.counts(path) for path in ("web/tmp/a.yaml", "web/tmp/keep.yaml", "web/tmp/")] == [False, True, True]

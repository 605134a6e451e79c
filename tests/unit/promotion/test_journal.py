"""The journal: what it lists, when it seals a page, and what is no journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import DefectError, RemoteError, UntrustedContentError
from gitless.model.canonical import go_json
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, JOURNAL, OCI_INDEX, OCI_MANIFEST
from gitless.promotion import journal as journals
from gitless.promotion.journal import Journal, joined, journal_tag

GOLDEN = Path(__file__).parents[2] / "golden" / "promotion" / "journal.json"


def record(number: int) -> Manifest:
    return Manifest(OCI_MANIFEST, go_json({"artifactType": BUNDLE, "record": number}))


def index(*entries: Any, media_type: str = OCI_INDEX, **changes: Any) -> Manifest:
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "artifactType": JOURNAL, "manifests": list(entries)}
    return Manifest(media_type, go_json({**document, **changes}))


def entry(number: int, media_type: str = OCI_MANIFEST) -> dict[str, Any]:
    return {**record(number).listing.to_json(), "mediaType": media_type}


class Shelf:
    """A store of manifests with one tag."""

    def __init__(self) -> None:
        self.kept: dict[Digest, Manifest] = {}
        self.tag: Manifest | None = None

    def read(self) -> tuple[Journal, tuple[Digest, ...]]:
        head = Journal.parse(self.tag)
        return head, joined(head, [Journal.parse(self.kept[page.digest]) for page in head.pages])

    def append(self, *records: Manifest) -> int:
        head, listed = self.read()
        made = head.appended(records, listed)
        for manifest in made:
            self.kept[manifest.digest] = manifest
        self.tag = made[-1] if made else self.tag
        return len(made)


def test_no_tag_is_a_journal_without_records() -> None:
    assert Journal.parse(None) == Journal()
    assert joined(Journal(), []) == ()
    assert journal_tag("stable") == "gitless-stable"


def test_golden_journal() -> None:
    (made,) = Journal().appended([record(1), record(2)], ())
    assert made.media_type == OCI_INDEX
    assert made.content == GOLDEN.read_bytes()


def test_records_are_listed_in_order_and_once() -> None:
    shelf = Shelf()
    assert shelf.append(record(1)) == 1
    assert shelf.append(record(2), record(1), record(3)) == 1
    assert shelf.append(record(2)) == 0
    assert shelf.read()[1] == tuple(record(number).digest for number in (1, 2, 3))


@pytest.mark.parametrize("count", [journals.PAGE, journals.PAGE + 1, 3 * journals.PAGE + 5])
def test_a_full_list_is_sealed_as_a_page(count: int) -> None:
    shelf = Shelf()
    shelf.append(*(record(number) for number in range(count)))
    head, listed = shelf.read()
    assert listed == tuple(record(number).digest for number in range(count))
    assert len(head.pages) == (count - 1) // journals.PAGE
    assert len(head.records) <= journals.PAGE


def test_a_sealed_page_never_changes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "PAGE", 2)
    shelf, seen = Shelf(), []
    for number in range(7):
        shelf.append(record(number))
        seen.append(shelf.read()[0].pages)
    assert seen[-1][:2] == seen[4] == seen[5][:2]
    assert shelf.append(record(0)) == 0, "a record on a page is not listed again"


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=12), st.integers(1, 5))
def test_any_appends_list_each_record_once_in_order(batches: list[list[int]], size: int) -> None:
    before, journals.PAGE = journals.PAGE, size
    try:
        shelf = Shelf()
        for batch in batches:
            shelf.append(*(record(number) for number in dict.fromkeys(batch)))
    finally:
        journals.PAGE = before
    expected = dict.fromkeys(number for batch in batches for number in batch)
    assert shelf.read()[1] == tuple(record(number).digest for number in expected)


def test_a_full_journal_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "PAGE", 1)
    monkeypatch.setattr(journals, "MAX_PAGES", 2)
    shelf = Shelf()
    shelf.append(*map(record, range(3)))
    with pytest.raises(RemoteError, match="full"):
        shelf.append(record(3))


def test_the_largest_journal_fits_into_a_manifest() -> None:
    pages = tuple(Journal.parse(index(entry(n, OCI_INDEX))).pages[0] for n in range(journals.MAX_PAGES))
    records = tuple(Journal.parse(index(entry(n))).records[0] for n in range(journals.PAGE - 1))
    (made,) = Journal(pages, records).appended([record(10_000)], ())
    assert len(made.content) < 1024 * 1024 / 4
    assert Journal.parse(made).pages == pages


def test_records_that_are_listed_twice_are_read_twice() -> None:
    read = Journal.parse(index(entry(1), entry(2), entry(1)))
    assert [item.digest for item in read.records] == [record(number).digest for number in (1, 2, 1)]


HOSTILE = {
    "image-index": index(entry(1), artifactType=None),
    "other-artifact-type": index(entry(1), artifactType="application/vnd.example"),
    "image-manifest": index(entry(1), media_type=OCI_MANIFEST),
    "no-list": index(manifests=None),
    "list-is-an-object": index(manifests={"0": entry(1)}),
    "entry-is-text": index("sha256:" + "a" * 64),
    "entry-without-digest": index({"mediaType": OCI_MANIFEST, "size": 1}),
    "negative-size": index({**entry(1), "size": -1}),
    "foreign-media-type": index(entry(1, "application/vnd.docker.distribution.manifest.v2+json")),
    "page-after-records": index(entry(1), entry(2, OCI_INDEX)),
    "too-many-pages": index(*[entry(1, OCI_INDEX)] * (journals.MAX_PAGES + 1)),
    "too-many-records": index(*[entry(1)] * (journals.MAX_LISTED + 1)),
    "too-many-entries": index(*[entry(1)] * 10_001),
    "no-json": Manifest(OCI_INDEX, b"{"),
    "repeated-key": Manifest(OCI_INDEX, b'{"artifactType":"a","artifactType":"b"}'),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_what_is_no_journal_is_refused(fault: str) -> None:
    with pytest.raises(UntrustedContentError):
        Journal.parse(HOSTILE[fault])


def test_pages_do_not_nest() -> None:
    page = Journal.parse(index(entry(1, OCI_INDEX)))
    with pytest.raises(UntrustedContentError, match="further pages"):
        joined(page, [page])


def test_a_journal_is_put_together_from_all_its_pages() -> None:
    with pytest.raises(DefectError, match="other pages"):
        joined(Journal.parse(index(entry(1, OCI_INDEX))), [])


@given(st.binary(max_size=80) | st.text(max_size=60).map(str.encode))
def test_hostile_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(UntrustedContentError):
        Journal.parse(Manifest(OCI_INDEX, content))

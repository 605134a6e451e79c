"""How long an index is watched: one look where nobody else writes, three where somebody does."""

from __future__ import annotations

import pytest
from tests.fakes.signed import make_artifact

from gitless.artifact.manifest import build_referrer
from gitless.errors import RemoteError
from gitless.model.manifest import Manifest
from gitless.registry import fallback
from gitless.registry.settling import watch
from gitless.web.patience import Patience

SUBJECT = make_artifact()


def referrer(word: str) -> Manifest:
    return build_referrer(word.encode(), "https://example.com/x", SUBJECT.descriptor, "2026-11-20T10:00:00Z")


def index_of(*words: str) -> Manifest:
    made = fallback.merge(None, SUBJECT.digest, [referrer(word) for word in words])
    assert made is not None
    return made


class Tag:
    """A tag that others write: each look shows the next of some indexes, the last one for ever."""

    def __init__(self, *shown: Manifest) -> None:
        self.shown, self.looks, self.written = list(shown), 0, []

    def fetch_manifest(self, target: object) -> Manifest:
        self.looks += 1
        return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        self.written.append(manifest)
        self.shown = [manifest]

    def resolve(self, tag: str) -> None:
        raise AssertionError(tag)


def watching(tag: Tag, last: Manifest) -> object:
    patience = Patience(sleep=lambda seconds: None, total_seconds=2.0)
    return watch(tag, SUBJECT.digest, [referrer("ours")], patience, 0.01, last.digest)  # type: ignore[arg-type]


def test_an_index_that_is_still_the_one_we_wrote_takes_one_look() -> None:
    tag = Tag(index_of("ours"))
    assert watching(tag, index_of("ours")) == index_of("ours").digest
    assert (tag.looks, tag.written) == (1, [])


def test_another_writer_beside_us_is_a_crowd() -> None:
    tag = Tag(index_of("ours", "theirs"))
    assert watching(tag, index_of("ours")) == index_of("ours", "theirs").digest
    assert (tag.looks, tag.written) == (3, [])


def test_what_was_lost_is_merged_and_watched() -> None:
    tag = Tag(index_of("theirs"))
    watching(tag, index_of("ours"))
    assert len(tag.written) == 1
    assert {item.digest for item in fallback.entries(tag.written[0], SUBJECT.digest)} == {
        referrer("ours").digest,
        referrer("theirs").digest,
    }
    assert tag.looks == 4


def test_an_index_that_forgets_for_ever_is_an_error() -> None:
    class Forgetful(Tag):
        def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
            self.written.append(manifest)

    with pytest.raises(RemoteError, match="does not stay"):
        watching(Forgetful(index_of("theirs")), index_of("ours"))

"""The journal of a channel: the tag `gitless-<channel>` names an OCI index that lists every record in order.

An index has room for a few hundred records before registries, which look up each entry, grow slow. A full list is
therefore sealed as a page, an index of its own that never changes, and the journal names its pages before its newest
records: however long the history, it is read in two steps (docs/decisions/0120-journal-in-pages.md).

A journal is not signed, since the records are: it is a list of where to look, and says nothing that is believed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gitless.errors import DefectError, RemoteError, UntrustedContentError
from gitless.model.canonical import go_json
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_INDEX_ENTRIES, Manifest
from gitless.model.media_types import JOURNAL, OCI_INDEX, OCI_MANIFEST

PAGE = 200  # records in a page
MAX_PAGES = 500  # 100,000 records
MAX_LISTED = 1000  # records that are read from one index: more than any version writes


def journal_tag(channel: str) -> str:
    """The tag that names the channel's journal."""
    return f"gitless-{channel}"


@dataclass(frozen=True, slots=True)
class Journal:
    """What one index of a journal lists.

    Attributes:
        pages: Sealed pages, oldest first; their records come before those of this index. A page has none.
        records: Record manifests, oldest first; a journal that gitless wrote names each once.
    """

    pages: tuple[Descriptor, ...] = ()
    records: tuple[Descriptor, ...] = ()

    @classmethod
    def parse(cls, index: Manifest | None) -> Journal:
        """Read what the journal's tag names, or one of its pages.

        Args:
            index: The manifest; None where the tag does not exist, which is a journal without records.

        Raises:
            UntrustedContentError: It is no journal: another media or artifact type, entries that are neither pages nor
                records, pages that come late, or more than it can hold.
        """
        if index is None:
            return cls()
        listed = index.document.get("manifests")
        if index.media_type != OCI_INDEX or index.document.get("artifactType") != JOURNAL:
            raise _no_journal(index, f"It is {index.media_type[:100]}, and not an index of type {JOURNAL}.")
        if not isinstance(listed, list) or len(listed) > MAX_INDEX_ENTRIES:
            raise _no_journal(index, "It lists no manifests, or too many.")
        pages = tuple(itertools.takewhile(_is_page, index.manifests))
        records = index.manifests[len(pages) :]
        if any(item.media_type != OCI_MANIFEST for item in records):
            raise _no_journal(index, "It lists what is neither a page nor a record.")
        if len(pages) > MAX_PAGES or len(records) > MAX_LISTED:
            raise _no_journal(index, "It lists more pages or records than a journal has.")
        return cls(pages, records)

    def appended(self, records: Sequence[Manifest], listed: Collection[Digest]) -> tuple[Manifest, ...]:
        """The manifests to push so that the journal lists `records` too, after all others.

        Args:
            records: Record manifests, oldest first.
            listed: Everything that journal and pages list already (`joined`).

        Returns:
            Newly sealed pages, then the index for the journal's tag, last; empty where all are listed already.

        Raises:
            RemoteError: There is no room for another page.
        """
        new = [_entry(record) for record in records if record.digest not in listed]
        if not new:
            return ()
        pages, newest, sealed = list(self.pages), [*self.records, *new], []
        while len(newest) > PAGE:
            page = _index(newest[:PAGE])
            sealed.append(page)
            pages.append(page.descriptor)
            newest = newest[PAGE:]
        if len(pages) > MAX_PAGES:
            raise RemoteError("The journal is full.", why=f"It holds {MAX_PAGES} pages of {PAGE} records.")
        return (*sealed, _index((*pages, *newest)))


def joined(head: Journal, pages: Sequence[Journal]) -> tuple[Digest, ...]:
    """Every record's manifest digest, oldest first.

    Args:
        head: What the tag names.
        pages: Its pages, in its order; an empty journal for one that is no longer there.

    Raises:
        DefectError: The pages are not as many as the journal names.
        UntrustedContentError: A page names pages of its own.
    """
    if any(page.pages for page in pages):
        raise UntrustedContentError("A page of a journal names further pages.")
    if len(pages) != len(head.pages):
        raise DefectError("A journal is put together from other pages than it names.")
    return tuple(itertools.chain.from_iterable(_digests(part) for part in (*pages, head)))


def _digests(journal: Journal) -> Iterable[Digest]:
    return (item.digest for item in journal.records)


def _is_page(item: Descriptor) -> bool:
    return item.media_type == OCI_INDEX


def _entry(record: Manifest) -> Descriptor:
    return Descriptor(record.media_type, record.digest, len(record.content), record.artifact_type)


def _index(entries: Iterable[Descriptor]) -> Manifest:
    listed = [entry.to_json() for entry in entries]
    return Manifest(
        OCI_INDEX, go_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "artifactType": JOURNAL, "manifests": listed})
    )


def _no_journal(index: Manifest, why: str) -> UntrustedContentError:
    return UntrustedContentError(
        f"{index.digest} is not a journal of gitless.",
        why=why,
        hint="The tags gitless-* are reserved: find out who wrote this one, and give the tag back its last journal.",
    )

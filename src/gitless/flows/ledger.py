"""Reads a channel's ledger: what its journal lists, the records behind that, and what the channel names now.

However long the history, it takes four steps one after another: the journal, its pages, the records, their bundles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitless.errors import MalformedContentError, RemoteError
from gitless.flows.parallel import READ_THREADS, both, map_together
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, RecordEntry
from gitless.model.manifest import Manifest
from gitless.model.namespace import PROMOTION
from gitless.ports import Repository
from gitless.promotion.chain import read_history
from gitless.promotion.entries import record_entry
from gitless.promotion.journal import Journal, joined, journal_tag
from gitless.verification.evidence import Evidence, JudgedEvidence, bundle_layer, judge_evidence
from gitless.verification.trust import Trust


@dataclass(frozen=True)
class Ledger:
    """A channel as it was read.

    Attributes:
        history: Its records in order, and what does not fit.
        journal: What the journal's tag names.
        listed: Every record's manifest that journal and pages list, oldest first.
        observed: The digest the channel names; None where it does not exist.
        named: The manifest of that digest; None where nobody asked for it.
    """

    history: ChannelHistory
    journal: Journal
    listed: tuple[Digest, ...]
    observed: Digest | None
    named: Manifest | None = None


def read_ledger(
    repository: Repository,
    component: str,
    channel: str,
    trusted: Sequence[Trust],
    *,
    place: str = "",
    beside: Sequence[RecordEntry] = (),
    known: dict[Digest, RecordEntry] | None = None,
    whole: bool = True,
) -> Ledger:
    """Read a channel's journal and records.

    Args:
        repository: Where the channel is.
        component: The component.
        channel: The channel.
        trusted: The promoting identity.
        place: The repository's name, as records write it.
        beside: Records that were found elsewhere, among the evidence of a digest.
        known: Records that were read before; what is read now is put in, since content under a digest never changes.
        whole: Whether the manifest that the channel names is wanted, and not its digest alone.

    Raises:
        UntrustedContentError: The journal's tag names something else, or content does not have its digest.
        RemoteError: The store failed.
    """
    (journal, listed), (observed, named) = both(
        lambda: read_journal(repository, channel), lambda: _read_channel(repository, channel, whole=whole)
    )
    known = {} if known is None else known
    new = [digest for digest in listed if digest not in known]
    read = map_together(lambda digest: read_entry(repository, digest, trusted), new, READ_THREADS)
    known.update((entry.manifest, entry) for entry in read if entry.standing != "missing")
    gone = {entry.manifest: entry for entry in read}
    entries = [known.get(digest) or gone[digest] for digest in listed]
    history = read_history(
        component,
        channel,
        (*entries, *beside),
        listed,
        observed,
        repository=place,
    )
    return Ledger(history, journal, listed, observed, named)


def _read_channel(repository: Repository, channel: str, *, whole: bool) -> tuple[Digest | None, Manifest | None]:
    if not whole:
        return repository.resolve(channel), None
    named = repository.fetch_manifest(channel)
    return (named.digest, named) if named else (None, None)


def read_journal(repository: Repository, channel: str) -> tuple[Journal, tuple[Digest, ...]]:
    """A channel's journal, and every record's manifest that it and its pages list, oldest first.

    Raises:
        UntrustedContentError: The journal's tag names something else.
        RemoteError: The store failed.
    """
    journal = Journal.parse(repository.fetch_manifest(journal_tag(channel)))
    pages = map_together(lambda page: Journal.parse(repository.fetch_manifest(page.digest)), journal.pages)
    return journal, joined(journal, pages)


def record_entries(evidence: Sequence[JudgedEvidence]) -> tuple[RecordEntry, ...]:
    """The promotion records among a digest's evidence, weighed under the promoting identity."""
    return tuple(record_entry(item) for item in evidence if item.predicate_type == PROMOTION)


def read_entry(repository: Repository, digest: Digest, trusted: Sequence[Trust]) -> RecordEntry:
    """Read what is, or should be, a record by its manifest's digest.

    Args:
        repository: Where the channel is.
        digest: The manifest.
        trusted: The promoting identity.

    Raises:
        RemoteError: The store failed.
    """
    manifest = repository.fetch_manifest(digest)
    if manifest is None:
        return RecordEntry(digest, "missing", "Its manifest is not in the registry.")
    try:
        subject = manifest.subject
        layer = bundle_layer(manifest, subject.digest) if subject else None
        if subject is None or layer is None or layer.size > MAX_FOREIGN_BUNDLE_BYTES:
            return RecordEntry(digest, "invalid", "It is no referrer that holds one bundle.")
        bundle = _fetch(repository, layer)
    except MalformedContentError as error:
        return RecordEntry(digest, "invalid", error.what)
    except RemoteError as error:
        if error.status != 404:
            raise
        return RecordEntry(digest, "missing", "Its bundle is not in the registry.")
    return record_entry(judge_evidence(Evidence(manifest.descriptor, bundle), subject.digest, trusted))


def _fetch(repository: Repository, layer: Descriptor) -> bytes:
    return repository.fetch_blob(layer, MAX_FOREIGN_BUNDLE_BYTES)

"""Reads one repository for an audit: tags and journals, what they name, and the evidence of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitless.errors import UntrustedContentError
from gitless.flows.audit_evidence import NamedDigest, Trusted, read_digest
from gitless.flows.history import ChannelPlace, read_settled, read_whole
from gitless.flows.ledger import Ledger
from gitless.flows.parallel import both, map_together
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, RecordEntry
from gitless.model.manifest import Manifest
from gitless.ports import Repository
from gitless.promotion.inspection import choose_tags, newest_build
from gitless.promotion.tags import is_release

MAX_TAGS = 1000  # of those that are neither channels nor releases, for each repository


@dataclass(frozen=True)
class AuditedStore:
    """One repository of one component.

    Attributes:
        component: The component.
        repository: Its store.
        name: The store's name, as records write it.
        published: Channels that publish moves.
        promoted: Channels that promotions move.
        is_whole: Whether all channels of the repository are meant; if not, other tags are left alone.
    """

    component: str
    repository: Repository
    name: str
    published: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()
    is_whole: bool = True

    def is_guarded(self, tag: str) -> bool:
        """Whether the tag is a channel or a release."""
        return is_release(tag) or tag in self.published or tag in self.promoted


@dataclass(frozen=True)
class StoreReading:
    """Everything that was read of one repository.

    Attributes:
        store: The repository.
        tags: How many tags there are.
        named: What the tags that were looked at name.
        left_out: How many were not looked at.
        digests: The digests they name, each with its evidence.
        histories: The channels that promotions move.
        entries: Every record that was read.
        broken: Channels whose journal cannot be read, and why.
    """

    store: AuditedStore
    tags: int
    named: Mapping[str, Digest | None]
    left_out: int
    digests: Mapping[Digest, NamedDigest]
    histories: tuple[ChannelHistory, ...]
    entries: Mapping[Digest, RecordEntry]
    broken: Mapping[str, str]


@dataclass(frozen=True)
class _Named:
    """What the tags of a repository named at one moment, or nearly so.

    Attributes:
        tags: How many there are.
        left_out: How many were not looked at.
        found: Digest and, where it is needed, manifest of each of the others.
        ledgers: Channels that promotions move.
        broken: Those that cannot be read, and why.
    """

    tags: int
    left_out: int
    found: Mapping[str, tuple[Digest | None, Manifest | None]]
    ledgers: Mapping[str, Ledger]
    broken: Mapping[str, str]

    @property
    def digests(self) -> dict[str, Digest | None]:
        """What each tag names."""
        return {tag: digest for tag, (digest, _) in self.found.items()}

    def is_settled(self, store: AuditedStore) -> bool:
        """Whether every release is recorded, and no channel that publish moves is behind its newest build."""
        recorded = {name for ledger in self.ledgers.values() for name in ledger.history.releases}
        if any(is_release(tag) and tag not in recorded for tag in self.found):
            return False
        named = self.digests
        builds = [(channel, newest_build(named, channel)) for channel in store.published]
        return all(build is None or named.get(channel) == named[str(build)] for channel, build in builds)


@dataclass(frozen=True)
class StoreReader:
    """Reads repositories.

    Attributes:
        trusted: The publishing and the promoting identity.
        max_tags: How many tags to look at besides channels and releases.
    """

    trusted: Trusted
    max_tags: int = MAX_TAGS

    def read(self, store: AuditedStore) -> StoreReading:
        """Read one repository; nothing that was read by its digest is read again.

        Raises:
            RemoteError: The store failed.
        """
        known: dict[Digest, RecordEntry] = {}
        named = self._read_tags(store, known)
        if not named.is_settled(store):
            # a promotion or a publish that ends between two reads must not look like somebody's hand
            named = self._read_tags(store, known)
        digests = self._digests(store, named.found, known)
        beside = tuple(entry for item in digests.values() for entry in item.records)
        histories = tuple(
            read_whole(ChannelPlace(name, store.repository, store.name), store.component, ledger, known, beside)
            for name, ledger in named.ledgers.items()
        )
        entries = {**{entry.manifest: entry for entry in beside}, **known}
        return StoreReading(store, named.tags, named.digests, named.left_out, digests, histories, entries, named.broken)

    def _read_tags(self, store: AuditedStore, known: dict[Digest, RecordEntry]) -> _Named:
        places = [ChannelPlace(name, store.repository, store.name) for name in store.promoted]
        tags, outcomes = both(
            store.repository.list_tags,
            lambda: map_together(lambda place: self._ledger(place, store.component, known), places),
        )
        read = dict(zip(store.promoted, outcomes, strict=True))
        ledgers = {channel: item for channel, item in read.items() if isinstance(item, Ledger)}
        chosen, left_out = self._choose(store, tags, list(ledgers.values()))
        found = dict(zip(chosen, map_together(lambda tag: _name(store, tag, ledgers), chosen), strict=True))
        broken = {channel: item for channel, item in read.items() if not isinstance(item, Ledger)}
        return _Named(len(tags), left_out, found, ledgers, broken)

    def _ledger(self, place: ChannelPlace, component: str, known: dict[Digest, RecordEntry]) -> Ledger | str:
        try:
            return read_settled(place, component, self.trusted.promoters, known)
        except UntrustedContentError as error:
            return f"{error.what} {error.why}"  # one broken channel must not hide all the others

    def _choose(
        self, store: AuditedStore, tags: Sequence[str], ledgers: Sequence[Ledger]
    ) -> tuple[tuple[str, ...], int]:
        channels = (*store.published, *store.promoted)
        if store.is_whole:
            return choose_tags(tags, channels, self.max_tags)
        releases = {name for ledger in ledgers for name in ledger.history.releases}
        return tuple(tag for tag in tags if tag in channels or tag in releases), 0

    def _digests(
        self,
        store: AuditedStore,
        found: Mapping[str, tuple[Digest | None, Manifest | None]],
        known: Mapping[Digest, RecordEntry],
    ) -> dict[Digest, NamedDigest]:
        """The evidence of everything that is named; manifests too where a channel, a release or a build is."""
        builds = {str(newest_build(found, channel)) for channel in store.published}
        whole = {digest for tag, (digest, _) in found.items() if store.is_guarded(tag) or tag in builds}
        manifests = {manifest.digest: manifest for _, manifest in found.values() if manifest}
        digests = sorted({digest for digest, _ in found.values() if digest})
        read = map_together(
            lambda digest: read_digest(
                store.repository, digest, self.trusted, manifests.get(digest), known, whole=digest in whole
            ),
            digests,
        )
        return dict(zip(digests, read, strict=True))


def _name(store: AuditedStore, tag: str, ledgers: Mapping[str, Ledger]) -> tuple[Digest | None, Manifest | None]:
    """What a tag names, with its manifest where channels and releases need it."""
    if tag in ledgers:
        named = ledgers[tag].named
        return (named.digest, named) if named else (None, None)
    if store.is_guarded(tag):
        try:
            manifest = store.repository.fetch_manifest(tag)
        except UntrustedContentError:
            manifest = None  # it is read again by its digest, and then said to be unreadable
        if manifest:
            return manifest.digest, manifest
    return store.repository.resolve(tag), None

"""The verb audit: every channel against its journal, every release against its record, every named digest's evidence.

Reads only. What an attacker with push rights can write (tags, journals, referrers) is never believed: it is compared
with what the trusted identities have signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gitless.errors import UntrustedContentError
from gitless.flows.audit_evidence import NamedDigest, Trusted, evidence_findings, read_digest
from gitless.flows.audit_policies import judge_policies
from gitless.flows.history import ChannelPlace, read_settled, read_whole
from gitless.flows.ledger import Ledger
from gitless.flows.parallel import both, map_together
from gitless.model.audit import AuditedComponent, AuditFinding, AuditResult, Remembered
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, RecordEntry
from gitless.ports import PolicyHistory, Repository
from gitless.promotion.inspection import (
    choose_tags,
    inspect_channel,
    inspect_published,
    inspect_releases,
    newest_build,
)
from gitless.promotion.journal import journal_tag
from gitless.promotion.memory import compare_memory
from gitless.promotion.tags import is_release
from gitless.verification.judge import valid

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
class Auditor:
    """Audits repositories.

    Attributes:
        trusted: The publishing and the promoting identity.
        policies: The protected branch's history; None where there is none to look at.
        remembered: The heads that were seen before.
        max_tags: How many tags to look at besides channels and releases.
    """

    trusted: Trusted
    policies: PolicyHistory | None = None
    remembered: Mapping[tuple[str, str], Remembered] = field(default_factory=dict)
    max_tags: int = MAX_TAGS

    def read_all(self, stores: Sequence[AuditedStore]) -> list[StoreReading]:
        """Read all repositories, side by side.

        Raises:
            UntrustedContentError: A journal's tag names something else, or content does not have its digest.
            RemoteError: A store failed.
        """
        return map_together(self.read, stores)

    def judge(
        self, readings: Sequence[StoreReading], now: datetime, findings: Sequence[AuditFinding] = ()
    ) -> AuditResult:
        """Say what is wrong with what was read.

        Args:
            readings: The repositories.
            now: The time, UTC.
            findings: What was found elsewhere.
        """
        found = {*findings, *(item for reading in readings for item in self._findings(reading))}
        histories = [history for reading in readings for history in reading.histories]
        policies, unchecked = judge_policies(self.policies, histories)
        notices = [_left_out(reading) for reading in readings if reading.left_out]
        stores = {id(reading.store.repository): reading.store.repository for reading in readings}
        return AuditResult(
            tuple(_component(reading) for reading in readings),
            tuple(sorted({*found, *policies})),
            {key: head for reading in readings for key, head in _heads(reading)},
            now,
            tuple(dict.fromkeys([*notices, *unchecked])),
            sum(item.requests for item in stores.values()),
        )

    def read(self, store: AuditedStore) -> StoreReading:
        """Read one repository: tags and journals first, then the evidence of everything that is named.

        Raises:
            UntrustedContentError: As `read_all`.
            RemoteError: As `read_all`.
        """
        known: dict[Digest, RecordEntry] = {}
        places = [ChannelPlace(name, store.repository, store.name) for name in store.promoted]
        tags, outcomes = both(
            store.repository.list_tags,
            lambda: map_together(lambda place: self._ledger(place, store.component, known), places),
        )
        ledgers = [(place, item) for place, item in zip(places, outcomes, strict=True) if isinstance(item, Ledger)]
        broken = {
            place.channel: item for place, item in zip(places, outcomes, strict=True) if not isinstance(item, Ledger)
        }
        chosen, left_out = self._choose(store, tags, [ledger for _, ledger in ledgers])
        named = dict(zip(chosen, map_together(store.repository.resolve, chosen), strict=True))
        digests = self._read_digests(store, named)
        beside = tuple(entry for item in digests.values() for entry in item.records)
        histories = tuple(read_whole(place, store.component, ledger, known, beside) for place, ledger in ledgers)
        entries = {**{entry.manifest: entry for entry in beside}, **known}
        return StoreReading(store, len(tags), named, left_out, digests, histories, entries, broken)

    def _read_digests(self, store: AuditedStore, named: Mapping[str, Digest | None]) -> dict[Digest, NamedDigest]:
        """The evidence of everything that is named; manifests too where a channel, a release or a build is."""
        builds = {str(newest_build(named, channel)) for channel in store.published}
        whole = {digest for tag, digest in named.items() if digest and (store.is_guarded(tag) or tag in builds)}
        digests = sorted({digest for digest in named.values() if digest})
        read = map_together(
            lambda digest: read_digest(store.repository, digest, self.trusted, whole=digest in whole), digests
        )
        return dict(zip(digests, read, strict=True))

    def _choose(
        self, store: AuditedStore, tags: Sequence[str], ledgers: Sequence[Ledger]
    ) -> tuple[tuple[str, ...], int]:
        channels = (*store.published, *store.promoted)
        if store.is_whole:
            return choose_tags(tags, channels, self.max_tags)
        releases = {name for ledger in ledgers for name in ledger.history.releases}
        return tuple(tag for tag in tags if tag in channels or tag in releases), 0

    def _ledger(self, place: ChannelPlace, component: str, known: dict[Digest, RecordEntry]) -> Ledger | str:
        try:
            return read_settled(place, component, self.trusted.promoters, known)
        except UntrustedContentError as error:
            return f"{error.what} {error.why}"  # one broken channel must not hide all the others

    def _findings(self, reading: StoreReading) -> Iterator[AuditFinding]:
        store = reading.store
        for channel, reason in reading.broken.items():
            yield AuditFinding(store.component, channel, "journal.unreadable", journal_tag(channel), reason)
        for history in reading.histories:
            yield from inspect_channel(history)
            remembered = self.remembered.get((history.component, history.channel))
            if remembered:
                yield from compare_memory(history, remembered)
        if not reading.broken:  # which releases there are is not known then
            yield from inspect_releases(store.component, reading.histories, reading.named)
        for channel in store.published:
            yield from _behind(reading, channel)
        for tag, digest in reading.named.items():
            if digest is None:
                continue
            role = "publish" if tag in store.published else "promote"
            guarded = store.is_guarded(tag)
            channel = tag if guarded and not is_release(tag) else ""
            named = reading.digests[digest]
            yield from evidence_findings(store.component, channel, tag, named, role if guarded else "", self.trusted)


def _behind(reading: StoreReading, channel: str) -> Iterator[AuditFinding]:
    """What is wrong between a channel that publish moves and its newest build, where that is signed."""
    newest = newest_build(reading.named, channel)
    digest = reading.named.get(str(newest)) if newest else None
    build = reading.digests[digest] if digest else None
    if newest and build and build.manifest and valid(build.published):
        current = reading.named.get(channel)
        named = reading.digests[current].manifest if current else None
        yield from inspect_published(reading.store.component, channel, newest, build.manifest, named)


def _heads(reading: StoreReading) -> Iterator[tuple[tuple[str, str], Remembered]]:
    for history in reading.histories:
        if history.head:
            head = history.head
            seen = Remembered(reading.store.name, head.record.sequence, head.manifest)
            yield (history.component, history.channel), seen


def _component(reading: StoreReading) -> AuditedComponent:
    store = reading.store
    return AuditedComponent(
        store.component, store.name, reading.tags, len(reading.named), len(reading.digests), len(reading.entries)
    )


def _left_out(reading: StoreReading) -> str:
    return f"{reading.store.name}: {reading.left_out} of {reading.tags} tags were not looked at; give --max-tags."

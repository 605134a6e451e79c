"""The verb audit: every channel against its journal, every release against its record, every named digest's evidence.

Reads only. What an attacker with push rights can write (tags, journals, referrers) is never believed: it is compared
with what the trusted identities have signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gitless.flows.audit_evidence import Trusted, evidence_findings
from gitless.flows.audit_policies import judge_policies
from gitless.flows.audit_store import MAX_TAGS, AuditedStore, StoreReader, StoreReading
from gitless.flows.parallel import map_together
from gitless.model.audit import AuditedComponent, AuditFinding, AuditResult, Remembered
from gitless.ports import PolicyHistory
from gitless.promotion.inspection import (
    inspect_channel,
    inspect_published,
    inspect_releases,
    newest_build,
)
from gitless.promotion.journal import journal_tag
from gitless.promotion.memory import compare_memory
from gitless.promotion.tags import is_release
from gitless.verification.judge import valid


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
        reader = StoreReader(self.trusted, self.max_tags)
        return map_together(reader.read, stores)

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

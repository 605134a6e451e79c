"""A channel's history: the chain of its promotion records, and everything that does not fit into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gitless.model.digest import Digest
from gitless.model.promotion import Record

RecordStanding = Literal["valid", "foreign", "invalid", "missing"]
LinkState = Literal["completed", "authorised"]
TagWord = Literal["head", "pending", "absent", "older", "withdrawn", "lost", "foreign", "unrecorded"]
FaultKind = Literal[
    "missing",  # a record is listed or named as predecessor, and its manifest is gone
    "foreign",  # signed by somebody else
    "invalid",  # does not verify, was edited, or is no whole record
    "misplaced",  # of another component, channel or repository
    "replayed",  # a record that is there already, once more
    "unlisted",  # a record that the journal does not list
    "sequence",  # its number does not follow its predecessor's
    "fork",  # another record with the same predecessor is canonical
    "order",  # the journal lists it before what it follows
    "outside",  # the channel was moved without a record
    "withdrawn",  # promotes what was withdrawn before
    "target",  # rolls back to what the channel never named
    "release",  # gives a release another digest than an earlier record
]


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One manifest that is, or should be, a promotion record.

    Attributes:
        manifest: Its digest.
        standing: `valid` under the promoting identity, `foreign`, `invalid`, or `missing` where it is not there.
        reason: Why, in one sentence.
        record: What it says; a mere claim unless the standing is `valid`, which needs one.
        statement: sha256 of the signed statement; copies share it. None where it could not be read.
        signer: Who signed, for people.
        signed_at: A time another party vouches for, UTC; None where nobody does.
    """

    manifest: Digest
    standing: RecordStanding
    reason: str = ""
    record: Record | None = None
    statement: Digest | None = None
    signer: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One record of the chain.

    Attributes:
        manifest: Digest of the record's manifest.
        record: What it says.
        state: `completed` where the channel or the next record shows the move, else `authorised`.
        signer: Who signed, for people.
        signed_at: The vouched time; None where there is only the claimed one.
        gap: Whether the record before it is missing.
    """

    manifest: Digest
    record: Record
    state: LinkState
    signer: str = ""
    signed_at: datetime | None = None
    gap: bool = False

    @property
    def time(self) -> datetime:
        """When: the vouched time, else what the record claims."""
        return self.signed_at or self.record.created

    @property
    def is_claimed(self) -> bool:
        """Whether nobody but the signer vouches for the time."""
        return self.signed_at is None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about one record that is not as it should be.

    Attributes:
        kind: One of a few words.
        manifest: The record's manifest digest.
        reason: What was seen, in one sentence.
    """

    kind: FaultKind
    manifest: Digest
    reason: str


@dataclass(frozen=True, slots=True)
class TagState:
    """What the channel's tag names, set against the chain.

    Attributes:
        word: `head` (as it should be), `pending` (the last record is authorised and the tag still names what it named
            before), `absent`, `older` (an earlier promoted digest), `withdrawn`, `lost` (a lost record's digest),
            `foreign` (never promoted), `unrecorded` (there are no records at all).
        digest: What it names; None when it does not exist.
        reason: In one sentence.
    """

    word: TagWord
    digest: Digest | None
    reason: str

    @property
    def ok(self) -> bool:
        """Whether tag and chain agree."""
        return self.word == "head"


@dataclass(frozen=True, slots=True)
class ChannelHistory:
    """A channel's records in order, and what does not fit.

    Attributes:
        component: The component.
        channel: The channel.
        links: The chain, oldest first.
        lost: Valid records that another one with the same predecessor displaced, and what was built on them.
        faults: Everything that is not as it should be; the tag's state stands apart.
        tag: What the channel's tag names.
        withdrawn: Digests that must never be promoted to this channel again.
        releases: Releases the chain made, each with its digest.
    """

    component: str
    channel: str
    links: tuple[Link, ...]
    lost: tuple[Link, ...]
    faults: tuple[Fault, ...]
    tag: TagState
    withdrawn: frozenset[Digest]
    releases: Mapping[str, Digest]

    @property
    def head(self) -> Link | None:
        """The newest record of the chain."""
        return self.links[-1] if self.links else None

    @property
    def next_sequence(self) -> int:
        """The number of the next record."""
        return self.head.record.sequence + 1 if self.head else 1

    @property
    def completed(self) -> tuple[Link, ...]:
        """The records whose move was shown."""
        return tuple(link for link in self.links if link.state == "completed")

    @property
    def origins(self) -> tuple[str, ...]:
        """The repositories the records were made for, in order, each once; a mirror is none of them."""
        return tuple(dict.fromkeys(link.record.repository for link in self.links))

    @property
    def ok(self) -> bool:
        """Whether there is nothing to report; a history without records is not one to rely on."""
        return self.tag.ok and not self.faults


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """The four DORA figures of one channel in one period.

    Attributes:
        start: Begin of the period.
        end: End of the period, itself outside.
        promotions: Completed promotions in it; rollbacks are none.
        per_day: How many that is for each day.
        lead_time: Median time from commit to channel; None where no commit time is known.
        failures: How many of the promotions were rolled back or withdrawn, until today.
        failure_rate: Their part of the promotions; None where there was none.
        restore_time: Median time from such a promotion to the rollback; None where there was none.
        is_claimed: Whether a time counts in it that nobody but the signer vouches for.
    """

    start: datetime
    end: datetime
    promotions: int
    per_day: float
    lead_time: timedelta | None
    failures: int
    failure_rate: float | None
    restore_time: timedelta | None
    is_claimed: bool

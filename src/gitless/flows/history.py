"""The verb history: one component's channels, each with its chain of records, all of them verified.

However long the history, it takes four steps one after another: journal and channel; pages, and what the channel's
digest has for evidence; the records; their bundles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gitless.flows.evidence import gather, judge_all
from gitless.flows.ledger import Ledger, read_entry, read_ledger, record_entries
from gitless.flows.parallel import both, map_together
from gitless.model.chronicle import ChannelChronicle, Chronicle
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, DeliveryFigures, RecordEntry
from gitless.model.results import VerifyFlags
from gitless.ports import Repository
from gitless.promotion.chain import read_history
from gitless.promotion.dora import measure
from gitless.verification.trust import Trust

MAX_CHASED = 1000


@dataclass(frozen=True)
class ChannelPlace:
    """Where a channel is.

    Attributes:
        channel: Its tag.
        repository: Its store.
        name: The store's name, as records write it.
    """

    channel: str
    repository: Repository
    name: str


def tell(
    component: str,
    places: Sequence[ChannelPlace],
    trusted: Sequence[Trust],
    now: datetime,
    *,
    since: datetime | None = None,
    flags: VerifyFlags | None = None,
) -> Chronicle:
    """Read the history of one component.

    Args:
        component: The component.
        places: Its channels.
        trusted: The promoting identity.
        now: The end of the period, UTC.
        since: Its begin; None for everything.
        flags: How readers verify evidence of the promoting identity.

    Raises:
        UntrustedContentError: A journal's tag names something else, or content does not have its digest.
        RemoteError: A store failed.
    """
    channels = map_together(lambda place: _tell_channel(component, place, trusted, now, since), places)
    stores = {id(place.repository): place.repository for place in places}
    return Chronicle(component, tuple(channels), now, flags, requests=sum(item.requests for item in stores.values()))


def read_settled(
    place: ChannelPlace, component: str, trusted: Sequence[Trust], known: dict[Digest, RecordEntry]
) -> Ledger:
    """Read a channel, and once more where its tag does not name the head.

    A promotion writes the journal before the tag, while both are read side by side: one that ends in between must not
    look like a tag that was moved by hand.

    Args:
        place: The channel.
        component: The component.
        trusted: The promoting identity.
        known: Records that were read before; filled.

    Raises:
        UntrustedContentError: The journal's tag names something else, or content does not have its digest.
        RemoteError: The store failed.
    """
    for _ in range(2):
        ledger = read_ledger(place.repository, component, place.channel, trusted, place=place.name, known=known)
        if ledger.history.tag.ok:
            break
    return ledger


def read_whole(
    place: ChannelPlace, component: str, ledger: Ledger, known: dict[Digest, RecordEntry], beside: Sequence[RecordEntry]
) -> ChannelHistory:
    """A channel's history once more, with records that were found beside its journal.

    Args:
        place: The channel.
        component: The component.
        ledger: The channel as it was read.
        known: The records that were read with it.
        beside: Records found among the evidence of digests.
    """
    missing = "Its manifest is not in the registry."
    listed = [known.get(digest) or RecordEntry(digest, "missing", missing) for digest in ledger.listed]
    return read_history(
        component, place.channel, (*listed, *beside), ledger.listed, ledger.observed, repository=place.name
    )


def _tell_channel(
    component: str, place: ChannelPlace, trusted: Sequence[Trust], now: datetime, since: datetime | None
) -> ChannelChronicle:
    known: dict[Digest, RecordEntry] = {}
    ledger, (beside, unread) = both(
        lambda: read_settled(place, component, trusted, known),
        lambda: _beside(place, trusted),
    )
    history = _chase(place, component, ledger, trusted, known, beside)
    figures = _measure(history, since, now)
    return ChannelChronicle(place.name, history, since, figures, unread)


def _chase(
    place: ChannelPlace,
    component: str,
    ledger: Ledger,
    trusted: Sequence[Trust],
    known: dict[Digest, RecordEntry],
    beside: Sequence[RecordEntry],
) -> ChannelHistory:
    """The history, with records that later ones build on and the journal does not list, one after the other."""
    history = read_whole(place, component, ledger, known, beside)
    tried = set(ledger.listed)
    while len(tried) < len(ledger.listed) + MAX_CHASED:
        named = [fault.manifest for fault in history.faults if fault.kind == "missing" and fault.manifest not in tried]
        if not named:
            break
        tried.update(named)
        found = map_together(lambda digest: read_entry(place.repository, digest, trusted), named)
        beside = (*beside, *found)
        history = read_whole(place, component, ledger, known, beside)
    return history


def _beside(place: ChannelPlace, trusted: Sequence[Trust]) -> tuple[tuple[RecordEntry, ...], int]:
    """The records among the evidence of what the channel names, which its journal may not list."""
    digest = place.repository.resolve(place.channel)
    if digest is None:
        return (), 0
    gathered = gather(place.repository, digest)
    return record_entries(judge_all(gathered.evidence, digest, trusted)), gathered.unread


def _measure(history: ChannelHistory, since: datetime | None, now: datetime) -> DeliveryFigures | None:
    """The figures from `since` to now; without it from the first record on, and for a day at least."""
    first = min((link.time for link in history.completed), default=now)
    start = since or min(first, now - timedelta(days=1))
    # the newest record may be of this very second, and the end of a period is outside
    return measure(history, start, now + timedelta(seconds=1)) if history.completed else None

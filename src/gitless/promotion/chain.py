"""A channel's history from its records, its journal and what its tag names.

A record authorises a move. It is completed when the next record observed the digest it moved to, or, for the last one,
when the channel's tag names it. Nothing here is guessed: what no reader can see is not said.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory, Fault, Link, LinkState, RecordEntry, TagState
from gitless.promotion.candidates import Candidate, find_candidates
from gitless.promotion.lineage import Lineage, trace

_NOTHING = "nothing"


def read_history(
    component: str,
    channel: str,
    entries: Sequence[RecordEntry],
    listed: Sequence[Digest],
    names: Digest | None,
    *,
    repository: str = "",
) -> ChannelHistory:
    """Put a channel's history together.

    Args:
        component: The component.
        channel: The channel.
        entries: Every manifest that is or should be a record, judged under the promoting identity. Records of other
            channels may be among them and count only where the journal lists them.
        listed: What the journal lists, pages included, oldest first.
        names: What the channel's tag names; None where it does not exist.
        repository: Where all this was read.
    """
    candidates, faults = find_candidates(component, channel, entries, listed)
    lineage = trace(candidates, repository)
    links = _links(lineage, names)
    withdrawn = frozenset(link.record.withdraws for link in links if link.record.withdraws)
    releases: dict[str, Digest] = {}
    for link in links:
        releases.setdefault(link.record.release, link.record.digest)
    releases.pop("", None)
    lost = tuple(_link(item, "authorised") for item in lineage.lost)
    return ChannelHistory(
        component,
        channel,
        links,
        lost,
        (
            *faults,
            *_repeated(listed),
            *lineage.faults,
            *_order(links, listed),
            *_moves(links),
            *_withdrawals(links),
            *_targets(links),
            *_releases(links, releases),
        ),
        tag_state(links, lost, withdrawn, names),
        withdrawn,
        releases,
    )


def tag_state(
    links: Sequence[Link], lost: Sequence[Link], withdrawn: frozenset[Digest], names: Digest | None
) -> TagState:
    """Set what the tag names against the chain."""
    if not links:
        if names is None:
            return TagState("head", None, "There is neither a record nor a channel.")
        return TagState("unrecorded", names, "The channel was moved, and there is no record of any promotion.")
    head = links[-1].record
    if names == head.digest:
        return TagState("head", names, f"It names what record {head.sequence} moved it to.")
    if names == head.observed:
        seen = f"names {names}" if names else "does not exist"
        return TagState("pending", names, f"Record {head.sequence} is authorised, and the channel still {seen}.")
    if names is None:
        return TagState("absent", None, f"The channel is gone; record {head.sequence} moved it to {head.digest}.")
    return _elsewhere(links, lost, withdrawn, names)


def _elsewhere(links: Sequence[Link], lost: Sequence[Link], withdrawn: frozenset[Digest], names: Digest) -> TagState:
    if names in withdrawn:
        return TagState("withdrawn", names, f"It names {names}, which was withdrawn, and no record moved it there.")
    for link in reversed(links):
        if link.record.digest == names:
            number = link.record.sequence
            return TagState(
                "older", names, f"It names what record {number} promoted, and no later record moved it back."
            )
    if any(link.record.digest == names for link in lost):
        return TagState("lost", names, f"It names {names}, whose record lost against another one.")
    return TagState("foreign", names, f"It names {names}, which was never promoted to it.")


def _links(lineage: Lineage, names: Digest | None) -> tuple[Link, ...]:
    shown = [*(item.record.observed for item in lineage.chain[1:]), names]
    return tuple(
        _link(item, "completed" if item.record.digest == seen else "authorised", item.manifest in lineage.after_gap)
        for item, seen in zip(lineage.chain, shown, strict=False)
    )


def _link(item: Candidate, state: LinkState, gap: bool = False) -> Link:
    return Link(item.manifest, item.record, state, item.entry.signer, item.entry.signed_at, gap)


def _repeated(listed: Sequence[Digest]) -> Iterator[Fault]:
    for digest, times in Counter(listed).items():
        if times > 1:
            yield Fault("replayed", digest, f"The journal lists it {times} times.")


def _order(links: Sequence[Link], listed: Sequence[Digest]) -> Iterator[Fault]:
    places = {digest: place for place, digest in reversed(list(enumerate(listed)))}
    latest = -1
    for link in links:
        place = places.get(link.manifest, latest)
        if place < latest:
            yield Fault("order", link.manifest, "The journal lists it before a record that it follows.")
        latest = max(latest, place)


def _moves(links: Sequence[Link]) -> Iterator[Fault]:
    for before, after in itertools.pairwise(links):
        seen = after.record.observed
        if not after.gap and seen not in (before.record.digest, before.record.observed):
            reason = f"Before it, the channel named {seen or _NOTHING}; no record had moved it there."
            yield Fault("outside", after.manifest, reason)


def _withdrawals(links: Sequence[Link]) -> Iterator[Fault]:
    gone: set[Digest] = set()
    for link in links:
        if link.record.digest in gone:
            yield Fault("withdrawn", link.manifest, f"It promotes {link.record.digest}, which was withdrawn before.")
        if link.record.withdraws:
            gone.add(link.record.withdraws)


def _targets(links: Sequence[Link]) -> Iterator[Fault]:
    known: set[Digest] = set()
    for link in links:
        if link.gap:  # what the missing records completed cannot be known
            return
        if link.record.kind == "rollback" and link.record.digest not in known:
            yield Fault(
                "target", link.manifest, f"It rolls back to {link.record.digest}, which the channel never named."
            )
        if link.state == "completed":
            known.add(link.record.digest)


def _releases(links: Sequence[Link], releases: dict[str, Digest]) -> Iterator[Fault]:
    for link in links:
        first = releases.get(link.record.release, link.record.digest)
        if first != link.record.digest:
            yield Fault("release", link.manifest, f"It gives {link.record.release} another digest than {first}.")

"""The four DORA figures of a channel, from its records alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from gitless.errors import UsageError
from gitless.model.history import ChannelHistory, DeliveryFigures, Link


def measure(history: ChannelHistory, start: datetime, end: datetime) -> DeliveryFigures:
    """Measure a period.

    A change counts as failed when a later rollback left or withdrew its digest. When a failure was noticed is on no
    record, so time to restore is counted from the promotion.

    Args:
        history: The channel.
        start: Begin of the period.
        end: End of the period, itself outside.

    Raises:
        UsageError: The period ends before it begins.
    """
    if end <= start:
        raise UsageError("The period ends before it begins.")
    done = history.completed
    changes = [
        (place, link) for place, link in enumerate(done) if link.record.kind == "promote" and start <= link.time < end
    ]
    repairs = [(link, _repair(done[place + 1 :], link)) for place, link in changes]
    failed = [(link, repair) for link, repair in repairs if repair]
    used = [link for _, link in changes] + [repair for _, repair in failed]
    return DeliveryFigures(
        start,
        end,
        len(changes),
        len(changes) / ((end - start) / timedelta(days=1)),
        _median([link.time - link.record.committed for _, link in changes if link.record.committed]),
        len(failed),
        len(failed) / len(changes) if changes else None,
        _median([repair.time - link.time for link, repair in failed]),
        any(link.is_claimed for link in used),
    )


def _repair(later: Sequence[Link], change: Link) -> Link | None:
    """The first rollback that left or withdrew what was promoted, before it was promoted again."""
    digest = change.record.digest
    for link in later:
        record = link.record
        if record.kind == "rollback" and digest in (record.observed, record.withdraws):
            return link
        if record.digest == digest:
            return None
    return None


def _median(times: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(time.total_seconds() for time in times)) if times else None

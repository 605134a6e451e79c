"""Which parts of a trusted root are over: what signs from now on would not verify under it any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gitless.verification.trusted_root import Authority, Period, TrustedRoot


def ended(root: TrustedRoot, now: datetime) -> tuple[str, ...]:
    """One sentence for each kind of service of which none is in use at `now`.

    Args:
        root: The trusted root.
        now: The time, UTC.
    """
    kinds = (
        ("certificate authority", [_authority(item) for item in root.authorities]),
        ("transparency log", [item.valid for item in root.tlogs.values()]),
        ("certificate log", [item.valid for item in root.ctlogs.values()]),
        ("timestamp authority", [_authority(item) for item in root.timestamp_authorities]),
    )
    return tuple(_sentences(kinds, now))


def _sentences(kinds: tuple[tuple[str, list[Period]], ...], now: datetime) -> Iterator[str]:
    for word, periods in kinds:
        if periods and not any(period.holds(now) for period in periods):
            ends = [period.end for period in periods if period.end and period.end < now]
            when = f"the last one until {max(ends):%Y-%m-%d}" if ends else "none has begun"
            yield f"No {word} of the trusted root is in use: {when}."


def _authority(item: Authority) -> Period:
    """Its own window, and no longer than any certificate of its chain."""
    end = min(certificate.not_valid_after_utc for certificate in item.chain)
    return Period(item.valid.start, min(item.valid.end, end) if item.valid.end else end)

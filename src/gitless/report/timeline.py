"""A channel's timeline as coordinates; the page draws it as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gitless.model.history import Link
from gitless.report.words import act, minute

WIDTH, MARGIN = 960, 40
_LABEL_WIDTH = 76
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """One record on the line.

    Attributes:
        x: Where, in units of the drawing.
        shape: `promote`, `rollback` or `emergency`.
        is_completed: Whether the move was shown; drawn filled.
        label: What stands above it; empty where there is no room.
        title: What it is, in words.
        sequence: The record's number.
    """

    x: float
    shape: Literal["promote", "rollback", "emergency"]
    is_completed: bool
    label: str
    title: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Marks, oldest first, and the dates below the line."""

    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]


def draw(links: Sequence[Link], end: datetime) -> Timeline:
    """Place records on a line from the first of them to `end`; without records there is none.

    Args:
        links: The records.
        end: When the history was read.
    """
    if not links:
        return Timeline((), ())
    start = min(link.time for link in links)
    stop = max(end, *(link.time for link in links), start + timedelta(seconds=1))
    length = stop - start

    def place(moment: datetime) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * ((moment - start) / length), 1)

    moments = [start + length * step / (_TICKS - 1) for step in range(_TICKS)]
    days = length > timedelta(days=2)
    ticks = tuple((place(moment), f"{moment:%Y-%m-%d}" if days else f"{moment:%m-%d %H:%M}") for moment in moments)
    return Timeline(tuple(_marks([(place(link.time), link) for link in links])), ticks)


def _marks(placed: Sequence[tuple[float, Link]]) -> Iterator[Mark]:
    labels = _labels(placed)
    for x, link in placed:
        record = link.record
        shape: Literal["promote", "rollback", "emergency"] = "emergency" if record.emergency else record.kind
        title = f"Record {record.sequence}, {minute(link.time)}: {act(link)} {record.release}".rstrip()
        yield Mark(x, shape, link.state == "completed", labels.get(record.sequence, ""), title, record.sequence)


def _labels(placed: Sequence[tuple[float, Link]]) -> dict[int, str]:
    """Labels from the newest on, as long as none covers another."""
    found: dict[int, str] = {}
    free = float(WIDTH)
    for x, link in sorted(placed, key=lambda pair: pair[0], reverse=True):
        text = link.record.release or f"#{link.record.sequence}"
        if x + _LABEL_WIDTH / 2 <= free and len(text) <= 12:
            found[link.record.sequence] = text
            free = x - _LABEL_WIDTH / 2
    return found

"""What `gitless history` tells: the channels of one component over a period, with figures and how to check again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gitless.model.history import ChannelHistory, DeliveryFigures, Link
from gitless.model.results import VerifyFlags


@dataclass(frozen=True, slots=True)
class ChannelChronicle:
    """One channel.

    Attributes:
        repository: Where it is.
        history: All of its records, whatever period was asked for: a chain is whole or is not.
        since: Begin of the period; None for everything.
        figures: The four DORA figures; None where there is no record to measure.
        unread: Referrers of the channel's digest that were left unread; records may be among them.
    """

    repository: str
    history: ChannelHistory
    since: datetime | None
    figures: DeliveryFigures | None
    unread: int = 0

    @property
    def name(self) -> str:
        """The channel."""
        return self.history.channel

    @property
    def shown(self) -> tuple[Link, ...]:
        """The records of the period, oldest first."""
        since = self.since
        return tuple(link for link in self.history.links if since is None or link.time >= since)

    @property
    def earlier(self) -> int:
        """How many records are older than the period."""
        return len(self.history.links) - len(self.shown)

    @property
    def ok(self) -> bool:
        """Whether every record is what it should be, and the channel names what the last one says."""
        return self.history.ok and not self.unread


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The history of one component.

    Attributes:
        component: The component.
        channels: Its channels, in the order they were asked for.
        made: When it was read, UTC.
        flags: How readers verify the promoting identity's evidence; None where no one flag set says it.
        notices: What the reader should know.
        requests: Requests sent.
    """

    component: str
    channels: tuple[ChannelChronicle, ...]
    made: datetime
    flags: VerifyFlags | None = None
    notices: tuple[str, ...] = ()
    requests: int = 0

    @property
    def ok(self) -> bool:
        """Whether there is nothing to report."""
        return all(channel.ok for channel in self.channels)

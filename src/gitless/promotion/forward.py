"""Which way a channel may move: forward, or not at all.

Facts come from Git where both commits are known there, else from the commit times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["newer", "same", "older", "unknown"]
Move = Literal["move", "keep", "refuse"]


@dataclass(frozen=True, slots=True)
class Position:
    """What the channel names now, as far as it can be believed.

    Attributes:
        trusted: Its evidence verifies under the publishing identity; only then its annotations count.
        order: How this run's commit stands to the channel's.
        revision: The channel's revision annotation, for people.
        flooded: Whether its evidence could not be read whole: what is not trusted may be so all the same.
    """

    trusted: bool
    order: Order
    revision: str
    flooded: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with the channel, and why."""

    move: Move
    reason: str


def decide(position: Position | None, rewritten_history: str = "") -> Decision:
    """Decide on a channel.

    Args:
        position: What it names; None when it names nothing yet.
        rewritten_history: The reason given with `--rewritten-history`; empty when none was.
    """
    if position is None:
        return Decision("move", "The channel does not exist yet.")
    if not position.trusted and position.flooded and position.order == "older":
        # what cannot be told is never a reason to go back; newer commits are not held up
        return Decision("keep", f"It claims a newer commit, {position.revision}, and has more evidence than is read.")
    if not position.trusted:
        return Decision("move", "What the channel named carries no valid evidence of this identity; it is replaced.")
    if position.order in ("newer", "same"):
        return Decision("move", f"This commit follows {position.revision}.")
    if position.order == "older":
        return Decision("keep", f"The channel already names a newer commit, {position.revision}.")
    if rewritten_history:
        return Decision("move", f"{position.revision} is not in this history: {rewritten_history}")
    return Decision("refuse", f"The channel's revision {position.revision} is not in the history of this commit.")

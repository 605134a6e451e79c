"""What a job or a laptop can do, one row for each thing that gitless needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "no", "skipped", "note"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look has shown.

    Attributes:
        state: `ok`; `no`: something that is needed is not there; `skipped`: not looked at; `note`: nothing is wrong,
            and the reader should know it.
        text: What was seen, or why nobody looked; may have several lines, and foreign text in them.
        fix: What to do; lines to paste where there are any. Empty where there is nothing to do.
    """

    state: State
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at.

    Attributes:
        name: Stable name such as `registry-write`; scripts rely on it.
        seen: What the look has shown.
        about: Which one it was, where there are several: a repository.
    """

    name: str
    seen: Seen
    about: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """All that was looked at.

    Attributes:
        rows: In the order people read them.
        quick: Whether nothing was asked over the network.
    """

    rows: tuple[Row, ...]
    quick: bool = False

    @property
    def noes(self) -> tuple[Row, ...]:
        """The rows that say no."""
        return tuple(row for row in self.rows if row.seen.state == "no")

    @property
    def ok(self) -> bool:
        """Whether something was looked at and nothing says no."""
        return bool(self.rows) and not self.noes

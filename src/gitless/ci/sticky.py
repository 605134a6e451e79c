"""Keeps exactly one comment of ours under a request: found by its mark and author, updated, never repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gitless.ci.answers import GapError
from gitless.ci.writes import make_once
from gitless.errors import RemoteError
from gitless.report.comment import has_mark, is_same

_GONE = 404
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment that is there: the platform's number for it, which grows with time, and its text."""

    id: int
    body: str


class Board(Protocol):
    """The comments under one pull or merge request, as one account sees and writes them."""

    def ours(self) -> list[Posted]:
        """Every comment that this very account wrote, from all pages, in any order.

        Raises:
            GapError: They may not be read.
            RemoteError: The platform failed.
        """
        ...

    def create(self, body: str) -> Posted:
        """Write a new comment.

        Raises:
            UncertainError: It may have been written.
            GapError: It may not be written.
            RemoteError: The platform failed.
        """
        ...

    def update(self, number: int, body: str) -> None:
        """Give a comment another text; errors as `create`."""
        ...

    def delete(self, number: int) -> None:
        """Remove a comment; errors as `create`."""
        ...

    def pause(self) -> None:
        """Wait a moment, for what a lost answer was about to show."""
        ...


def keep_one(board: Board, mark: str, body: str) -> tuple[int, ...]:
    """See to it that one comment with this mark is there, and says this.

    The oldest one stays, since people may have answered to it. More than one of ours is what two jobs leave that
    looked at the same time; whoever looks last removes the others.

    Args:
        board: The comments.
        mark: The first line of ours.
        body: What it shall say; begins with the mark.

    Returns:
        The comments that were removed, by number.

    Raises:
        GapError: This job may not write here.
        RemoteError: The platform failed.
        UntrustedContentError: Its answers cannot be used.
    """
    for _ in range(_ROUNDS):
        removed = _settle(board, mark, body)
        if removed is not None:
            return removed
    raise RemoteError("Cannot write the comment.", why="It is removed while it is written.", temporary=True)


def _settle(board: Board, mark: str, body: str) -> tuple[int, ...] | None:
    """One look and what it takes; None where the comment was removed meanwhile."""
    made: list[Posted] = []
    found = make_once(lambda: _marked(board, mark) or None, lambda: _new(board, body, made), board.pause)
    # another job may have written one since we looked: whoever looks last sees them all
    every = {posted.id: posted for posted in ([*made, *_marked(board, mark)] if made else found)}
    first = every.pop(min(every))
    is_said = any(first.id == posted.id for posted in made) or is_same(first.body, body)
    if not is_said and not _there(lambda: board.update(first.id, body)):
        return None
    return tuple(number for number in sorted(every) if _is_deleted(board, number))


def _marked(board: Board, mark: str) -> list[Posted]:
    return [posted for posted in board.ours() if has_mark(posted.body, mark)]


def _new(board: Board, body: str, made: list[Posted]) -> list[Posted]:
    made.append(board.create(body))
    return made


def _is_deleted(board: Board, number: int) -> bool:
    """Remove a comment; False where the other job was first."""
    return _there(lambda: board.delete(number))


def _there(write: Callable[[], None]) -> bool:
    """Do a write, and say whether the comment was still there."""
    try:
        write()
    except GapError as error:
        if error.status != _GONE:
            raise
        return False
    return True

"""The comments under one request on a platform: what both platforms' views of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gitless.ci.answers import Fields, Question
from gitless.ci.sticky import Posted
from gitless.ci.writes import Method


class Writer(Protocol):
    """The part of a platform's API that writes."""

    def send(self, question: Question, method: Method, body: Mapping[str, Any] | None = None) -> Fields:
        """Write at a path below the repository."""
        ...

    def pause(self) -> None:
        """Wait a moment, for what a lost answer was about to show."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where the comments are.

    Attributes:
        noun: What the platform calls one: `comment`.
        request: What they are under: `pull request 7`.
        all: Path of them all.
        one: Path of one, without its number.
        update: How one is given another text.
        need: The permission it takes, for those who lack it.
    """

    noun: str
    request: str
    all: str
    one: str
    update: Literal["PATCH", "PUT"]
    need: str


class Comments(ABC):
    """Writes comments; implements `sticky.Board` but for who wrote what, which each platform tells in its own way.

    Args:
        api: Where to write.
        place: Where there.
    """

    def __init__(self, api: Writer, place: Place) -> None:
        self._writer, self._place = api, place

    @abstractmethod
    def ours(self) -> list[Posted]:
        """See `sticky.Board`."""

    def create(self, body: str) -> Posted:
        """See `sticky.Board`."""
        place = self._place
        question = Question(f"write a {place.noun} to {place.request}", place.all, need=place.need)
        return posted(self._writer.send(question, "POST", {"body": body}))

    def update(self, number: int, body: str) -> None:
        """See `sticky.Board`."""
        self._writer.send(self._one("update", number), self._place.update, {"body": body})

    def delete(self, number: int) -> None:
        """See `sticky.Board`."""
        self._writer.send(self._one("remove", number), "DELETE")

    def pause(self) -> None:
        """See `sticky.Board`."""
        self._writer.pause()

    def _all(self, query: tuple[tuple[str, str], ...] = ()) -> Question:
        place = self._place
        return Question(f"read the {place.noun}s of {place.request}", place.all, query, place.need)

    def _one(self, verb: str, number: int) -> Question:
        place = self._place
        return Question(f"{verb} our {place.noun} on {place.request}", f"{place.one}/{number}", need=place.need)


def posted(item: Fields) -> Posted:
    """A comment from the platform's answer; both tell number and text alike."""
    return Posted(item.number("id"), item.long_text("body"))

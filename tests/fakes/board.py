"""What is written beside the code on a platform: comments, deployments, commit statuses. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.forge import Account


@dataclass
class Note:
    """A comment, by somebody; None is an account that is gone."""

    id: int
    author: Account | None
    body: str
    is_system: bool = False


@dataclass
class Deployed:
    """A deployment, with its states, newest first."""

    id: int
    sha: str
    environment: str
    payload: Any
    states: list[dict[str, str]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Board:
    """One repository's; ids grow and never repeat."""

    notes: dict[int, list[Note]] = field(default_factory=dict)
    deployments: list[Deployed] = field(default_factory=list)
    statuses: list[dict[str, str]] = field(default_factory=list)
    last: int = 1000

    def number(self) -> int:
        """The next id."""
        self.last += 1
        return self.last

    def say(self, request: int, author: Account | None, body: str, *, is_system: bool = False) -> Note:
        """Write a comment under a request."""
        note = Note(self.number(), author, body, is_system)
        self.notes.setdefault(request, []).append(note)
        return note

    def find(self, number: int) -> Note | None:
        """The comment with a number."""
        return next((note for notes in self.notes.values() for note in notes if note.id == number), None)

    def remove(self, number: int) -> None:
        """Remove a comment."""
        for request, notes in self.notes.items():
            self.notes[request] = [note for note in notes if note.id != number]

    def bodies(self, request: int) -> list[str]:
        """What the comments under a request say, oldest first."""
        return [note.body for note in self.notes.get(request, ())]

    def deploy(self, sha: str, environment: str, payload: Any = "", *states: dict[str, str]) -> Deployed:
        """Make a deployment."""
        made = Deployed(self.number(), sha, environment, payload, list(states))
        self.deployments.insert(0, made)
        return made

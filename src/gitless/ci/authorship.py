"""Who wrote commits: people by id where one is known, and the rest as text, so that nobody is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gitless.model.approval import Person
from gitless.model.redaction import redact

_TRAILER = re.compile(
    r"^co-authored-by:[ \t]*(?P<name>[^<\n]{0,200})<(?P<mail>[^>\s]{1,254})>", re.IGNORECASE | re.MULTILINE
)
_NOREPLY = re.compile(r"(?P<id>[1-9][0-9]{0,18})[+-][^@]{1,100}@users\.noreply\.(?P<host>[a-z0-9.-]{1,253})")
MAX_TRAILERS = 100
IS_PROGRAM = "is a program, and programs do not approve"


@dataclass(frozen=True, slots=True)
class Authorship:
    """Authors of something.

    Attributes:
        people: Those whose account is known, each once.
        unknown: Those whose account is not, as text.
    """

    people: tuple[Person, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def joined(cls, parts: Iterable[Authorship]) -> Authorship:
        """Everyone of several, each once, in order of first appearance."""
        people: dict[Person, None] = {}
        unknown: dict[str, None] = {}
        for part in parts:
            people.update(dict.fromkeys(part.people))
            unknown.update(dict.fromkeys(part.unknown))
        return cls(tuple(people), tuple(unknown))


@dataclass(frozen=True, slots=True)
class Coauthor:
    """Whom a commit message names beside the author.

    Attributes:
        name: The name; foreign text.
        mail: The e-mail address.
    """

    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a range.

    Who wrote it is asked for late: reading changes may teach whose an e-mail address is.

    Attributes:
        sha: Its id.
        parents: Its parents' ids, the first one first.
        wrote: Gives author and co-authors.
        committed: Gives who made the commit object.
        coauthors: Whom its message names.
    """

    sha: str
    parents: tuple[str, ...]
    wrote: Callable[[], Authorship]
    committed: Callable[[], Authorship]
    coauthors: tuple[Coauthor, ...] = ()

    def everyone(self) -> Authorship:
        """Everyone who had to do with it."""
        return Authorship.joined([self.wrote(), self.committed()])


def coauthors(message: str) -> tuple[Coauthor, ...]:
    """The people in a commit message's `Co-authored-by` trailers; every line of that form counts, wherever it is."""
    found = [Coauthor(match["name"].strip(), match["mail"]) for match in _TRAILER.finditer(message)]
    return tuple(found[:MAX_TRAILERS])


def account_of(mail: str, platform: str) -> str:
    """The account id a platform wrote into a private address (`ID+login@users.noreply.HOST`); empty for all others."""
    match = _NOREPLY.fullmatch(mail.lower())
    return match["id"] if match and match["host"] == platform else ""


def stranger(role: str, name: str, mail: str, sha: str) -> str:
    """How an author without a known account is told."""
    return redact(f"{role} {name} <{mail}> of {sha[:12]}", 200)

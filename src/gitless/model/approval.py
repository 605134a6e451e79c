"""Who approved, who wrote, and what was checked, as a CI platform's API tells it.

People are told apart by the platform's immutable id alone; a login is for reading. What could not be learned is a
`Gap`, and never an empty list: a gate that meets one says no, with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["environment", "review", "deployment", "merge-request"]
State = Literal["approved", "rejected", "withdrawn"]
_ID = re.compile(r"[1-9][0-9]{0,19}")


@dataclass(frozen=True, slots=True)
class Person:
    """An account. Two are equal when their ids are, whatever they are called: logins can be changed and taken over.

    Attributes:
        platform: Host of the server that gave the number, such as `github.com`.
        id: The platform's number for the account; it never changes.
        login: What it is called now; foreign text, for people only.
        is_bot: Whether a program acts under it.
    """

    platform: str
    id: str
    login: str = field(default="", compare=False)
    is_bot: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError("a person has a platform id: digits, not beginning with 0")

    def __str__(self) -> str:
        return self.login or f"{self.platform} account {self.id}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be learned.

    Attributes:
        reason: What, and why not.
        hint: What to do about it; may hold lines of YAML to paste.
    """

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's word on one thing.

    Attributes:
        person: Who.
        kind: Where it was given: an environment or deployment of this run, or the review of a change.
        state: What was said.
        at: When, UTC; None where the platform does not say (GitHub's environments).
        commit: The commit it was given for; empty for runs.
        url: Where people look at it.
        flaw: Why it does not count although it was given, as it follows the person's name: `approved commit …`; empty
            where nothing speaks against it.
    """

    person: Person
    kind: Kind
    state: State
    at: datetime | None = None
    commit: str = ""
    url: str = ""
    flaw: str = ""

    @property
    def counts(self) -> bool:
        """Whether it says yes, and nothing speaks against it on its own account."""
        return self.state == "approved" and not self.flaw


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided about the deployment of this very run.

    Attributes:
        requesters: Who started the run, and who started it again.
        approvals: Every word given, the ones that do not count too.
        gaps: What could not be learned about it.
    """

    requesters: tuple[Person, ...] = ()
    approvals: tuple[Approval, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A merged pull or merge request.

    Attributes:
        number: Its number in the repository.
        url: Where people look at it.
        head: Its last commit, the one that was merged.
        authors: Everyone who opened it or wrote one of its commits.
        unknown: Authors without an account that could be found, as text.
        approvals: The last word of every reviewer, the ones that do not count too.
    """

    number: int
    url: str
    head: str
    authors: tuple[Person, ...] = ()
    unknown: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that lies between two revisions of a branch.

    Attributes:
        older: The revision before the range; empty when there was none.
        newer: The last revision in it.
        changes: The merged changes that brought it.
        direct: Commits that no merged change brought, newest first; nobody reviewed them.
        authors: Everyone who wrote or pushed any of it, the authors of `changes` too.
        unknown: Authors without an account that could be found, as text.
        gaps: What could not be learned; with any, the lists above are not complete.
        why_direct: Why commits may be in `direct` although a change was merged for them; empty when that cannot be.
    """

    older: str
    newer: str
    changes: tuple[Change, ...] = ()
    direct: tuple[str, ...] = ()
    authors: tuple[Person, ...] = ()
    unknown: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    why_direct: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The last result of one check of a commit.

    Attributes:
        name: Name of the check run, status context or job.
        app_id: The app that reported it; None where the platform has no such number.
        conclusion: `success`, `failure`, …; `pending` while there is none.
        url: Where people look at it.
    """

    name: str
    app_id: int | None
    conclusion: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class CheckResults:
    """All checks of one commit.

    Attributes:
        commit: The commit.
        results: The last result of each name and app.
        gaps: What could not be learned.
    """

    commit: str
    results: tuple[CheckResult, ...] = ()
    gaps: tuple[Gap, ...] = ()

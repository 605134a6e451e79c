"""Reads the platforms' JSON answers field by field: each by name and form, and no other text of theirs is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.approval import Gap

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]{1,255}(/[A-Za-z0-9._~%+/#?=&:@!,-]{0,1500})?")
_MAX_TEXT = 1024


class GapError(Exception):
    """What was asked may not be done by this job; carries what to say about it, and the answer's status if any."""

    def __init__(self, gap: Gap, status: int = 0) -> None:
        super().__init__(gap.reason)
        self.gap, self.status = gap, status


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to read, or to write.

    Attributes:
        doing: What for, after "Cannot": `read the approvals of this run`.
        path: Path below the API's base, already quoted.
        query: The query's parameters.
        need: The permission it takes, for those who lack it; with `: write` where reading is not enough.
        is_paged: Whether the answer comes in pages; the few that do not know no `per_page`.
    """

    doing: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    need: str = ""
    is_paged: bool = True


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of an answer.

    Attributes:
        values: The object.
        what: What it is, for error texts: `a review`.
    """

    values: Mapping[str, Any]
    what: str

    @classmethod
    def of(cls, value: Any, what: str) -> Fields:
        """Take a JSON value that must be an object.

        Raises:
            UntrustedContentError: It is none.
        """
        if not isinstance(value, dict):
            raise UntrustedContentError(f"The platform's answer about {what} cannot be used.", why="It is no object.")
        return cls(value, what)

    def text(self, name: str) -> str:
        """A text of at most 1024 characters; empty where it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._malformed(name)
        return value[:_MAX_TEXT]

    def long_text(self, name: str) -> str:
        """A text of any length, such as a commit message; empty where it is absent or null."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def url(self, name: str) -> str:
        """A web address; empty where it is absent or has characters an address needs not."""
        value = self.text(name)
        return value if _URL.fullmatch(value) else ""

    def number(self, name: str) -> int:
        """A positive whole number."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**19:
            raise self._malformed(name)
        return value

    def commit(self, name: str) -> str:
        """A full commit id; empty where it is absent or null."""
        value = self.values.get(name)
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or not _COMMIT.fullmatch(value):
            raise self._malformed(name)
        return value

    def moment(self, name: str) -> datetime | None:
        """A time, UTC; None where it is absent or null."""
        text = self.text(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise self._malformed(name) from error
        if moment.tzinfo is None:
            raise self._malformed(name)
        return moment.astimezone(timezone.utc)

    def inner(self, name: str) -> Fields | None:
        """An object inside; None where it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._malformed(name)
        return Fields(value, self.what)

    def must(self, name: str) -> Fields:
        """An object inside that has to be there."""
        found = self.inner(name)
        if found is None:
            raise self._malformed(name)
        return found

    def list(self, name: str) -> tuple[Fields, ...]:
        """A list of objects inside; empty where it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._malformed(name)
        return tuple(Fields(item, self.what) for item in value)

    def _malformed(self, name: str) -> UntrustedContentError:
        return UntrustedContentError(
            f"The platform's answer about {self.what} cannot be used.",
            why=f"Its field {name} is missing or malformed.",
        )

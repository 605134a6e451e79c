"""Reads typed, limited fields out of a JSON object that came from outside.

Fields nobody asks for are ignored, as in-toto's parsing rules want: a newer writer may say more. Absent and null are
the same. Every refusal names the field, and never repeats more than a little of what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.digest import Digest
from gitless.model.line import is_line
from gitless.model.revision import parse_rfc3339

MAX_LINE = 1024
MAX_ITEMS = 100
MAX_NUMBER = 2**53 - 1  # what every JSON reader can hold (RFC 8259, section 6)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class Fields:
    """One object's fields.

    Args:
        value: Parsed JSON.
        what: Where it stands, for error texts, such as `The promotion record`.

    Raises:
        UntrustedContentError: It is no object.
    """

    def __init__(self, value: Any, what: str) -> None:
        if not isinstance(value, Mapping):
            raise UntrustedContentError(f"{what} is not a JSON object.")
        self._value = value
        self._what = what

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of all fields."""
        return tuple(self._value)

    def line(self, key: str, *, limit: int = MAX_LINE, needed: bool = False) -> str:
        """One line of text; empty where it is absent, unless it is needed."""
        text = self._get(key)
        if text is None:
            text = ""
        if not isinstance(text, str) or not is_line(text, limit):
            raise self._refuse(key, f"is not one line of text of at most {limit} characters")
        if needed and not text:
            raise self._refuse(key, "is missing")
        return text

    def word(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of a few words; it must be there."""
        text = self._get(key)
        if not isinstance(text, str) or text not in allowed:
            raise self._refuse(key, f"is none of {', '.join(allowed)}")
        return text

    def flag(self, key: str) -> bool:
        """True or false; false where it is absent."""
        value = self._get(key)
        if value is not None and not isinstance(value, bool):
            raise self._refuse(key, "is neither true nor false")
        return bool(value)

    def number(self, key: str, *, least: int) -> int:
        """A whole number that must be there."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_NUMBER:
            raise self._refuse(key, f"is not a whole number from {least}")
        return value

    def digest(self, key: str) -> Digest:
        """A digest that must be there."""
        found = self.maybe_digest(key)
        if found is None:
            raise self._refuse(key, "is missing")
        return found

    def maybe_digest(self, key: str) -> Digest | None:
        """A digest, or None where it is absent."""
        value = self._get(key)
        if value is None:
            return None
        try:
            return Digest.parse(value)
        except UsageError as error:
            raise self._refuse(key, "is no sha256 digest") from error

    def moment(self, key: str) -> datetime:
        """A time that must be there: RFC 3339 in UTC with whole seconds."""
        found = self.maybe_moment(key)
        if found is None:
            raise self._refuse(key, "is missing")
        return found

    def maybe_moment(self, key: str) -> datetime | None:
        """A time, or None where it is absent."""
        value = self._get(key)
        if value is None:
            return None
        try:
            if isinstance(value, str) and _MOMENT.fullmatch(value):
                return parse_rfc3339(value)
        except UsageError:
            pass
        raise self._refuse(key, "is no UTC time such as 2026-11-20T10:00:00Z")

    def inner(self, key: str) -> Fields | None:
        """An object inside, or None where it is absent."""
        value = self._get(key)
        return None if value is None else Fields(value, f"{self._what}: {key}")

    def items(self, key: str, *, limit: int = MAX_ITEMS) -> tuple[Fields, ...]:
        """A list of objects; empty where it is absent."""
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > limit:
            raise self._refuse(key, f"is not a list of at most {limit}")
        return tuple(Fields(item, f"{self._what}: {key}[{index}]") for index, item in enumerate(value))

    def lines(self, key: str) -> dict[str, str]:
        """A mapping of texts to texts; empty where it is absent."""
        inside = self.inner(key)
        if inside is None:
            return {}
        names = inside.names
        if len(names) > MAX_ITEMS or not all(is_line(name, MAX_LINE) for name in names):
            raise self._refuse(key, f"does not map at most {MAX_ITEMS} texts")
        return {name: inside.line(name) for name in names}

    def _get(self, key: str) -> Any:
        return self._value.get(key)

    def _refuse(self, key: str, problem: str) -> UntrustedContentError:
        return UntrustedContentError(f"{self._what}: {key} {problem}.", why=f"It is {self._get(key)!r:.80}")

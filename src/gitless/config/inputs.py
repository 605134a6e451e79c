"""The inputs of a CI action or component, as variables carry them: strings without a type, and hostile until checked.

A workflow's author may build an input from a branch name or a title, so its text can be anybody's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from gitless.errors import UsageError

PREFIX = "GITLESS_INPUT_"
MAX_INPUT = 64 * 1024  # characters; the longest honest one is a list of annotations
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


class Inputs:
    """Reads inputs by their name; an error names the input and never shows its value, which may be a secret.

    Args:
        env: The environment; the input `dry-run` is the variable `GITLESS_INPUT_DRY_RUN`.

    Attributes:
        is_gitlab: Whether they are a component's, and not an action's.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.is_gitlab = env.get("GITLAB_CI") == "true"

    @property
    def place(self) -> str:
        """Where people write inputs, for error texts."""
        return "`inputs:` of the component" if self.is_gitlab else "`with:` of the step"

    def text(self, name: str) -> str | None:
        """One line; None when it is empty, as platforms pass inputs that are not given.

        Raises:
            UsageError: It is very long, has several lines, or holds characters that nobody sees.
        """
        value = self._raw(name).strip()
        if "\n" in value or "\r" in value:
            raise self._refused(name, "It has several lines, and one is expected.")
        return value or None

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`.

        Raises:
            UsageError: It is something else.
        """
        value = self.choice(name, ("true", "false"))
        return default if value is None else value == "true"

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """One of some words; None when it is empty.

        Raises:
            UsageError: It is something else.
        """
        value = self.text(name)
        if value is not None and value not in allowed:
            raise self._refused(name, f"It must be one of: {', '.join(allowed)}.")
        return value

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines that are not blank, without white space around them.

        Raises:
            UsageError: As `text`.
        """
        stripped = (line.strip() for line in self._raw(name).replace("\r\n", "\n").split("\n"))
        return tuple(line for line in stripped if line)

    def words(self, name: str) -> tuple[str, ...]:
        """What white space and commas separate: names, tags.

        Raises:
            UsageError: As `text`.
        """
        return tuple(self._raw(name).replace(",", " ").split())

    def pairs(self, name: str) -> dict[str, str]:
        """Lines of `key=value`.

        Raises:
            UsageError: As `text`; a line has no `=`, or a key stands there twice.
        """
        found: dict[str, str] = {}
        for number, line in enumerate(self.lines(name), start=1):
            key, equals, value = line.partition("=")
            if not equals or not key.strip():
                raise self._refused(name, f"Line {number} is not key=value.")
            if key.strip() in found:
                raise self._refused(name, f"Line {number} gives a key for the second time.")
            found[key.strip()] = value.strip()
        return found

    def _raw(self, name: str) -> str:
        value = self._env.get(PREFIX + name.upper().replace("-", "_"), "")
        if len(value) > MAX_INPUT:
            raise self._refused(name, f"It has more than {MAX_INPUT} characters.")
        for character in value:
            if character not in " \n\r\t" and unicodedata.category(character) in _UNSEEN:
                raise self._refused(name, f"It holds the invisible character U+{ord(character):04X}.")
        return value

    def _refused(self, name: str, why: str) -> UsageError:
        return UsageError(f"The input {name!r} is not valid.", why=why, hint=f"Correct {self.place}.")

"""Matches one path component against one shell pattern, as Go's `path.Match` does, in bounded time.

`*`, `?`, `[a-z]`, `[^a-z]` and a backslash as escape; there is no `{a,b}`. Only the last star is ever reconsidered,
so the work is at most pattern length times name length.
"""

from __future__ import annotations

from dataclasses import dataclass

from gitless.errors import UsageError


@dataclass(frozen=True, slots=True)
class _Set:
    """A character, a class of characters, or any character (no ranges, negated)."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def holds(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) != self.negated


_ANY = _Set((), negated=True)


@dataclass(frozen=True, slots=True)
class Glob:
    """A parsed pattern; None among the parts stands for a star."""

    parts: tuple[_Set | None, ...]

    @classmethod
    def parse(cls, text: str) -> Glob:
        """Read a pattern without slashes.

        Raises:
            UsageError: It is malformed: an open bracket or a backslash at the end.
        """
        parts: list[_Set | None] = []
        position = 0
        while position < len(text):
            if text[position] == "*":
                part, position = None, position + 1
            elif text[position] == "?":
                part, position = _ANY, position + 1
            elif text[position] == "[":
                part, position = _read_class(text, position + 1)
            else:
                character, position = _read_character(text, position)
                part = _Set(((character, character),))
            parts.append(part)
        return cls(tuple(parts))

    def matches(self, name: str) -> bool:
        """Whether the whole of `name` matches."""
        part = position = 0
        star = resume = -1
        while position < len(name):
            current = self.parts[part] if part < len(self.parts) else _NOTHING
            if current is None:
                star, resume = part, position
                part += 1
            elif current.holds(name[position]):
                part, position = part + 1, position + 1
            elif star >= 0:
                resume += 1
                part, position = star + 1, resume
            else:
                return False
        return all(rest is None for rest in self.parts[part:])


_NOTHING = _Set(())


def _read_character(text: str, position: int) -> tuple[str, int]:
    if text[position] == "\\":
        position += 1
    if position >= len(text):
        raise _malformed(text)
    return text[position], position + 1


def _read_class(text: str, position: int) -> tuple[_Set, int]:
    negated = text[position : position + 1] == "^"
    position += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and text[position : position + 1] == "]"):
        low, position = _read_member(text, position)
        high = low
        if text[position : position + 1] == "-":
            high, position = _read_member(text, position + 1)
        ranges.append((low, high))
    return _Set(tuple(ranges), negated), position + 1


def _read_member(text: str, position: int) -> tuple[str, int]:
    if text[position : position + 1] in ("", "-", "]"):
        raise _malformed(text)
    character, position = _read_character(text, position)
    if position >= len(text):
        raise _malformed(text)
    return character, position


def _malformed(text: str) -> UsageError:
    return UsageError(
        f"The ignore pattern {text[:100]!r} is malformed.",
        why="A bracket is not closed, a range is incomplete, or it ends in a backslash.",
        hint=r"Write a literal '[' as '\['.",
    )

"""Releases: SemVer 2.0 versions as tags, their order, and the next one.

A tag cannot hold `+`, so there is no build metadata. `v1.2.3` and `1.2.3` are the same version; a channel keeps the
spelling it began with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal

from gitless.errors import UsageError

Part = Literal["major", "minor", "patch"]
_NUMBER = r"0|[1-9][0-9]{0,17}"  # numbers that every reader can hold
_WORD = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"(?P<v>v?)(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})(?:-(?P<pre>{_WORD}(?:\.{_WORD})*))?"
)
_MAX_TAG = 128


@total_ordering
@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """A version; equal and ordered by precedence (SemVer 2.0, section 11), whatever its spelling.

    Attributes:
        major: Raised by incompatible changes.
        minor: Raised by additions.
        patch: Raised by fixes.
        prerelease: Identifiers after the hyphen; empty for a release proper.
        prefix: `v`, or empty.
    """

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    prefix: str = "v"

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version as it is tagged.

        Raises:
            UsageError: It is no SemVer 2.0 version, has build metadata, or is no tag.
        """
        match = _VERSION.fullmatch(text) if len(text) <= _MAX_TAG else None
        if match is None:
            raise UsageError(
                f"Not a release: {text[:80]!r}",
                why="A release is a version by SemVer 2.0, such as v1.2.3 or v2.0.0-rc.1, without build metadata.",
            )
        words = tuple(match["pre"].split(".")) if match["pre"] else ()
        return cls(int(match["major"]), int(match["minor"]), int(match["patch"]), words, match["v"])

    def bumped(self, part: Part) -> Version:
        """The next version; what a prerelease led up to counts as the next one of its kind."""
        if part == "major":
            ready = self.prerelease and not self.minor and not self.patch
            return Version(self.major + (0 if ready else 1), 0, 0, (), self.prefix)
        if part == "minor":
            ready = self.prerelease and not self.patch
            return Version(self.major, self.minor + (0 if ready else 1), 0, (), self.prefix)
        return Version(self.major, self.minor, self.patch + (0 if self.prerelease else 1), (), self.prefix)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._precedence == other._precedence

    def __lt__(self, other: Version) -> bool:
        return self._precedence < other._precedence

    def __hash__(self) -> int:
        return hash(self._precedence)

    def __str__(self) -> str:
        suffix = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return f"{self.prefix}{self.major}.{self.minor}.{self.patch}{suffix}"

    @property
    def _precedence(self) -> tuple[object, ...]:
        # numbers before words, fewer identifiers before more, a release after its prereleases
        words = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in self.prerelease)
        return (self.major, self.minor, self.patch, not self.prerelease, words)


def highest(releases: tuple[str, ...]) -> str:
    """The highest of some releases as they are tagged; what is no version is left out; empty when none is left."""
    versions = []
    for text in releases:
        try:
            versions.append(Version.parse(text))
        except UsageError:
            continue
    return str(max(versions)) if versions else ""


def next_release(current: str, part: Part) -> str:
    """The release that `--bump` makes: v0.1.0, v1.0.0 or v0.0.1 where there is none yet.

    Args:
        current: The channel's highest release; empty when none.
        part: What to raise.
    """
    return str((Version.parse(current) if current else Version(0, 0, 0)).bumped(part))

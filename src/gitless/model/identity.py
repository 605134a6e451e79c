"""Who signs: issuer and subject of a certificate, and the patterns that say which of them are trusted.

A pattern's subject knows one wildcard, `*` for any text; everything else is literal. It is written as an anchored and
escaped regular expression for Flux, cosign and Kyverno, whose own matching is unanchored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGEX_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


@dataclass(frozen=True, slots=True)
class Identity:
    """Issuer and subject, exactly as a certificate or token names them.

    Attributes:
        issuer: The OIDC issuer's URL.
        subject: The certificate's subject alternative name.
    """

    issuer: str
    subject: str

    def __str__(self) -> str:
        return f"{self.subject} (issuer {self.issuer})"


@dataclass(frozen=True, slots=True)
class IdentityPattern:
    """Which identities are trusted.

    Attributes:
        issuer: The one issuer, exact.
        subject: The subject; `*` stands for any text.
        source: URI of the source repository the job must run for, where a certificate says so; empty for any. Flux and
            cosign match issuer and subject only, so a reusable workflow's callers differ in this alone.
    """

    issuer: str
    subject: str
    source: str = ""

    def matches(self, identity: Identity) -> bool:
        """Whether the identity is one of these; nothing is normalised, neither case nor a trailing slash."""
        return identity.issuer == self.issuer and bool(re.fullmatch(self._python, identity.subject))

    @property
    def issuer_regex(self) -> str:
        """The issuer as an anchored regular expression (RE2 and Python agree on it)."""
        return f"^{_escape(self.issuer)}$"

    @property
    def subject_regex(self) -> str:
        """The subject as an anchored regular expression (RE2 and Python agree on it)."""
        return "^" + ".*".join(_escape(part) for part in self.subject.split("*")) + "$"

    @property
    def is_exact(self) -> bool:
        """Whether there is no wildcard in it."""
        return "*" not in self.subject

    def overlaps(self, other: IdentityPattern) -> bool:
        """Whether one identity could be both; the source repository is left out, since Flux does not look at it."""
        return self.issuer == other.issuer and _intersect(self.subject, other.subject)

    def __str__(self) -> str:
        return f"{self.subject} (issuer {self.issuer})"

    @property
    def _python(self) -> str:
        # no newline can be inside: `.` stands for none, as in RE2
        return ".*".join(re.escape(part) for part in self.subject.split("*"))


def _escape(text: str) -> str:
    return _REGEX_SPECIAL.sub(r"\\\1", text)


def _intersect(one: str, two: str) -> bool:
    """Whether some text matches both patterns: every pair of positions that both can have come to is tried once."""
    reached, todo = {(0, 0)}, [(0, 0)]
    while todo:
        here, there = todo.pop()
        if here == len(one) and there == len(two):
            return True
        for pair in _steps(one, two, here, there):
            if pair not in reached:
                reached.add(pair)
                todo.append(pair)
    return False


def _steps(one: str, two: str, here: int, there: int) -> list[tuple[int, int]]:
    left, right = one[here : here + 1], two[there : there + 1]
    steps = []
    if left == "*":
        steps.append((here + 1, there))
        if right:
            steps.append((here, there + 1))
    if right == "*":
        steps.append((here, there + 1))
        if left:
            steps.append((here + 1, there))
    if left and left == right:
        steps.append((here + 1, there + 1))
    return steps

"""Identities as users of cosign and Flux give them: exact text, or a Go regular expression that nothing anchors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitless.errors import UsageError
from gitless.model.identity import Identity

MAX_EXPRESSION = 4096
# what Python reads and Go's RE2 refuses or reads otherwise: look-around, references, atomic groups and possessive
# repeats, POSIX classes, an open lower bound, escapes for code points, octal digits and the end of text
_NOT_GO = re.compile(r"\(\?(?![:imsP]|-)|\(\?P[=>]|[*+?}]\+|\[\[:|\{,|\\[0-9uUNZ]")


@dataclass(frozen=True, slots=True)
class IdentityExpression:
    """Which identities are trusted, by two expressions that both must be found; implements `Matcher`.

    Attributes:
        issuer: Found somewhere in the issuer.
        subject: Found somewhere in the subject alternative name.
        source: Always empty: neither Flux nor cosign looks at the source repository.
    """

    issuer: re.Pattern[str]
    subject: re.Pattern[str]
    source: str = ""

    def matches(self, identity: Identity) -> bool:
        """Whether both expressions are found."""
        return bool(self.issuer.search(identity.issuer) and self.subject.search(identity.subject))


def exactly(text: str) -> re.Pattern[str]:
    """An expression for one text and no other."""
    return re.compile(rf"\A{re.escape(text)}\Z")


def go_expression(text: str, flag: str) -> re.Pattern[str]:
    """Compile an expression that Go and Python read alike.

    Args:
        text: The expression.
        flag: Where it was given, for the error text.

    Raises:
        UsageError: It is malformed, too long, or uses what Go's expressions do not have.
    """
    unknown = _NOT_GO.search(text)
    if len(text) > MAX_EXPRESSION or unknown:
        why = f"Go's regular expressions do not have {unknown[0]!r}." if unknown else "It is too long."
        hint = "Flux and cosign read RE2 syntax: https://golang.org/s/re2syntax"
        raise UsageError(f"{flag} cannot be used.", why=why, hint=hint)
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise UsageError(f"{flag} is no regular expression.", why=str(error)[:200]) from error

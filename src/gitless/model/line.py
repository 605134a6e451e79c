"""Text as one line: what may stand in a record, a reason or a table cell."""

from __future__ import annotations

import unicodedata

# control characters, halves of surrogate pairs, and the two separators that Unicode breaks lines at
_REFUSED = {"Cc", "Cs", "Zl", "Zp"}


def is_line(text: str, limit: int) -> bool:
    """Whether a text is one line of at most `limit` characters, without control characters."""
    return len(text) <= limit and not any(unicodedata.category(character) in _REFUSED for character in text)


def to_line(text: str, limit: int) -> str:
    """Foreign text as one line: other characters become blanks, and what is too long is cut."""
    kept = (" " if unicodedata.category(character) in _REFUSED else character for character in text[:limit])
    return "".join(kept)

"""Foreign text made safe to stand in a document: control and bidirectional characters are spelled out."""

from __future__ import annotations

import re
from urllib.parse import quote

# C0, DEL, C1, bidirectional controls, zero-width characters, line separators, surrogates; and the escape itself
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\\\\]")


def plain(text: str) -> str:
    r"""Spell out characters that could hide or reorder text, as `\u202e`; two texts never become one."""
    return _UNSAFE.sub(_escape, text) if _UNSAFE.search(text) else text


def short(text: str, max_characters: int = 512) -> str:
    """`plain`, cut and marked with `…` where it is longer; for texts that identify nothing."""
    escaped = plain(text[: max_characters + 1])
    return escaped if len(escaped) <= max_characters else escaped[:max_characters] + "…"


def url_path(path: str) -> str:
    """A path as it may stand in a URL; segments stay separated by `/`."""
    return quote(path, safe="/-._~", errors="surrogateescape")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return "\\\\" if character == "\\" else f"\\u{ord(character):04x}"

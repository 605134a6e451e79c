"""Foreign text made harmless for the place it is shown in; every report passes such text through here."""

from __future__ import annotations

import re
import unicodedata

MAX_CELL = 300
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~@&])")
_COMMAND = re.compile(r"^(\s*)::")  # the runner trims white space before it looks
_OLD_COMMAND = "##["  # obeyed anywhere in a line
_WORD_BREAKERS = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def plain(text: str, limit: int = 0) -> str:
    """Text for terminals and logs: control, format and bidirectional characters are shown as their code point.

    Args:
        text: Anything; line feeds are kept.
        limit: Longest result in characters, 0 for no limit; what is cut is marked with `…`.
    """
    shown = "".join(_visible(character) for character in text)
    return shown if not limit or len(shown) <= limit else f"{shown[: limit - 1]}…"


def one_line(text: str, limit: int = MAX_CELL) -> str:
    """`plain` on a single line; also never the start of a CI workflow command (`::` or `##[`)."""
    return plain(" ".join(text.split()), limit).replace("::", ":\u200b:").replace(_OLD_COMMAND, "##\u200b[")


def log_line(text: str) -> str:
    """Text for a CI log: `plain`, with no workflow command: `::` behind blanks either, `##[` nowhere."""
    lines = (_COMMAND.sub("\\1\u200b::", line) for line in plain(text).split("\n"))
    return "\n".join(lines).replace(_OLD_COMMAND, "##\u200b[")


def cell(text: str) -> str:
    """Text inside a Markdown table: one line, no markup, no mention, no link, no HTML."""
    escaped = _MARKDOWN.sub(r"\\\1", plain(" ".join(text.split()), MAX_CELL))
    # GitHub reads @name even behind a backslash; an empty comment-like break keeps it text in both forges
    return escaped.replace("\\@", "@\u200b").replace("://", ":\u200b//")


def code(text: str) -> str:
    """Inline code that holds any text, also in a table."""
    shown = plain(" ".join(text.split()), MAX_CELL).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown else ""


def fence(text: str, language: str = "") -> str:
    """A code block whose fence the text cannot close."""
    shown = plain(text)
    ticks = "`" * max(3, max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    return f"{ticks}{language}\n{shown}\n{ticks}"


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _WORD_BREAKERS:
        return character
    return f"\\u{ord(character):04x}"

"""The one comment under a pull or merge request: a hidden mark, the report, and what had to be left out of it.

What is given is Markdown of ours, in which foreign text is escaped already. Two things are made sure of here once
more, since they decide what the platform does: no text opens an HTML comment, and no line begins a chat command.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from urllib.parse import quote

GITHUB_LIMIT = 65_536
GITLAB_LIMIT = 1_000_000
_HEADROOM = 512  # for what a platform may add, such as carriage returns of its own
_MAX_KEY = 120
_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_FENCE_END = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_BLOCK = re.compile(r" {0,3}</?(details|summary)\b", re.IGNORECASE)
_TAG = re.compile(r"(?<!\\)<(/?)details\b", re.IGNORECASE)
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
_HEADING = re.compile(r"#{1,6} ")
_COMMAND = re.compile(r"^([ \t]*)/(?=[A-Za-z])", re.MULTILINE)


def mark(verb: str, key: str) -> str:
    """The first line of a comment, by which it is found again: one for each verb and key.

    Args:
        verb: What is reported: `publish`.
        key: What tells this report from others under the same request, such as the channel; any text.
    """
    return f"<!-- gitless-report v1 {_word(verb)} {_word(key)} -->"


def has_mark(body: str, expected: str) -> bool:
    """Whether the first line of a comment is this mark; anywhere else it is only text."""
    return body.partition("\n")[0].rstrip("\r") == expected


def is_same(one: str, other: str) -> bool:
    """Whether two bodies are the same, but for line endings and blanks at the end that platforms change."""
    return _lines_of(one) == _lines_of(other)


def compose(first: str, markdown: str, limit: int, link: str) -> str:
    """The body of a comment.

    Args:
        first: Its mark.
        markdown: The report.
        limit: The most characters the platform takes. They are counted as UTF-16 does, which is never fewer than a
            platform that counts code points sees.
        link: Web address of the run; where something is left out, the last line leads there.

    Returns:
        The mark and the report; where that is too long, as many whole lines as fit, ended at a heading where one is
        near, with open code blocks and details closed, and a last line that says how much is missing.
    """
    lines = _lines_of(_safe(markdown)).split("\n")
    room = limit - _HEADROOM - _length(first) - 1
    if _length("\n".join(lines)) <= room:
        return "\n".join([first, *lines])
    room -= _length(_left_out(len(lines), len(lines), limit, link)) + 2
    at = _cut(lines, room)
    kept = "\n".join(lines[: at.lines]).rstrip() + at.state.closing
    return f"{first}\n{kept}\n\n{_left_out(len(lines) - at.lines, len(lines), limit, link)}"


def _word(text: str) -> str:
    """Text as a word that can end neither a line nor an HTML comment; different texts are different words."""
    content = text.encode("utf-8", "surrogatepass")
    word = quote(content, safe="").replace("--", "%2D%2D")
    return word if len(word) <= _MAX_KEY else f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open after some lines: the fence that ends a code block, the number of details, a block of raw HTML."""

    fence: str = ""
    details: int = 0
    is_html: bool = False

    def after(self, line: str) -> _Open:
        if self.fence:
            end = _FENCE_END.fullmatch(line)
            return replace(self, fence="") if end and end[1].startswith(self.fence.strip()) else self
        if not line.strip():
            return replace(self, is_html=False)
        if self.is_html or _BLOCK.match(line):
            return replace(self, is_html=True, details=self._nested(line))
        start = _FENCE.match(line)
        if start:
            return replace(self, fence=start[1] + start[2])
        return replace(self, details=self._nested(_CODE.sub("", line)))

    def _nested(self, line: str) -> int:
        found = _TAG.findall(line)
        return max(0, self.details + sum(-1 if slash else 1 for slash in found))

    @property
    def closing(self) -> str:
        fence = f"\n{self.fence}" if self.fence else ""
        return fence + "\n\n</details>" * self.details


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place to end at: how many lines come before it, how long they are, what is open there."""

    lines: int = 0
    length: int = 0
    state: _Open = _Open()


def _cut(lines: list[str], room: int) -> _Cut:
    """The last place before which the lines fit, or the last heading before it where that costs no more than half."""
    state, length = _Open(), 0
    row = section = _Cut()
    for index, line in enumerate(lines):
        if length + _length(state.closing) <= room:
            row = _Cut(index, length, state)
            section = row if state == _Open() and _HEADING.match(line) else section
        length += _length(line) + 1
        if length > room + 1:
            break
        state = state.after(line)
    return section if section.length * 2 >= row.length else row


def _left_out(left: int, total: int, limit: int, link: str) -> str:
    address = quote(link, safe=":/?#=%&~+@!,;-._")
    return (
        f"_{left:,} of {total:,} lines are left out: a comment holds at most {limit:,} characters. "
        f"The whole report is with [this run]({address})._"
    )


def _safe(markdown: str) -> str:
    text = markdown.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return _COMMAND.sub("\\1\u200b/", _lines_of(text).replace("<!--", "<\u200b!--"))


def _lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2

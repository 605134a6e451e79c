"""Takes credentials out of text that other programs wrote, before it reaches an error or a log."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z)", re.DOTALL)
_USERINFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://)[^\s/@'\"]{1,2000}@")
_TOKEN = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl(?:pat|cbt|dt|rt|ptt|agent)-[\w.-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abprs]-[\w-]{10,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
)
_HEADER = re.compile(r"(?i)\b(authorization|private-token|job-token)(\s*[:=]\s*)[^\r\n]+")
_NAMED = re.compile(
    r"(?i)([\w.-]{0,64}(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|credentials?)"
    r"[\"']?\s*[:=]\s*)(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s,;}\]]+)"
)


def redact(text: str, limit: int = 4000) -> str:
    """Mask PEM blocks, credentials in URLs, well-known tokens and values of fields named like a secret.

    It errs on the side of masking: a message may lose a harmless word. Control characters other than line
    feed and tab become `?`, so that foreign text cannot steer a terminal.

    Args:
        text: What a tool or a remote side wrote.
        limit: Characters kept; what is cut off is said.
    """
    text = text[: limit * 4]
    text = _PEM.sub(MASK, text)
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _TOKEN.sub(MASK, text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    text = _NAMED.sub(rf"\1{MASK}", text)
    text = "".join(character if character.isprintable() or character in "\n\t" else "?" for character in text)
    return text if len(text) <= limit else text[:limit] + " … (cut off)"


def mask_sent(content: bytes, sent: Iterable[str]) -> bytes:
    """Mask what a request sent as its secret, in an answer that repeats it.

    Args:
        content: The answer's bytes.
        sent: Values of Authorization headers, passwords and tokens; each is looked for as it stands, without its
            scheme, decoded (Basic) and quoted for an address.

    Returns:
        The content, with every spelling of four characters or more replaced.
    """
    spellings = {spelling for value in sent for spelling in _spellings(value) if len(spelling) >= _SHORTEST}
    for spelling in sorted(spellings, key=len, reverse=True):
        content = content.replace(spelling.encode(), MASK.encode())
    return content


_SHORTEST = 4


def _spellings(value: str) -> Iterator[str]:
    scheme, _, rest = value.partition(" ")
    plain = [value, rest]
    if scheme.lower() == "basic":
        plain += _decoded(rest)
    for text in plain:
        yield from (text, quote(text, safe=""), quote_plus(text))


def _decoded(text: str) -> list[str]:
    try:
        login = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    return [login, login.partition(":")[2]]

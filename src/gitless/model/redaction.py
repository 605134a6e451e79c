"""Takes credentials out of text that other programs wrote, before it reaches an error or a log."""

from __future__ import annotations

import re

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

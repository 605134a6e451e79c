"""Finds private keys in any file, text or not: PEM blocks, also inside JSON strings and base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

_PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9 ]{1,40} )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])*[^\s-][^-]{0,200}")
_BODY = re.compile(rb"[A-Za-z0-9+/]{24,}")
_ENCODED = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,88}")  # base64 of -----BEGIN
_MAX_FOUND = 20


def private_keys_in(content: bytes) -> Iterator[int]:
    """Yield the lines, from 1, on which private keys begin; at most 20.

    A header without a key behind it (documentation, `…`) is none. Keys protected by a passphrase count too: an
    artifact is for ever, a passphrase is not.
    """
    found = sorted({match.start() for match in _pem(content)} | {match.start() for match in _encoded(content)})
    for offset in found[:_MAX_FOUND]:
        yield content.count(b"\n", 0, offset) + 1


def _pem(content: bytes) -> Iterator[re.Match[bytes]]:
    if b"PRIVATE KEY" in content:
        yield from (match for match in _PEM.finditer(content) if _BODY.search(match[0]))


def _encoded(content: bytes) -> Iterator[re.Match[bytes]]:
    if b"LS0tLS1CRUdJTi" in content:
        yield from (match for match in _ENCODED.finditer(content) if b"PRIVATE KEY" in _decode(match[0]))


def _decode(text: bytes) -> bytes:
    return base64.b64decode(text[: len(text) // 4 * 4])

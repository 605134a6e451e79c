"""JSON as bytes, in the two spellings the formats need, and a reader that hostile input cannot surprise."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

from gitless.errors import UntrustedContentError

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no blanks, UTF-8: the spelling of everything we sign or hash."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def go_json(value: Any) -> bytes:
    """Insertion order, no blanks, HTML characters escaped: as Go's `json.Marshal` writes."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _GO_ESCAPES.items():
        text = text.replace(character, escape)
    return text.encode()


def read_json_object(content: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object that came from outside; what readers in other languages refuse is refused too.

    That is: keys that are repeated, NaN and Infinity, numbers too large for a float, and halves of a surrogate pair.

    Args:
        content: The bytes; the caller has limited their length.
        what: What it is, for the error text.

    Raises:
        UntrustedContentError: It is no UTF-8 JSON object, nests too deeply, or is read differently elsewhere.
    """
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_number, parse_float=_number
        )
        if _SURROGATE.search(content):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UntrustedContentError(f"{what} is not readable JSON.", why=str(error)[:200]) from error
    if not isinstance(value, dict):
        raise UntrustedContentError(f"{what} is not a JSON object.")
    return value


def read_base64(value: Any) -> bytes:
    """Decode standard base64 in its one spelling: Python alone takes more padding and stray last bits.

    Raises:
        ValueError: It is anything else.
    """
    if not isinstance(value, str):
        raise ValueError("it is no text")  # noqa: TRY004  # one error for every kind of value
    content = base64.b64decode(value, validate=True)
    if base64.b64encode(content).decode() != value:
        raise ValueError("it is no base64")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is repeated")
    return result


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no JSON number")
    return value

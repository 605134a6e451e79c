"""What a YAML scalar means to Kubernetes: the resolution of sigs.k8s.io/yaml (go-yaml v2, then JSON).

PyYAML's own resolver is not used, since it reads `12:30` as 750 and knows no `0o644`.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from decimal import Decimal
from typing import Any

TAG_PREFIX = "tag:yaml.org,2002:"
MERGE_KEY = "<<"
MAX_NUMBER_LENGTH = 400  # longer digits are text: converting them would cost quadratic time

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_SIGNED_BINARY = re.compile(r"0b(?P<sign>[-+])(?P<bin>[01]+)")  # go-yaml hands what follows 0b to ParseInt
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}


def resolve_plain(text: str) -> Any:
    """Give an untagged plain scalar its value.

    Returns:
        None, a bool, an int, a float (infinities and NaN included) or `text` itself. Timestamps stay text.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > MAX_NUMBER_LENGTH:
        return text
    if text[0] == ".":
        return _read_float(text, text)
    digits = text.replace("_", "")
    number = _read_integer(digits)
    return number if number is not None else _read_float(digits, text)


def resolve_tagged(tag: str, text: str) -> Any:
    """Give a scalar with an explicit core tag its value.

    Args:
        tag: The tag behind `tag:yaml.org,2002:`, such as `int`.
        text: The scalar's text.

    Raises:
        ValueError: The tag is none of the core schema's, or the text is no such value. The message names the tag only.
    """
    if tag == "str":
        return text
    if tag == "binary":
        return _read_binary(text)
    if tag == "timestamp" and _TIMESTAMP.fullmatch(text):
        return text
    value = resolve_plain(text)
    if tag == "float" and _is_integer(value) and -(2**63) <= value < 2**63:
        return float(value)
    if not _KINDS.get(tag, _is_nothing)(value):
        raise ValueError(f"the value does not fit its tag !!{tag}" if tag in _KINDS else "the tag is not allowed")
    return value


def to_json_number(value: float) -> int | float:
    """What a float becomes on its way through Go's JSON: whole numbers below 1e21 lose their point.

    Raises:
        ValueError: It is infinite or no number, which JSON cannot say.
    """
    if math.isnan(value) or math.isinf(value):
        raise ValueError("JSON knows neither infinity nor NaN")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def to_json_key(value: Any) -> str:
    """What a mapping key becomes on its way to JSON: text.

    Raises:
        ValueError: It is null, a collection, or an integer above the signed 64-bit range.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value < 2**63:
        return str(value)
    if isinstance(value, float):
        return _go_float32(value)
    raise ValueError("a mapping key must be text, a number or a boolean")


def _read_integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits) or _SIGNED_BINARY.fullmatch(digits)
    if not match:
        return None
    kind, body = next((kind, body) for kind, body in match.groupdict().items() if kind != "sign" and body)
    number = int(body, _BASES[kind]) * (-1 if match["sign"] == "-" else 1)
    # ParseUint, the second attempt, takes no sign
    limit = 2**63 if match["sign"] else 2**64
    return number if -(2**63) <= number < limit else None


def _read_float(digits: str, text: str) -> float | str:
    if not _FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    return text if math.isinf(number) else number


def _read_binary(text: str) -> str:
    try:
        content = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the value does not fit its tag !!binary") from None
    return content.decode("utf-8", "replace")


def _go_float32(value: float) -> str:
    """Go's `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's spelling of the special values."""
    single = struct.unpack("f", struct.pack("f", value))[0]  # the native format overflows to infinity, as Go does
    if math.isnan(single):
        return ".nan"
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    return _go_spelling(_shortest(single))


def _shortest(single: float) -> str:
    # nine digits always tell one float32 from the next
    texts = (f"{single:.{precision}e}" for precision in range(9))
    return next(text for text in texts if struct.pack("f", float(text)) == struct.pack("f", single))


def _go_spelling(scientific: str) -> str:
    mantissa, _, exponent = scientific.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:  # Go takes 6 for this decision where the precision is the shortest possible
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return format(Decimal(scientific), "f")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_nothing(_value: Any) -> bool:
    return False


_KINDS = {
    "int": _is_integer,
    "float": lambda value: isinstance(value, float),
    "bool": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "timestamp": _is_nothing,
}

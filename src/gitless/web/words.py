"""What services say beside their answers: when to come back, and why a connection broke."""

from __future__ import annotations

import re
import ssl
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (a number or a date); None when it says nothing readable."""
    text = header.strip()[:60]
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - now).total_seconds())


def reason_of(error: BaseException) -> str:
    """The innermost error's kind and words, without the address: its query may hold secrets."""
    for _ in range(6):
        inner = getattr(error, "reason", None) or next(
            (part for part in error.args if isinstance(part, BaseException)), error.__cause__
        )
        if not isinstance(inner, BaseException):
            break
        error = inner
    if isinstance(error, ssl.SSLError):
        return getattr(error, "verify_message", "") or error.reason or type(error).__name__
    words = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}{f' ({words})' if words else ''}"

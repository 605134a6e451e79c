"""Addresses of services: which may be spoken to, and how they are shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from gitless.model.web import is_loopback as is_loopback
from gitless.model.web import origin
from gitless.model.web import proxy_for as proxy_for


def is_safe(url: str) -> bool:
    """Whether an address is https, or http on this machine, and carries no user name."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def origin_text(url: str) -> str:
    """Scheme, host and port for error texts; path and query may hold secrets."""
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}"

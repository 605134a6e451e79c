"""Hosts and proxies: which address means this machine, and by which way another one is reached."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


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
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """The proxy for an address by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; never one for loopback."""
    parts = urlsplit(url)
    name, scheme = (parts.hostname or "").lower(), parts.scheme
    port = parts.port or (443 if scheme == "https" else 80)
    if is_loopback(name) or _is_direct(name, port, _variable(env, "NO_PROXY")):
        return None
    return _variable(env, f"{scheme.upper()}_PROXY") or _variable(env, "ALL_PROXY") or None


def _variable(env: Mapping[str, str], name: str) -> str:
    return env.get(name.lower()) or env.get(name) or ""


def _is_direct(name: str, port: int, no_proxy: str) -> bool:
    address = _address(name)
    for entry in no_proxy.replace(" ", ",").split(","):
        rule = entry.strip().lower().removeprefix("*").lstrip(".")
        if entry.strip() == "*" or (rule and _is_below(name, rule)) or rule == f"{name}:{port}":
            return True
        if address is not None and "/" in rule and _is_in(address, rule):
            return True
    return False


def _is_below(name: str, rule: str) -> bool:
    return name == rule or name.endswith(f".{rule}")


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, rule: str) -> bool:
    try:
        return address in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None

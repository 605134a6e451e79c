"""Web addresses: where one leads, whether it may be spoken to without TLS, and by which proxy it is reached."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_ADDRESS = re.compile(
    r"(https?)://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?(/[A-Za-z0-9._~%+/:=,;@!$&'()*-]{0,2000})?"
)


def check_web_address(text: str) -> str:
    """Return the address of a service of ours to trust: https, or http on this machine.

    Raises:
        ValueError: It has another scheme, a user name, a query, a fragment, or characters no address needs.
    """
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an address such as https://host.example, without user name, query and fragment")
    scheme, name, _ = origin(text)
    if scheme != "https" and not is_loopback(name):
        raise ValueError("must be https")
    return text


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = ip_address(name)
    return address is not None and address.is_loopback


def ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a host name is, where it is one."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """The proxy for an address by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; never one for loopback."""
    scheme, name, port = origin(url)
    if is_loopback(name) or _is_direct(name, port, _variable(env, "NO_PROXY")):
        return None
    return _variable(env, f"{scheme.upper()}_PROXY") or _variable(env, "ALL_PROXY") or None


def _variable(env: Mapping[str, str], name: str) -> str:
    return env.get(name.lower()) or env.get(name) or ""


def _is_direct(name: str, port: int, no_proxy: str) -> bool:
    address = ip_address(name)
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

"""Which hosts may be talked to, how, and by which way; pure rules over names and addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from gitless.errors import UntrustedContentError
from gitless.model.web import ip_address, is_loopback, origin
from gitless.model.web import proxy_for as proxy_for
from gitless.registry.wire import origin_text

_DOCKER_HUB = "docker.io"
_DOCKER_HUB_API = "registry-1.docker.io"


def base_url(host: str, *, insecure: bool = False) -> str:
    """The address of a registry's API: https, and http for loopback (unless port 443) or when asked.

    Args:
        host: Registry host with optional port.
        insecure: Whether plain http was asked for.
    """
    if host in (_DOCKER_HUB, "index.docker.io"):
        host = _DOCKER_HUB_API
    name, port = urlsplit(f"//{host}").hostname or "", urlsplit(f"//{host}").port
    plain = insecure or (is_loopback(name) and port != 443)
    return f"{'http' if plain else 'https'}://{host}"


def repository_path(host: str, path: str) -> str:
    """The repository's name in the API; Docker Hub's official images live below `library/`."""
    return f"library/{path}" if host in (_DOCKER_HUB, "index.docker.io") and "/" not in path else path


def check_foreign(home: str, url: str) -> None:
    """Refuse addresses a registry must not send us to: plain http, and this machine or its network.

    Args:
        home: An address of the registry itself; what is its own origin passes.
        url: Where it sends us.

    Raises:
        UntrustedContentError: The address is refused.
    """
    if origin(url) == origin(home):
        return
    scheme, name, _ = origin(url)
    own = origin(home)[1]
    address = ip_address(name)
    private = is_loopback(name) or (address is not None and not address.is_global)
    if private and not (is_loopback(own) or _is_private(own)):
        raise UntrustedContentError(
            "The registry sends us to an address inside this network.",
            why=f"{origin_text(home)} names {origin_text(url)}.",
        )
    if scheme != "https" and not is_loopback(name):
        raise UntrustedContentError(
            "The registry sends us to an address without TLS.",
            why=f"{origin_text(home)} names {origin_text(url)}.",
        )


def check_realm(home: str, realm: str, allowed: str = "") -> None:
    """Refuse token realms that must not see this registry's credential.

    A realm must be https (http for loopback, or on a plain-http registry's own host), and on the registry's own host
    name, below the same domain (its last two labels), or named by the user.

    Args:
        home: An address of the registry.
        realm: The realm of its challenge.
        allowed: One more host name that may make tokens.

    Raises:
        UntrustedContentError: The realm is refused.
    """
    scheme, name, _ = origin(realm)
    own = origin(home)[1]
    if scheme != "https" and not is_loopback(name) and not (origin(home)[0] == "http" and name == own):
        raise UntrustedContentError(
            "The registry wants its credential sent without TLS.",
            why=f"{origin_text(home)} names the token realm {origin_text(realm)}.",
        )
    if name not in (own, allowed.lower()) and not _is_same_domain(own, name):
        raise UntrustedContentError(
            "The registry wants its credential sent to another host.",
            why=f"{origin_text(home)} names the token realm {origin_text(realm)}.",
            hint=f"If that is right, set GITLESS_REGISTRY_REALM_HOST={name}.",
        )


def _is_same_domain(one: str, other: str) -> bool:
    if ip_address(one) or ip_address(other):
        return False
    labels, others = one.split("."), other.split(".")
    return len(labels) > 1 and labels[-2:] == others[-2:]


def _is_private(name: str) -> bool:
    address = ip_address(name)
    return address is not None and not address.is_global

"""What a registry's headers and error bodies mean; pure, and suspicious of every byte.

Holds the grammar of challenges, links, warnings and waiting times (OCI distribution-spec 1.1, RFC 9110, RFC 8288).
It sends nothing and decides nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.digest import Digest
from gitless.model.web import origin as origin

MAX_HEADER = 8192
MAX_WARNING = 4096  # what a client has to bear (distribution-spec 1.1, "Warnings")
_SCHEME = re.compile(r"(?:^|,)\s*(Bearer|Basic)(?=\s|,|$)", re.IGNORECASE)
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_LINK = re.compile(r"<([^<>\s]*)>([^<]*)")
_WARNING = re.compile(r'299\s+\S+\s+"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a 401 asks for.

    Attributes:
        scheme: `bearer` or `basic`.
        realm: Where tokens are made; empty for `basic`.
        service: The service the token is for; may be empty.
    """

    scheme: str
    realm: str = ""
    service: str = ""


def parse_challenge(header: str) -> Challenge | None:
    """Read a WWW-Authenticate header; Bearer is preferred over Basic, anything else is None."""
    header = header[:MAX_HEADER]
    found = {match[1].lower(): match.end() for match in _SCHEME.finditer(header)}
    if "bearer" in found:
        parameters = _parameters(header[found["bearer"] :])
        if parameters.get("realm"):
            return Challenge("bearer", parameters["realm"], parameters.get("service", ""))
    return Challenge("basic") if "basic" in found else None


def next_link(header: str) -> str | None:
    """The target of the `next` link, as it was written; None when there is none."""
    for match in _LINK.finditer(header[:MAX_HEADER]):
        if _parameters(match[2]).get("rel", "").lower() == "next":
            return match[1]
    return None


def join_same_host(base: str, target: str) -> str:
    """Resolve a link against the address it came from.

    Raises:
        UntrustedContentError: It leaves the scheme, host or port of `base`.
    """
    url = absolute(base, target)
    if origin(url) != origin(base):
        raise UntrustedContentError(
            "The registry sends a listing's next page to another host.",
            why=f"The page came from {origin_text(base)}, its Link names {origin_text(url)}.",
        )
    return url


def absolute(base: str, target: str) -> str:
    """Resolve `target` against `base`; a plain-http twin of an https address is raised to https.

    Registries behind a proxy that ends TLS often name themselves with http.

    Raises:
        UntrustedContentError: It is no http address, is too long, or carries user information.
    """
    if len(target) > MAX_HEADER or any(ord(character) <= 32 for character in target):
        raise UntrustedContentError("The registry sent an address that is malformed or too long.")
    try:
        url = urlsplit(urljoin(base, target))
        home = urlsplit(base)
        _ = url.port
    except ValueError as error:
        raise UntrustedContentError("The registry sent an address that is malformed.", why=str(error)) from error
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        raise UntrustedContentError("The registry sent an address that is no plain http or https URL.")
    if home.scheme == "https" and url.scheme == "http" and url.netloc == home.netloc:
        url = url._replace(scheme="https")
    return urlunsplit(url)


def origin_text(url: str) -> str:
    """Scheme, host and port for error texts; path and query may hold secrets."""
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}"


def parse_errors(content: bytes) -> tuple[tuple[str, str], ...]:
    """Code and message of the errors in an OCI error body; empty for any other body."""
    try:
        errors = json.loads(content.decode("utf-8")).get("errors")
    except (ValueError, AttributeError, RecursionError):
        return ()
    if not isinstance(errors, list):
        return ()
    return tuple(
        (printable(str(error.get("code", ""))[:60]), printable(str(error.get("message", ""))[:300]))
        for error in errors[:5]
        if isinstance(error, dict)
    )


def error_text(content: bytes) -> str:
    """The registry's own words from an error body, one line, at most some hundred characters."""
    errors = parse_errors(content)
    if errors:
        return "; ".join(f"{code}: {message}" if message else code for code, message in errors)
    text = content[:200].decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else printable(text)


def printable(text: str) -> str:
    """The text with everything that could steer a terminal replaced by a blank."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def warning_text(header: str) -> str | None:
    """The text of a `Warning: 299` header; other warnings are None."""
    match = _WARNING.search(header[:MAX_WARNING])
    return printable(match[1].replace('\\"', '"')) if match else None


def digest_header(headers: Mapping[str, str]) -> Digest | None:
    """The Docker-Content-Digest header; None when it is missing or of another algorithm.

    Raises:
        UntrustedContentError: It claims sha256 and is malformed.
    """
    text = headers.get("Docker-Content-Digest", "")
    if not text.startswith("sha256:"):
        return None
    try:
        return Digest.parse(text)
    except UsageError as error:
        raise UntrustedContentError("The registry sent a malformed digest header.", why=error.what) from error


def _parameters(text: str) -> dict[str, str]:
    result: dict[str, str] = {}
    for match in _PARAMETER.finditer(text):
        value = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        result.setdefault(match[1].lower(), value)
    return result

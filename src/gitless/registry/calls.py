"""One request to a registry and its answer, as values, and the words for a refusal."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests

from gitless.errors import RemoteError
from gitless.model.blob import Blob
from gitless.registry.auth import PULL, PULL_PUSH
from gitless.registry.wire import error_text, origin_text, parse_errors
from gitless.web.patience import TemporaryError
from gitless.web.words import reason_of

_GHCR_HINT = "Give the job, beside the permissions it has:\npermissions:\n  packages: "
_LEVELS = {PULL: "read # write, where it publishes or promotes", PULL_PUSH: "write"}


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        doing: What it is for, after "Cannot": part of error texts.
        method: The HTTP method.
        url: The whole address.
        repository: The repository's name in the API; its credential is used on the registry's own host only.
        accept: Statuses that are an answer; every other one is a failure.
        headers: Headers of the request.
        body: What it carries.
        max_bytes: The most an accepted answer's body may hold.
        secrets: What the body holds that no error may repeat.
    """

    doing: str
    method: str
    url: str
    repository: str
    accept: tuple[int, ...] = (200,)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Blob | None = None
    max_bytes: int = 64 * 1024
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def actions(self) -> str:
        """What the token has to allow."""
        return PULL if self.method in ("GET", "HEAD") else PULL_PUSH


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        url: The address that answered, after redirects.
        headers: Its headers; names are looked up without regard to case.
        body: Its whole body, or the beginning of it for a failure.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Counter:
    """Counts the requests of one repository; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0

    @property
    def value(self) -> int:
        """How many there were."""
        return self._value

    def add(self) -> None:
        """Count one more."""
        with self._lock:
            self._value += 1


def refusal(call: Call, answer: Answer, credential_source: str) -> RemoteError:
    """The error for an answer that is none of those a call accepts.

    Args:
        call: What was asked.
        answer: What came back.
        credential_source: Where the credential came from; empty for none.
    """
    words = error_text(answer.body)
    why = f"{origin_text(answer.url)} answered {answer.status}{f': {words}' if words else '.'}"
    return RemoteError(
        f"Cannot {call.doing}.", why=why, hint=_hint(call, answer, credential_source), status=answer.status
    )


def broken(call: Call, url: str, error: Exception) -> RemoteError:
    """The error for a request that got no answer; temporary unless TLS itself said no.

    Args:
        call: What was asked.
        url: The address that was asked.
        error: What the HTTP library raised.
    """
    if isinstance(error, requests.exceptions.SSLError):
        return RemoteError(
            f"Cannot {call.doing}.",
            why=f"The TLS connection to {origin_text(url)} failed: {reason_of(error)}",
            hint="For a private certificate authority set SSL_CERT_FILE to its PEM file.",
        )
    why = f"The connection to {origin_text(url)} failed: {reason_of(error)}"
    hint = "Look at the host's name and port, at the network and at HTTPS_PROXY; then run the same command again."
    return TemporaryError(f"Cannot {call.doing}.", why=why, hint=hint)


def _hint(call: Call, answer: Answer, source: str) -> str:
    codes = {code for code, _ in parse_errors(answer.body)}
    if answer.status == 401 and not source:
        return (
            "No credential was found for this host. Log in with docker or podman, or set GITLESS_REGISTRY_HOST, "
            "GITLESS_REGISTRY_USERNAME and GITLESS_REGISTRY_PASSWORD."
        )
    if answer.status in (401, 403):
        right = "pull from" if call.actions == PULL else "push to"
        who = f"The credential from {source}" if source else "Anonymous access"
        ghcr = f"\n{_GHCR_HINT}{_LEVELS[call.actions]}" if "//ghcr.io" in call.url and source == "GITHUB_TOKEN" else ""
        wrong = "is wrong or out of date, or " if source and answer.status == 401 else ""
        return f"{who} {wrong}lacks the permission to {right} {call.repository}.{ghcr}"
    if answer.status == 404 and (call.actions == PULL_PUSH or "NAME_UNKNOWN" in codes):
        return f"Some registries want the repository {call.repository} to be created first."
    if answer.status == 413:
        return "The registry, or a proxy before it, limits the size of uploads."
    return ""

"""Requests to services that the configuration names: limited in time and length, retried, never redirected.

No cookie, no .netrc and no proxy but the environment's that is handed in. A service's own words are shown, shortened
and with secrets taken out; what was sent is never shown.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3.exceptions

from gitless import __version__
from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.redaction import mask_sent, redact
from gitless.web.addresses import origin_text, proxy_for
from gitless.web.patience import TEMPORARY, Deadline, Patience, TemporaryError
from gitless.web.sockets import Adapter, deadline_of_reads
from gitless.web.words import reason_of, retry_after

MAX_ANSWER_BYTES = 4 * 1024 * 1024
_WORDS = 300
_CHUNK = 64 * 1024
_POOL = 32


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        doing: What it is for, after "Cannot": part of error texts.
        method: The HTTP method.
        url: The whole address.
        headers: Its headers; they may hold secrets and are never shown.
        body: What it carries.
        accept: Statuses that are an answer; every other one is a failure.
        max_bytes: The most an accepted answer's body may hold.
    """

    doing: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    accept: tuple[int, ...] = (200,)
    max_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers (names without regard to case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Session:
    """Sends requests; one for all threads of a run.

    Args:
        env: The environment: proxies and certificate files.
        patience: Limits and retry.
        wall_clock: The current time, UTC; only a Retry-After date needs it.
        before: Called before each request is sent, the repeated ones included; a throttle waits in it.

    Attributes:
        patience: Limits and retry.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        patience: Patience,
        wall_clock: Callable[[], datetime],
        before: Callable[[], None] | None = None,
    ) -> None:
        self.patience = patience
        self._env = env
        self._wall_clock = wall_clock
        self._before = before or (lambda: None)
        self._lock = threading.Lock()
        self._sent = 0
        self._verify: Any = env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or True
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        # requests would parse a redirect's target, and read its whole body, also where it must not follow it
        self._http.get_redirect_target = lambda _: None  # type: ignore[method-assign,assignment]
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, Adapter(pool_connections=8, pool_maxsize=_POOL, max_retries=0))

    @property
    def sent(self) -> int:
        """How many requests were sent so far."""
        return self._sent

    def send(self, request: Request, deadline: Deadline | None = None) -> Answer:
        """Send a request, and again while it fails in a way that may pass.

        Raises:
            RemoteError: The answer is none of those accepted, or the time is up.
            UntrustedContentError: The answer is too long.
        """
        limit = deadline or self.patience.deadline()
        return self.patience.run(lambda: self._once(request, limit), limit)

    def _once(self, request: Request, deadline: Deadline) -> Answer:
        self._before()
        with self._lock:
            self._sent += 1
        try:
            with deadline_of_reads(deadline, self.patience.read_seconds), self._open(request) as response:
                answer = _read(request, response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            raise _broken(request, error) from error
        if answer.status in request.accept:
            return answer
        sent = mask_sent(answer.body, [request.headers.get("Authorization", "")])
        raise self._refused(request, replace(answer, body=sent))

    def _open(self, request: Request) -> requests.Response:
        proxy = proxy_for(request.url, self._env)
        named = {"User-Agent": f"gitless/{__version__}", "Accept-Encoding": "identity", **request.headers}
        return self._http.request(
            request.method,
            request.url,
            data=request.body,
            headers=named,
            stream=True,
            allow_redirects=False,
            timeout=(self.patience.connect_seconds, self.patience.read_seconds),
            verify=self._verify,
            proxies={"http": proxy, "https": proxy} if proxy else {},
        )

    def _refused(self, request: Request, answer: Answer) -> RemoteError:
        words = error_words(answer.body)
        what = f"Cannot {request.doing}."
        why = f"{origin_text(request.url)} answered {answer.status}{f': {words}' if words else '.'}"
        if answer.status not in TEMPORARY:
            return RemoteError(what, why=why, status=answer.status)
        wait = retry_after(answer.headers.get("Retry-After", ""), self._wall_clock())
        return TemporaryError(what, why=why, status=answer.status, wait_seconds=wait)


def error_words(content: bytes) -> str:
    """A service's own words from an error body, one line: the message of a JSON object, or the text itself."""
    text = content[:4096].decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        found = next((document[name] for name in ("message", "error") if isinstance(document.get(name), str)), "")
        text = found or ""
    return "" if text.startswith("<") else redact(" ".join(text.split()), _WORDS)


def _read(request: Request, response: requests.Response) -> Answer:
    content = b""
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > request.max_bytes:
            if response.status_code not in request.accept:
                break
            raise UntrustedContentError(
                f"Cannot {request.doing}.",
                why=f"{origin_text(request.url)} answers with more than {request.max_bytes} bytes.",
            )
    return Answer(response.status_code, response.headers, content)


def _broken(request: Request, error: Exception) -> RemoteError:
    what, where = f"Cannot {request.doing}.", origin_text(request.url)
    if isinstance(error, requests.exceptions.SSLError):
        return RemoteError(
            what,
            why=f"The TLS connection to {where} failed: {reason_of(error)}",
            hint="For a private certificate authority set SSL_CERT_FILE to its PEM file.",
        )
    return TemporaryError(what, why=f"The connection to {where} failed: {reason_of(error)}")

"""Small JSON documents from the platform's own services: bounded in size and time, never redirected."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import requests

from gitless import __version__
from gitless.errors import GitlessError, RemoteError, UntrustedContentError, UsageError
from gitless.model.canonical import read_json_object
from gitless.model.redaction import mask_sent, redact
from gitless.model.secret import Secret
from gitless.model.web import check_web_address, proxy_for

T = TypeVar("T")
TEMPORARY = frozenset({408, 429, 500, 502, 503, 504})
_PIECE = 64 * 1024
_MAX_ERROR_TEXT = 300


class Beside(Generic[T]):
    """One action on a thread of its own, begun at once; a thread that hangs keeps nobody, not even the program's end.

    Args:
        action: What to do.
    """

    def __init__(self, action: Callable[[], T]) -> None:
        self._action = action
        self._value: T
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self, seconds: float, doing: str) -> T:
        """What the action returned.

        Args:
            seconds: How long to wait at most.
            doing: What the action does, for the error text: `Getting …`.

        Raises:
            RemoteError: The time is up.
            GitlessError: What the action raised.
        """
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise RemoteError(f"{doing} takes too long.", why=f"No answer within {seconds:.0f} s.", temporary=True)
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._action()
        except BaseException as error:
            self._error = error


@dataclass(frozen=True)
class Web:
    """Asks for JSON objects.

    Attributes:
        env: Proxies and certificate files.
        total_seconds: How long one document may take, attempts and waiting included.
        attempts: How often a request is sent at most.
        now: A clock that only moves forward, in seconds.
        sleep: Waits.
    """

    env: Mapping[str, str] = field(repr=False)
    total_seconds: float = 30.0
    attempts: int = 4
    now: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def get_json(self, url: str, doing: str, max_bytes: int, authorization: Secret | None = None) -> dict[str, Any]:
        """The JSON object at an address.

        Args:
            url: https, or http on loopback; its query may hold what errors must not show.
            doing: What for, as an error's first words: `Getting …`.
            max_bytes: Longest answer that is read.
            authorization: Value of the Authorization header; it goes to this address only.

        Raises:
            UsageError: The address may not be asked.
            RemoteError: No such answer in time; a redirect is none.
            UntrustedContentError: The answer is too long, or no JSON object.
        """
        try:
            check_web_address(url.partition("?")[0])
        except ValueError as error:
            raise UsageError(f"{doing} is refused.", why=f"Its address {error}.") from error
        request = _Request(url, doing, max_bytes, authorization)
        return Beside(lambda: self._persist(request)).result(self.total_seconds, doing)

    def _persist(self, request: _Request) -> dict[str, Any]:
        end = self.now() + self.total_seconds
        for attempt in range(self.attempts):
            try:
                return self._once(request, end)
            except _PassingError as error:
                wait = max(random.uniform(0.1, 0.5 * 2**attempt), error.wait_seconds)  # noqa: S311  # spreads, hides nothing
                if attempt + 1 == self.attempts or self.now() + wait >= end:
                    raise RemoteError(
                        error.what, why=error.why, hint=error.hint, status=error.status, temporary=True
                    ) from error
                self.sleep(wait)
        raise AssertionError("attempts is at least one")

    def _once(self, request: _Request, end: float) -> dict[str, Any]:
        try:
            with (
                self._session(request.url) as session,
                session.get(
                    request.url,
                    headers=request.headers,
                    timeout=(5.0, 10.0),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = self._read(response, request, end)
                if response.status_code != 200:
                    raise _refusal(response, content, request)
        except (requests.RequestException, OSError) as error:
            # the text of such an error may hold the address with its query; its kind is enough
            why = f"The connection failed ({type(error).__name__})."
            raise _PassingError(f"{request.doing} failed.", why=why) from error
        return read_json_object(content, f"The answer to: {request.doing}")

    def _session(self, url: str) -> requests.Session:
        session = requests.Session()
        # no .netrc and no redirect: a token goes to the host it is for
        session.trust_env = False
        session.get_redirect_target = lambda _: None  # type: ignore[method-assign,assignment]
        session.verify = self.env.get("SSL_CERT_FILE") or self.env.get("REQUESTS_CA_BUNDLE") or True
        proxy = proxy_for(url, self.env)
        if proxy:
            session.proxies.update({"http": proxy, "https": proxy})
        return session

    def _read(self, response: requests.Response, request: _Request, end: float) -> bytes:
        content = b""
        while piece := response.raw.read1(_PIECE, decode_content=False):
            content += piece
            if len(content) > request.max_bytes:
                raise UntrustedContentError(
                    f"{request.doing} failed.", why=f"The answer has more than {request.max_bytes} bytes."
                )
            if self.now() >= end:
                raise RemoteError(f"{request.doing} takes too long.", temporary=True)
        return content


@dataclass(frozen=True)
class _Request:
    url: str
    doing: str
    max_bytes: int
    authorization: Secret | None

    @property
    def headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"gitless/{__version__}",
        }
        if self.authorization:
            headers["Authorization"] = self.authorization.reveal()
        return headers

    def censored(self, content: bytes) -> str:
        """Some words of an answer, without what was sent to get it."""
        sent = [self.authorization.reveal()] if self.authorization else []
        return redact(mask_sent(content, sent).decode("utf-8", "replace"), _MAX_ERROR_TEXT)


class _PassingError(GitlessError):
    """A failure that may pass."""

    def __init__(self, what: str, *, why: str, hint: str = "", status: int | None = None, wait: float = 0.0) -> None:
        super().__init__(what, why=why, hint=hint)
        self.status = status
        self.wait_seconds = wait


def _refusal(response: requests.Response, content: bytes, request: _Request) -> GitlessError:
    status = response.status_code
    if 300 <= status < 400:
        return RemoteError(
            f"{request.doing} failed.",
            why=f"The answer is a redirect ({status}), which is not followed.",
            status=status,
        )
    why = f"The answer is {status}. {request.censored(content)}".strip()
    if status in TEMPORARY:
        asked = response.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0
        return _PassingError(f"{request.doing} failed.", why=why, status=status, wait=wait)
    return RemoteError(f"{request.doing} failed.", why=why, status=status)

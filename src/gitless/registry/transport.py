"""The only code that speaks HTTP: one session for one host, shared by all of its repositories and threads.

Every request has time limits, no redirect is followed unseen, no credential leaves the registry's own origin, and
bodies are limited while they are read. Built on the session of oras; of its token flow and its retries nothing is used.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import requests
import urllib3.exceptions

from gitless import __version__
from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.redaction import mask_sent
from gitless.model.secret import Secret
from gitless.registry.auth import Authorizer
from gitless.registry.bodies import BlobBody, read_answer
from gitless.registry.calls import Answer, Call, Counter, broken, refusal
from gitless.registry.credentials import Credential
from gitless.registry.holdings import Holdings
from gitless.registry.hosts import check_foreign, proxy_for
from gitless.registry.realm import Realm
from gitless.registry.session import Session
from gitless.registry.wire import absolute, error_text, origin, origin_text, warning_text
from gitless.web.patience import TEMPORARY, Deadline, Patience, TemporaryError
from gitless.web.sockets import Adapter, deadline_of_reads
from gitless.web.words import retry_after

_MAX_REDIRECTS = 5
_MAX_WARNINGS = 20
_POOL = 32
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Transport(Session):  # type: ignore[misc]
    """The session of one host.

    Args:
        home: The registry's address, scheme and host.
        env: The environment: proxies, certificate files, the extra token realm.
        patience: Limits and retry.
        find: Finds the credential of a repository.
        wall_clock: The current time; only a Retry-After date needs it.

    Attributes:
        holdings: What this run has put into the host's repositories.
    """

    def __init__(
        self,
        home: str,
        env: Mapping[str, str],
        patience: Patience,
        find: Callable[[str], Credential | None],
        wall_clock: Callable[[], datetime] | None = None,
    ) -> None:
        certificates = env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or True
        super().__init__(insecure=home.startswith("http:"), tls_verify=certificates)
        self.home = home
        self.patience = patience
        self.warnings: tuple[str, ...] = ()
        self._env = env
        self._wall_clock = wall_clock or (lambda: datetime.fromtimestamp(time.time(), timezone.utc))
        self._auth = Authorizer(home, find, patience.now, env.get("GITLESS_REGISTRY_REALM_HOST", ""))
        self.holdings = Holdings(self._auth.shares_access)
        self._first = threading.Lock()
        self._is_met = False
        self.session.trust_env = False
        # requests would parse a redirect's target even where it must not follow it
        self.session.get_redirect_target = lambda response: None
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, Adapter(pool_connections=8, pool_maxsize=_POOL, max_retries=0))

    def send(self, call: Call, counter: Counter, deadline: Deadline) -> Answer:
        """Send a call, and again while it fails in a way that may pass.

        Raises:
            RemoteError: The answer is none of those accepted, or the time is up.
            UntrustedContentError: The answer is too long or leads to a refused address.
        """
        return self.patience.run(lambda: self.once(call, counter, deadline), deadline)

    def once(self, call: Call, counter: Counter, deadline: Deadline) -> Answer:
        """As `send`, without trying again.

        Raises:
            TemporaryError: A failure that may pass.
            RemoteError: Any other failure.
        """
        with deadline_of_reads(deadline, self.patience.read_seconds):
            answer = self._authorized(call, counter, deadline)
        self._note_warnings(answer)
        if answer.status in call.accept:
            return answer
        if answer.status in TEMPORARY:
            raise self._temporary(call, answer)
        raise self._refusal(call, answer)

    def open_connections(self, count: int) -> None:
        """Open connections beside other work, so that requests sent side by side do not each wait for a handshake.

        What fails here is said by the first request that needs it.

        Args:
            count: How many.
        """
        if proxy_for(self.home, self._env):
            return
        request = requests.Request("GET", self.home).prepare()
        pool = self.session.get_adapter(self.home).get_connection_with_tls_context(
            request, verify=self._tls_verify, proxies={}, cert=None
        )
        # all of them are taken before any is given back: the pool would hand out the same one again
        for connection in [pool._get_conn() for _ in range(count)]:  # noqa: SLF001  # urllib3 has no public way
            threading.Thread(target=self._connect, args=(pool, connection), daemon=True).start()

    def _connect(self, pool: Any, connection: Any) -> None:
        connection.timeout = self.patience.connect_seconds
        with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
            connection.connect()
        pool._put_conn(connection)  # noqa: SLF001

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: Any = None,
        headers: dict[str, str] | None = None,
        json: Any = None,
        stream: bool = True,
    ) -> requests.Response:
        """Send exactly one request: limited in time, without redirects, cookies, netrc or a proxy from elsewhere."""
        named = {"User-Agent": f"gitless/{__version__}", "Accept-Encoding": "identity", **(headers or {})}
        proxy = proxy_for(url, self._env)
        response: requests.Response = self.session.request(
            method,
            url,
            data=data,
            json=json,
            headers=named,
            stream=stream,
            allow_redirects=False,
            timeout=(self.patience.connect_seconds, self.patience.read_seconds),
            verify=self._tls_verify,
            proxies={"http": proxy, "https": proxy} if proxy else {},
        )
        return response

    def _authorized(self, call: Call, counter: Counter, deadline: Deadline) -> Answer:
        if origin(call.url) != origin(self.home):
            check_foreign(self.home, call.url)
            return self._follow(call, None, counter, deadline)
        ask = Realm(call, lambda asked, used: self._ask_realm(call, asked, used, counter, deadline)).ask
        with self._first_contact():
            used = self._auth.header(call.repository, call.actions, ask)
            answer = self._follow(call, used, counter, deadline)
            if answer.status != 401 or origin(answer.url) != origin(self.home):
                return answer
            if not self._auth.learn(answer.headers.get("WWW-Authenticate", ""), call.repository, used):
                return answer
            again = self._auth.header(call.repository, call.actions, ask)
        return answer if again is None else self._follow(call, again, counter, deadline)

    @contextmanager
    def _first_contact(self) -> Iterator[None]:
        # until the host has said how it wants to be asked, one request goes alone: eight threads would earn eight 401s
        with contextlib.ExitStack() as alone:
            if not self._is_met:
                alone.enter_context(self._first)
            if self._is_met:
                # whoever waited for the first request goes on beside the others
                alone.close()
            yield
            self._is_met = True

    def _follow(self, call: Call, authorization: Secret | None, counter: Counter, deadline: Deadline) -> Answer:
        url = call.url
        for _ in range(_MAX_REDIRECTS + 1):
            own = origin(url) == origin(self.home)
            answer = self._hop(call, url, authorization if own else None, counter, deadline)
            if answer.status not in _REDIRECTS or call.method not in ("GET", "HEAD"):
                return answer
            url = absolute(url, answer.headers.get("Location", ""))
            check_foreign(self.home, url)
        raise UntrustedContentError(
            f"Cannot {call.doing}.", why=f"{origin_text(call.url)} redirects more than {_MAX_REDIRECTS} times."
        )

    def _hop(self, call: Call, url: str, authorization: Secret | None, counter: Counter, deadline: Deadline) -> Answer:
        headers = dict(call.headers)
        if authorization is not None:
            headers["Authorization"] = authorization.reveal()
        counter.add()
        try:
            data = BlobBody(call.body, deadline) if isinstance(call.body, Blob) else call.body
            with self.do_request(url, call.method, data=data or None, headers=headers) as response:
                answer = read_answer(response, call)
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            raise broken(call, url, error) from error
        if answer.status < 400:
            return answer
        # a careless or hostile host repeats in its error what it was sent
        secrets = [headers.get("Authorization", ""), *call.secrets]
        return replace(answer, body=mask_sent(answer.body, secrets))

    def _ask_realm(
        self, call: Call, asked: Call, authorization: Secret | None, counter: Counter, deadline: Deadline
    ) -> bytes:
        """Send a token request, never redirected, and again while it fails in a way that may pass."""

        def once() -> bytes:
            answer = self._hop(asked, asked.url, authorization, counter, deadline)
            if answer.status in TEMPORARY:
                raise self._temporary(asked, answer)
            if answer.status != 200:
                raise self._refusal(call, answer)
            return answer.body

        return self.patience.run(once, deadline)

    def _refusal(self, call: Call, answer: Answer) -> RemoteError:
        credential = self._auth.credential(call.repository)
        return refusal(call, answer, credential.source if credential else "")

    def _temporary(self, call: Call, answer: Answer) -> TemporaryError:
        words = error_text(answer.body)
        return TemporaryError(
            f"Cannot {call.doing}.",
            why=f"{origin_text(answer.url)} answered {answer.status}{f': {words}' if words else '.'}",
            hint="It may pass: run the same command again later.",
            status=answer.status,
            wait_seconds=retry_after(answer.headers.get("Retry-After", ""), self._wall_clock()),
        )

    def _note_warnings(self, answer: Answer) -> None:
        text = warning_text(answer.headers.get("Warning", ""))
        if text and text not in self.warnings and len(self.warnings) < _MAX_WARNINGS:
            self.warnings = (*self.warnings, text)

"""What both fake platform APIs share: loopback HTTP, tokens, pages, faults, and the check against the description."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.openapi import Contract

TOKEN = "token-of-the-job"


@dataclass(frozen=True)
class Asked:
    """A request: path below the API's base, query, headers in lower case, body of a write, method."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    method: str = "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """An answer that is sent as it is; with the status 0 the connection ends without any."""

    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class ApiServer(ABC):
    """A platform's API on loopback.

    Args:
        contract: The description that questions and answers must agree with.
        prefix: Path of the API's base.
        page_size: The most items of one answer, whatever was asked for.
    """

    def __init__(self, contract: Contract, prefix: str, page_size: int = 100) -> None:
        self.contract, self.prefix, self.page_size = contract, prefix, page_size
        self.asked: list[Asked] = []
        self.breaches: list[str] = []
        self.faults: list[tuple[str, Callable[[Asked], Reply | None]]] = []
        self._http = ThreadingHTTPServer(("localhost", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        assert not self.breaches, self.breaches

    @property
    def host(self) -> str:
        """`http://localhost:PORT`."""
        return f"http://localhost:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """The API's base."""
        return self.host + self.prefix

    def fail(self, part: str, status: int, words: str = "no", *, times: int = 10**6, **headers: str) -> None:
        """Let questions fail whose method and path, as `GET /x`, hold `part`."""
        left = [times]

        def reply(_: Asked) -> Reply | None:
            left[0] -= 1
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return Reply(status, json.dumps({"message": words}).encode(), named) if left[0] >= 0 else None

        self.faults.append((part, reply))

    def alter(self, part: str, change: Callable[[Any], Any]) -> None:
        """Send another answer than the true one, unchecked, for paths that hold `part`."""

        def reply(asked: Asked) -> Reply | None:
            answer = self.answer(asked)
            return Reply(200, json.dumps(change(answer)).encode()) if not isinstance(answer, Reply) else None

        self.faults.append((part, reply))

    def lose(self, part: str, times: int = 1) -> None:
        """Do what is asked, and end the connection before the answer."""
        left = [times]

        def reply(asked: Asked) -> Reply | None:
            left[0] -= 1
            if left[0] < 0:
                return None
            self.answer(asked)
            return Reply(0)

        self.faults.append((part, reply))

    @property
    def log(self) -> list[str]:
        """What was asked, as `GET /x`."""
        return [str(asked) for asked in self.asked]

    @abstractmethod
    def is_let_in(self, asked: Asked) -> bool:
        """Whether the token is right."""

    @abstractmethod
    def answer(self, asked: Asked) -> Any:
        """The whole JSON answer, or a Reply."""

    @abstractmethod
    def paged(self, asked: Asked, answer: Any) -> tuple[Any, dict[str, str]]:
        """One page of an answer, and its headers."""

    def respond(self, asked: Asked) -> Reply:
        """Answer, check, cut into pages."""
        self.asked.append(asked)
        if not self.is_let_in(asked):
            return Reply(401, b'{"message": "Bad credentials"}')
        for part, fault in self.faults:
            reply = fault(asked) if part in str(asked) else None
            if reply is not None:
                return reply
        try:
            answer = self.answer(asked)
            if isinstance(answer, Reply):
                return answer
            operation = self.contract.find(asked.method, asked.path)
            answer, headers = self.paged(asked, operation.build(answer))
            operation.check(set(asked.query), asked.body, answer)
        except Exception as error:
            self.breaches.append(f"{asked}: {type(error).__name__}: {error}"[:600])
            return Reply(500)
        return Reply(operation.status, b"" if answer is None else json.dumps(answer).encode(), headers)


def _handler(api: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: ",".join(values) for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            reply = api.respond(Asked(parts.path.removeprefix(api.prefix), query, headers, body, self.command))
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    return Handler

"""A small HTTP server on loopback in a thread of this process; its answers are a function of the request."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request; `host` is the name of the tunnel it came through, empty for a plain one."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """One answer; status 0 closes the connection without a word."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, status: int = 200, **headers: str) -> Answer:
        """A JSON document."""
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json", **headers})


@dataclass(frozen=True)
class Tunnel:
    """Which names may be reached with CONNECT, and the TLS context that answers for them."""

    names: frozenset[str]
    context: ssl.SSLContext


class Loopback:
    """A server of its own port, as a context manager; it remembers every request.

    Args:
        answer: What to answer.
        tunnel: Names for which it plays a CONNECT proxy and the server behind it; every other name gets 403.
    """

    def __init__(self, answer: Callable[[Request], Answer], tunnel: Tunnel | None = None) -> None:
        self.answer = answer
        self.tunnel = tunnel
        self.requests: list[Request] = []
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up, as those that refuse our certificate do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Unbuffered, head and body go out apart, and Nagle's algorithm holds the second back for 40 ms.
    wbufsize = -1
    server: _HTTPServer
    connection: socket.socket
    _host = ""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""

    def do_CONNECT(self) -> None:
        name, _, port = self.path.rpartition(":")
        tunnel = self.server.owner.tunnel
        if tunnel is None or name not in tunnel.names or port != "443":
            self._send(Answer(403))
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        self.connection = tunnel.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self._host, self.close_connection = name, False

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names are http.server's

    def finish(self) -> None:
        super().finish()
        # Of a tunnel http.server knows the outer socket only.
        self.connection.close()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            self._host,
            parts.path,
            {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self.server.owner.requests.append(request)
        self._send(self.server.owner.answer(request))

    def _send(self, answer: Answer) -> None:
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

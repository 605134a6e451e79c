"""Connections whose every read respects the deadline of the operation, so that a slow drip cannot outlast it.

A read timeout alone starts again with each byte. The deadline travels in a thread-local value, since neither requests
nor urllib3 hands one down to the socket.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gitless.web.patience import Deadline

_current = threading.local()


@contextmanager
def deadline_of_reads(deadline: Deadline, read_seconds: float) -> Iterator[None]:
    """Let reads of connections used inside wait for at most `read_seconds`, and never past the deadline."""
    before = getattr(_current, "limit", None)
    _current.limit = (deadline, read_seconds)
    try:
        yield
    finally:
        _current.limit = before


class _Source(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        limit = getattr(_current, "limit", None)
        if limit is not None:
            deadline, read_seconds = limit
            if not deadline.remaining:
                raise TimeoutError("the time for this operation is up")
            self._sock.settimeout(min(read_seconds, deadline.remaining))
        count: int | None = self._file.readinto(buffer)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_Source(sock))


class _Plain(HTTPConnection):
    response_class = _Response


class _Secure(HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Adapter(HTTPAdapter):
    """A requests adapter over such connections; it never retries by itself."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Make the pools, with our connections in them."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Make the pools behind a proxy, with our connections in them."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager

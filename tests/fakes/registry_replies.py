"""Hostile and broken answers for `RegistryServer.on`; each is one fault, named for it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from tests.fakes.registry_server import Reply, Request

OCTETS = {"Content-Type": "application/octet-stream"}


def status(code: int, **headers: str) -> Callable[[Request], Reply]:
    """Answer `code`; header names take `_` for `-`."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda _: Reply(code, named, b"")


def body(content: bytes, **headers: str) -> Callable[[Request], Reply]:
    """Answer 200 with these bytes."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda _: Reply(200, named, content)


def short_body(request: Request) -> Reply:
    """Promise 1,000 bytes, send three and hang up."""
    return Reply(200, OCTETS, b"abc", length=1000, cut=True)


def ten_gigabytes(request: Request) -> Reply:
    """Send 10 GB that exist nowhere."""
    return Reply(200, OCTETS, itertools.repeat(b"\0" * 65536, 163_840), length=163_840 * 65536)


def slow_drip(request: Request) -> Reply:
    """Send one byte every 20 ms, for ever."""
    return Reply(200, OCTETS, _drip(), length=1_000_000)


def redirect_to_itself(request: Request) -> Reply:
    """Redirect to the same address."""
    return Reply(307, {"Location": request.path})


def redirect_to(url: str) -> Callable[[Request], Reply]:
    """Redirect to `url`."""
    return lambda _: Reply(307, {"Location": url})


def upload_at(url: str) -> Callable[[Request], Reply]:
    """Answer an upload's POST with a Location elsewhere."""
    return lambda _: Reply(202, {"Location": url})


def cut(request: Request) -> Reply:
    """Hang up without an answer."""
    return Reply(0, cut=True)


def _drip() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)
        yield b"x"


def slow_headers(request: Request) -> Reply:
    """Send header bytes one by one, for ever."""
    return Reply(-1, body=itertools.chain([b"HTTP/1.1 200 OK\r\nX-Slow: "], _drip()))

"""A loopback proxy that makes a registry as far away as asked, and counts what goes through.

Every direction of a connection is delayed by half a round trip, so one request and its answer cost one; a new
connection costs two more (TCP and TLS 1.3 of a real registry). Bandwidth, loss and slow start are not imitated.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

_REQUEST = re.compile(rb"^(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.[01]$")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding: *chunked")
_CONTROL = "/_proxy"
_TLS_HANDSHAKE = 0x16


@dataclass
class Count:
    """What went through since the last reset; `seen` holds second, connection and request line of each."""

    requests: int = 0
    connections: int = 0
    seen: list[tuple[float, int, str]] = field(default_factory=list)


class Framer:
    """Finds request heads in the bytes of one connection, skipping bodies of known length and chunked ones.

    Args:
        number: The connection's number.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._buffer = b""
        self._skip = 0
        self._chunked = False

    def feed(self, data: bytes) -> list[tuple[str, str]]:
        """Method and path of each request whose head is complete now."""
        self._buffer += data
        found = []
        while self._advance(found):
            pass
        return found

    def _advance(self, found: list[tuple[str, str]]) -> bool:
        if self._skip:
            taken = min(self._skip, len(self._buffer))
            self._buffer, self._skip = self._buffer[taken:], self._skip - taken
            return bool(taken)
        return self._chunk() if self._chunked else self._head(found)

    def _chunk(self) -> bool:
        line, separator, rest = self._buffer.partition(b"\r\n")
        if not separator:
            return False
        size = int(line.split(b";")[0], 16)
        self._buffer, self._skip, self._chunked = rest, size + 2, size != 0
        return True

    def _head(self, found: list[tuple[str, str]]) -> bool:
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return False
        match = _REQUEST.match(head.split(b"\r\n", 1)[0])
        if match:
            found.append((match[1].decode(), match[2].decode()))
        length = _LENGTH.search(head)
        self._buffer, self._skip = rest, int(length[1]) if length else 0
        self._chunked = bool(_CHUNKED.search(head))
        return True


class Proxy:
    """One listening port in front of one registry.

    Args:
        target: The registry's port on loopback.
        rtt: Round trip in seconds.
    """

    def __init__(self, target: int, rtt: float) -> None:
        self._target = target
        self.rtt = rtt
        self.count = Count()

    async def serve(self, port: int) -> None:
        """Listen until the process ends."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        async with server:
            await server.serve_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = time.monotonic()
        first = await reader.read(65536)
        if not first or first[0] == _TLS_HANDSHAKE:
            # ggcr's clients try https first on loopback: answered at once in plain text, and not charged.
            writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            writer.close()
            return
        if _CONTROL.encode() in first.split(b"\r\n", 1)[0]:
            await self._control(first, writer)
            return
        self.count.connections += 1
        number = self.count.connections
        # the handshake runs from connecting on, whether or not the client has something to say yet
        await asyncio.sleep(max(0.0, accepted + 2 * self.rtt - time.monotonic()))
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        framer = Framer(number)
        up = _Lane(up_writer, self.rtt / 2)
        down = _Lane(writer, self.rtt / 2)
        await asyncio.gather(
            self._pump(reader, up, framer, first), self._pump(up_reader, down, None, b""), return_exceptions=True
        )

    async def _pump(self, reader: asyncio.StreamReader, lane: _Lane, framer: Framer | None, data: bytes) -> None:
        sender = asyncio.create_task(lane.run())
        with contextlib.suppress(ConnectionError):
            data = data or await reader.read(65536)
            while data:
                if framer:
                    self._note(framer.number, framer.feed(data))
                lane.put(data)
                data = await reader.read(65536)
        lane.put(b"")
        await sender

    def _note(self, number: int, found: list[tuple[str, str]]) -> None:
        self.count.requests += len(found)
        self.count.seen += [(time.monotonic(), number, f"{method} {path}") for method, path in found]

    async def _control(self, first: bytes, writer: asyncio.StreamWriter) -> None:
        path = first.split(b" ", 2)[1].decode()
        if "rtt=" in path:
            self.rtt = float(path.split("rtt=")[1])
            self.count = Count()
        body = json.dumps(asdict(self.count)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


class _Lane:
    """One direction of one connection: everything comes out in order, each piece after the same delay."""

    def __init__(self, writer: asyncio.StreamWriter, delay: float) -> None:
        self._writer = writer
        self._delay = delay
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    def put(self, data: bytes) -> None:
        self._queue.put_nowait((time.monotonic() + self._delay, data))

    async def run(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                due, data = await self._queue.get()
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                if not data:
                    break
                self._writer.write(data)
                await self._writer.drain()
        self._writer.close()


class Handle:
    """A running proxy, spoken to over its control path."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def reset(self, rtt: float) -> None:
        """Set the round trip, in seconds, and start counting from zero."""
        self._ask(f"?rtt={rtt}")

    def count(self) -> Count:
        """What went through since the last reset."""
        return Count(**json.loads(self._ask("")))

    def _ask(self, query: str) -> bytes:
        answer: bytes = self._opener.open(f"http://{self.host}{_CONTROL}{query}", timeout=30).read()
        return answer


@contextmanager
def running(target: int, port: int, log: Path) -> Iterator[Handle]:
    """A proxy in a process of its own, so that measuring it does not slow what is measured."""
    from tools.peers.process import answers, wait_until

    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, str(target), str(port)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}{_CONTROL}"), "the proxy listens")
        yield Handle(port)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    asyncio.run(Proxy(int(sys.argv[1]), 0.0).serve(int(sys.argv[2])))

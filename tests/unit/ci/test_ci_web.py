"""Asking for small JSON documents: limits, retries, and what is never done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.fakes.sigstore.loopback import Answer, Loopback, Request

from gitless.ci.web import Beside, Web
from gitless.errors import CheckError, RemoteError, UntrustedContentError, UsageError
from gitless.model.secret import Secret

DOING = "Getting a document"
LIMIT = 1000


@contextmanager
def serving(*answers: Answer | Callable[[Request], Answer]) -> Iterator[Loopback]:
    """A server that gives these answers in turn, and the last of them from then on."""
    left = list(answers)

    def answer(request: Request) -> Answer:
        given = left.pop(0) if len(left) > 1 else left[0]
        return given if isinstance(given, Answer) else given(request)

    with Loopback(answer) as server:
        yield server


class Waits(list[float]):
    """Counts waiting instead of doing it."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def web(waits: Waits | None = None, total: float = 10.0) -> Web:
    return Web({}, total_seconds=total, sleep=Waits() if waits is None else waits)


def test_a_document_is_fetched_once() -> None:
    with serving(Answer.of({"a": 1})) as server:
        assert web().get_json(f"{server.url}/x?y=1", DOING, LIMIT) == {"a": 1}
        (asked,) = server.requests
    assert (asked.path, asked.query) == ("/x", {"y": "1"})
    assert "authorization" not in asked.headers
    assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 0])
def test_what_may_pass_is_tried_again(status: int) -> None:
    waits = Waits()
    with serving(Answer(status), Answer(status), Answer.of({})) as server:
        assert web(waits).get_json(server.url, DOING, LIMIT) == {}
        assert len(server.requests) == 3
    assert len(waits) == 2
    assert all(0.1 <= seconds <= 1.0 for seconds in waits)


def test_it_is_tried_four_times_and_then_said() -> None:
    with serving(Answer(503, b"overloaded")) as server:
        with pytest.raises(RemoteError) as caught:
            web().get_json(server.url, DOING, LIMIT)
        assert len(server.requests) == 4
    assert (caught.value.status, caught.value.temporary) == (503, True)
    assert str(caught.value) == f"{DOING} failed.\nThe answer is 503. overloaded"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_what_will_not_pass_is_said_at_once(status: int) -> None:
    with serving(Answer(status, b"no\x1b[2J way")) as server:
        with pytest.raises(RemoteError) as caught:
            web().get_json(server.url, DOING, LIMIT)
        assert len(server.requests) == 1
    assert (caught.value.status, caught.value.temporary) == (status, False)
    assert caught.value.why == f"The answer is {status}. no?[2J way"


def test_the_wait_that_is_asked_for_is_kept() -> None:
    waits = Waits()
    with serving(Answer(429, b"", {"Retry-After": "7"}), Answer.of({})) as server:
        web(waits).get_json(server.url, DOING, LIMIT)
    assert waits == [7.0]


@pytest.mark.parametrize("asked", ["30", "99999"])
def test_a_wait_that_would_be_too_long_is_not_begun(asked: str) -> None:
    waits = Waits()
    with serving(Answer(429, b"", {"Retry-After": asked})) as server:
        with pytest.raises(RemoteError) as caught:
            web(waits).get_json(server.url, DOING, LIMIT)
        assert len(server.requests) == 1
    assert waits == []
    assert caught.value.temporary


@pytest.mark.parametrize("asked", ["soon", "-1", "1e9", "999999", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wait_that_is_no_number_is_ours(asked: str) -> None:
    waits = Waits()
    with serving(Answer(503, b"", {"Retry-After": asked}), Answer.of({})) as server:
        web(waits).get_json(server.url, DOING, LIMIT)
    assert waits[0] <= 0.5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with serving(Answer.of({"secret": "x"})) as other, serving(Answer(status, b"", {"Location": other.url})) as server:
        with pytest.raises(RemoteError, match=r"(?s)failed.*is a redirect"):
            web().get_json(server.url, DOING, LIMIT, Secret("Bearer canary-secret"))
        assert other.requests == []
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_long_answer_is_not_read_to_its_end(status: int) -> None:
    with serving(Answer(status, b"[" * 10_000_000)) as server:
        with pytest.raises(UntrustedContentError, match=r"more than 1000 bytes"):
            web().get_json(server.url, DOING, LIMIT)
        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 900, b'"x"'])
def test_an_answer_that_is_no_object_is_refused(body: bytes) -> None:
    with serving(Answer(200, body)) as server, pytest.raises(UntrustedContentError, match=DOING):
        web().get_json(server.url, DOING, LIMIT)


def test_a_compressed_answer_is_not_unpacked() -> None:
    with serving(Answer(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"})) as server:
        with pytest.raises(UntrustedContentError):
            web().get_json(server.url, DOING, LIMIT)
        assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    ["http://git.acme.example/x", "ftp://127.0.0.1/x", "https://user:pw@git.acme.example/x", "file:///etc/passwd", ""],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(UsageError, match="Getting a document is refused") as caught:
        web().get_json(url, DOING, LIMIT)
    assert "pw" not in str(caught.value)


def test_a_server_that_says_nothing_is_left() -> None:
    released = threading.Event()

    def hang(request: Request) -> Answer:
        released.wait(30)
        return Answer.of({})

    with serving(hang) as server:
        with pytest.raises(RemoteError, match="takes too long") as caught:
            web(total=0.3).get_json(server.url, DOING, LIMIT)
        released.set()
    assert caught.value.temporary


def test_a_drip_is_left() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            while not stop.wait(0.02):
                connection.sendall(b" ")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with listener, pytest.raises(RemoteError, match="takes too long"):
        web(total=0.4).get_json(f"http://127.0.0.1:{listener.getsockname()[1]}", DOING, LIMIT)
    stop.set()
    thread.join(10)


def test_a_refused_connection_shows_no_query() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RemoteError, match="The connection failed") as caught:
        web().get_json(f"http://127.0.0.1:{port}/x?key=canary-secret", DOING, LIMIT)
    assert caught.value.temporary
    assert "canary" not in str(caught.value)


def test_what_was_sent_is_not_shown() -> None:
    def echo(request: Request) -> Answer:
        return Answer(403, request.headers["authorization"].encode())

    with serving(echo) as server, pytest.raises(RemoteError) as caught:
        web().get_json(server.url, DOING, LIMIT, Secret("Bearer canary-secret"))
    assert "canary" not in str(caught.value)
    assert "***" in caught.value.why


def test_work_beside_gives_its_value_or_its_error() -> None:
    assert Beside(lambda: 7).result(5, DOING) == 7

    def fail() -> int:
        raise CheckError("no")

    failing = Beside(fail)
    for _ in range(2):
        with pytest.raises(CheckError, match="no"):
            failing.result(5, DOING)


def test_a_proxy_is_taken_from_the_environment() -> None:
    with serving(Answer.of({"through": "proxy"})) as proxy:
        environment = {"https_proxy": proxy.url}
        with pytest.raises(RemoteError, match="The connection failed"):
            # the fake refuses to tunnel to names it does not play, and says so to nobody but us
            Web(environment, sleep=Waits()).get_json("https://git.acme.example/x", DOING, LIMIT)

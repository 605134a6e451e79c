"""Asking for small JSON documents: what counts as one, and what is never done to get it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.fakes.sigstore.loopback import Answer, Loopback, Request

from gitless.ci.documents import Documents
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.secret import Secret
from gitless.web.patience import Patience
from gitless.wiring.system import SystemClock

DOING = "get a document"
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


def documents(total: float = 10.0) -> Documents:
    return Documents({}, SystemClock(), Patience(attempts=4, total_seconds=total, sleep=lambda _: None))


def test_a_document_is_fetched_once() -> None:
    with serving(Answer.of({"a": 1})) as server:
        assert documents().get(f"{server.url}/x?y=1", DOING, LIMIT) == {"a": 1}
        (asked,) = server.requests
    assert (asked.path, asked.query) == ("/x", {"y": "1"})
    assert "authorization" not in asked.headers
    assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with serving(Answer(status), Answer(status), Answer.of({})) as server:
        assert documents().get(server.url, DOING, LIMIT) == {}
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
def test_what_will_not_pass_is_said_at_once(status: int) -> None:
    with serving(Answer(status, b"no\x1b[2J way")) as server:
        with pytest.raises(RemoteError) as caught:
            documents().get(server.url, DOING, LIMIT)
        assert len(server.requests) == 1
    assert (caught.value.what, caught.value.status) == ("Cannot get a document.", status)
    assert caught.value.why == f"{server.url} answered {status}: no?[2J way"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed_and_not_read_to_their_end(status: int) -> None:
    with serving(Answer.of({"secret": "x"})) as other:
        redirect = Answer(status, b"x" * 10_000_000, {"Location": other.url})
        with serving(redirect) as server:
            with pytest.raises(RemoteError, match=f"answered {status}"):
                documents().get(server.url, DOING, LIMIT, Secret("Bearer canary-secret"))
            assert len(server.requests) == 1
        assert other.requests == []


def test_a_long_document_is_refused() -> None:
    with serving(Answer(200, b"[" * 10_000_000)) as server:
        with pytest.raises(UntrustedContentError, match=r"more than 1000 bytes"):
            documents().get(server.url, DOING, LIMIT)
        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 900, b'"x"'])
def test_an_answer_that_is_no_object_is_refused(body: bytes) -> None:
    with serving(Answer(200, body)) as server, pytest.raises(UntrustedContentError, match=DOING):
        documents().get(server.url, DOING, LIMIT)


@pytest.mark.parametrize(
    "url",
    ["http://git.acme.example/x", "ftp://127.0.0.1/x", "https://user:pw@git.acme.example/x", "file:///etc/passwd", ""],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(UsageError, match=r"Cannot get a document\.\nIts address must be") as caught:
        documents().get(url, DOING, LIMIT)
    assert "pw" not in str(caught.value)


def test_a_server_that_says_nothing_is_left() -> None:
    released = threading.Event()

    def hang(request: Request) -> Answer:
        released.wait(30)
        return Answer.of({})

    with serving(hang) as server:
        with pytest.raises(RemoteError, match="Cannot get a document") as caught:
            documents(total=0.3).get(server.url, DOING, LIMIT)
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
                try:
                    connection.sendall(b" ")
                except OSError:  # hung up on, as it should be
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with listener, pytest.raises(RemoteError, match="Cannot get a document"):
        documents(total=0.4).get(f"http://127.0.0.1:{listener.getsockname()[1]}", DOING, LIMIT)
    stop.set()
    thread.join(10)


def test_a_refused_connection_shows_no_query() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RemoteError, match="connection to") as caught:
        documents().get(f"http://127.0.0.1:{port}/x?key=canary-secret", DOING, LIMIT)
    assert caught.value.temporary
    assert "canary" not in str(caught.value)


def test_what_was_sent_is_not_shown() -> None:
    def echo(request: Request) -> Answer:
        return Answer(403, request.headers["authorization"].encode())

    with serving(echo) as server, pytest.raises(RemoteError) as caught:
        documents().get(server.url, DOING, LIMIT, Secret("Bearer canary-secret"))
    assert "canary" not in str(caught.value)
    assert "***" in caught.value.why

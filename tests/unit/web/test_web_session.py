"""Requests to services: limited, retried, never redirected; against a server on loopback."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.keyless import Time
from tests.fakes.sigstore.loopback import Answer, Loopback
from tests.fakes.sigstore.loopback import Request as Seen

from gitless.errors import RemoteError, UntrustedContentError
from gitless.web.session import Request, Session, _broken, error_words
from gitless.web.words import retry_after

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Seen], Answer]], str]]:
    running: list[Loopback] = []

    def start(answer: Callable[[Seen], Answer]) -> str:
        running.append(Loopback(answer))
        return running[-1].__enter__().url

    yield start
    for server in running:
        server.__exit__(None, None, None)


Serve = Callable[[Callable[[Seen], Answer]], str]


def test_nothing_is_sent_but_what_was_asked(clock: Time, serve: Serve) -> None:
    seen: list[Seen] = []

    def answer(request: Seen) -> Answer:
        seen.append(request)
        return Answer(200, b"ok", {"Set-Cookie": "a=b"})

    url = serve(answer)
    session = Session({}, clock.patience(), clock.now)
    for _ in range(2):
        assert session.send(Request("ask", "POST", url, {"X": "y"}, b"body")).body == b"ok"
    assert session.sent == 2
    assert seen[1].headers["user-agent"].startswith("gitless/")
    assert "cookie" not in seen[1].headers
    assert seen[1].body == b"body"


@pytest.mark.parametrize("status", [200, 201])
def test_a_body_beyond_its_limit_is_not_read(clock: Time, serve: Serve, status: int) -> None:
    url = serve(lambda request: Answer(status, b"x" * 200_000))
    session = Session({}, clock.patience(), clock.now)
    with pytest.raises(RemoteError) as caught:
        session.send(Request("ask", "GET", url, max_bytes=1000))
    assert isinstance(caught.value, UntrustedContentError) == (status == 200)


def test_an_unreachable_service_says_so_without_its_query(clock: Time) -> None:
    session = Session({}, clock.patience(attempts=2), clock.now)
    with pytest.raises(RemoteError) as caught:
        session.send(Request("ask", "GET", "http://127.0.0.1:9/x?token=hunter2"))
    assert caught.value.why == (
        "The connection to http://127.0.0.1:9 failed: ConnectionRefusedError (Connection refused)"
    )
    assert "hunter2" not in str(caught.value)


def test_a_wrong_certificate_is_not_tried_again() -> None:
    verification = ssl.SSLCertVerificationError("certificate verify failed")
    verification.verify_message = "unable to get local issuer certificate"
    failure = requests.exceptions.SSLError(verification)
    error = _broken(Request("ask", "GET", "https://a.example/x"), failure)
    assert not error.temporary
    assert error.why == "The TLS connection to https://a.example:443 failed: unable to get local issuer certificate"
    assert "SSL_CERT_FILE" in error.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"code": 3, "message": "no claim"}', "no claim"),
        (b'{"error": "denied"}', "denied"),
        (b'{"code": 3}', ""),
        (b"plain\r\nwords\x1b[31m", "plain words?[31m"),
        (b"<html>", ""),
        (b"[" * 5000, "[" * 300 + " … (cut off)"),
        (b"\xff", "\ufffd"),
        (b"", ""),
    ],
)
def test_a_services_own_words(content: bytes, words: str) -> None:
    assert error_words(content) == words


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("37", 37.0),
        ("Mon, 01 Jun 2026 12:00:30 GMT", 30.0),
        ("Mon, 01 Jun 2026 12:00:30 -0000", 30.0),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-1", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=80))
def test_any_retry_after_is_a_wait_or_none(header: str) -> None:
    found = retry_after(header, NOW)
    assert found is None or found >= 0

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.errors import UntrustedContentError
from gitless.registry import wire
from gitless.registry.wire import Challenge
from gitless.web.words import retry_after

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=timezone.utc)
HOME = "https://registry.example.com/v2/a/tags/list"


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ('Bearer realm="https://a/t",service="s",scope="x"', Challenge("bearer", "https://a/t", "s")),
        ("bearer realm=https://a/t", Challenge("bearer", "https://a/t", "")),
        ('Basic realm="x", Bearer realm="https://a/t"', Challenge("bearer", "https://a/t", "")),
        (r'Bearer realm="https://a/\"t"', Challenge("bearer", 'https://a/"t', "")),
        ('Basic realm="basic-realm"', Challenge("basic")),
        ('Bearer service="no realm"', None),
        ("Negotiate", None),
        ("", None),
    ],
)
def test_challenges(header: str, challenge: Challenge | None) -> None:
    assert wire.parse_challenge(header) == challenge


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('</v2/a/tags/list?n=1&last=x>; rel="next"', "/v2/a/tags/list?n=1&last=x"),
        ('</first>; rel="first", </next>; rel=next', "/next"),
        ('</v2>; rel="prev"', None),
        ("", None),
    ],
)
def test_links(header: str, link: str | None) -> None:
    assert wire.next_link(header) == link


@given(st.text())
def test_no_header_breaks_the_readers(text: str) -> None:
    wire.parse_challenge(text)
    wire.next_link(text)
    wire.warning_text(text)
    wait = retry_after(text, NOW)
    assert wait is None or wait >= 0


@given(st.binary())
def test_no_error_body_breaks_the_reader(content: bytes) -> None:
    assert wire.error_text(content).isprintable()


@given(st.text())
def test_an_address_is_http_or_refused(text: str) -> None:
    try:
        url = wire.absolute(HOME, text)
    except UntrustedContentError:
        return
    assert url.startswith(("http://", "https://"))


def test_error_bodies() -> None:
    body = b'{"errors":[{"code":"DENIED","message":"no"},{"code":"X"},7]}'
    assert wire.parse_errors(body) == (("DENIED", "no"), ("X", ""))
    assert wire.error_text(body) == "DENIED: no; X"
    assert wire.error_text(b"404 page not found\n") == "404 page not found"
    assert wire.error_text(b"<html>") == ""
    assert wire.parse_errors(b'{"errors":3}') == ()
    assert wire.parse_errors(b"[]") == ()


def test_the_next_page_stays_on_its_host() -> None:
    assert wire.join_same_host(HOME, "?last=x") == f"{HOME}?last=x"
    assert wire.join_same_host(HOME, "https://registry.example.com:443/x").endswith("/x")
    for target in ("https://registry.example.com:444/x", "https://evil.example/x"):
        with pytest.raises(UntrustedContentError, match="another host"):
            wire.join_same_host(HOME, target)


def test_a_plain_twin_of_a_tls_address_is_raised_to_tls() -> None:
    assert wire.absolute(HOME, "http://registry.example.com/x") == "https://registry.example.com/x"
    assert wire.absolute(HOME, "http://other.example.com/x") == "http://other.example.com/x"


@pytest.mark.parametrize("target", ["ftp://x/y", "https://u@x/", "https://x:99999/", "https://x/ y", "mailto:x"])
def test_addresses_that_are_refused(target: str) -> None:
    with pytest.raises(UntrustedContentError):
        wire.absolute(HOME, target)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 10:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_waiting_times(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_warnings() -> None:
    assert wire.warning_text('299 - "old \\"tags\\" go\x07"') == 'old "tags" go'
    assert wire.warning_text('110 - "stale"') is None


def test_digest_headers() -> None:
    assert wire.digest_header({}) is None
    assert wire.digest_header({"Docker-Content-Digest": "sha512:00"}) is None
    assert str(wire.digest_header({"Docker-Content-Digest": "sha256:" + "0" * 64})) == "sha256:" + "0" * 64

"""Which addresses are safe, which mean this machine, and which way a proxy is used."""

from __future__ import annotations

import pytest

from gitless.web.addresses import is_loopback, is_safe, origin_text, proxy_for

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", "localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0", "::2"])
def test_another_machine(name: str) -> None:
    assert not is_loopback(name)


@pytest.mark.parametrize(
    "url", ["https://a.example", "https://a.example:8443/x", "http://127.0.0.1:1", "http://[::1]/x"]
)
def test_safe(url: str) -> None:
    assert is_safe(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "ftp://a.example",
        "https://u@a.example",
        "https://",
        "a.example",
        "",
        "https://a:port",
        "http://[::1",
        "http://127.0.0.1@a.example/",
    ],
)
def test_not_safe(url: str) -> None:
    assert not is_safe(url)


def test_origins_show_neither_path_nor_query() -> None:
    assert origin_text("https://a.example/x?token=1") == "https://a.example:443"
    assert origin_text("http://127.0.0.1:80/x") == "http://127.0.0.1:80"


@pytest.mark.parametrize(
    ("url", "env", "proxy"),
    [
        ("https://a.example", {}, None),
        ("https://a.example", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://a.example", {"https_proxy": PROXY}, PROXY),
        ("https://a.example", {"ALL_PROXY": PROXY}, PROXY),
        ("https://a.example", {"HTTP_PROXY": PROXY}, None),
        ("http://127.0.0.1:5000", {"HTTP_PROXY": PROXY}, None),
        ("https://a.example", {"HTTPS_PROXY": PROXY, "NO_PROXY": "a.example"}, None),
        ("https://b.a.example", {"HTTPS_PROXY": PROXY, "NO_PROXY": "x, .a.example"}, None),
        ("https://ba.example", {"HTTPS_PROXY": PROXY, "NO_PROXY": "a.example"}, PROXY),
        ("https://a.example:8443", {"HTTPS_PROXY": PROXY, "NO_PROXY": "a.example:8443"}, None),
        ("https://a.example", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ("https://10.1.2.3", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://11.1.2.3", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8,bad/net"}, PROXY),
    ],
)
def test_proxies(url: str, env: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(url, env) == proxy

"""Web addresses: which may be trusted with something, and by which proxy they are reached."""

from __future__ import annotations

import pytest

from gitless.model.issuers import github_issuer
from gitless.model.web import check_web_address, is_loopback, origin, proxy_for


@pytest.mark.parametrize(
    "text",
    [
        "https://git.acme.example", "https://git.acme.example:8443/a/b", "https://[2001:db8::1]/x", "http://127.0.0.1:80",
        "http://localhost", "https://h.example/19//idtoken/a-b_c/$x:1;y=@z!", "http://issuer.localhost:1/x", "http://[::1]:8080/",
    ],
)  # fmt: skip
def test_addresses_that_may_be_used(text: str) -> None:
    assert check_web_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "git.acme.example", "//git.acme.example", "ftp://git.acme.example", "http://git.acme.example", "http://10.0.0.1",
        "http://localhost.evil.example", "http://127.0.0.1.evil.example", "https://u@h.example", "https://u:p@h.example",
        "https://h.example?x", "https://h.example#x", "https://h.example/ x", "https://h.example\n", "https://",
        "https://h.example:port", "https://h.example:99999", "https://hé.example", "HTTPS://h.example",
    ],
)  # fmt: skip
def test_addresses_that_may_not(text: str) -> None:
    with pytest.raises(ValueError):
        check_web_address(text)


def test_an_origin_has_a_port() -> None:
    assert origin("https://H.example/x") == ("https", "h.example", 443)
    assert origin("http://h.example") == ("http", "h.example", 80)
    assert origin("https://h.example:8443") == ("https", "h.example", 8443)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("localhost", True), ("a.localhost", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("localhost.x", False)],
)  # fmt: skip
def test_this_machine(name: str, expected: bool) -> None:
    assert is_loopback(name) is expected


@pytest.mark.parametrize(
    ("url", "env", "expected"),
    [
        ("https://h.example/x", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://h.example/x", {"https_proxy": "http://l:1", "HTTPS_PROXY": "http://p:1"}, "http://l:1"),
        ("https://h.example/x", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://h.example/x", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://h.example/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other, .example"}, None),
        ("https://h.example/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h.example:443"}, None),
        ("https://h.example/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h.example:80"}, "http://p:1"),
        ("https://h.example/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("https://10.1.2.3/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://10.1.2.3/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/x"}, "http://p:1"),
        ("http://127.0.0.1/x", {"HTTP_PROXY": "http://p:1"}, None),
    ],
)
def test_proxies(url: str, env: dict[str, str], expected: str | None) -> None:
    assert proxy_for(url, env) == expected


def test_github_servers_have_issuers() -> None:
    assert github_issuer("https://github.com") == "https://token.actions.githubusercontent.com"
    assert github_issuer("https://x.ghe.com") == "https://token.actions.x.ghe.com"
    # only the host decides: a look-alike is an Enterprise Server like any other
    assert github_issuer("https://x.ghe.com.evil.example") == "https://x.ghe.com.evil.example/_services/token"

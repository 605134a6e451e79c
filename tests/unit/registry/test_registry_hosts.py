import pytest

from gitless.errors import UntrustedContentError
from gitless.registry import hosts


@pytest.mark.parametrize(
    ("host", "insecure", "url"),
    [
        ("ghcr.io", False, "https://ghcr.io"),
        ("ghcr.io", True, "http://ghcr.io"),
        ("localhost:5000", False, "http://localhost:5000"),
        ("127.0.0.2:5000", False, "http://127.0.0.2:5000"),
        ("[::1]:5000", False, "http://[::1]:5000"),
        ("localhost:443", False, "https://localhost:443"),
        ("10.0.0.1:5000", False, "https://10.0.0.1:5000"),
        ("docker.io", False, "https://registry-1.docker.io"),
    ],
)
def test_tls_is_left_out_for_loopback_or_when_asked(host: str, insecure: bool, url: str) -> None:
    assert hosts.base_url(host, insecure=insecure) == url


def test_official_images_of_docker_hub_live_below_library() -> None:
    assert hosts.repository_path("docker.io", "alpine") == "library/alpine"
    assert hosts.repository_path("docker.io", "acme/web") == "acme/web"
    assert hosts.repository_path("ghcr.io", "alpine") == "alpine"


@pytest.mark.parametrize(
    ("home", "url"),
    [
        ("https://ghcr.io", "http://storage.example.com/x"),
        ("https://ghcr.io", "https://127.0.0.1/x"),
        ("https://ghcr.io", "http://localhost:80/x"),
        ("https://ghcr.io", "https://169.254.169.254/latest"),
        ("https://ghcr.io", "https://10.0.0.1/x"),
        ("http://127.0.0.1:5000", "http://10.0.0.1/x"),
    ],
)
def test_addresses_a_registry_must_not_send_us_to(home: str, url: str) -> None:
    with pytest.raises(UntrustedContentError):
        hosts.check_foreign(home, url)


@pytest.mark.parametrize(
    ("home", "url"),
    [
        ("https://ghcr.io", "https://storage.example.com/x"),
        ("https://10.0.0.1:5000", "https://10.0.0.2/x"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/x"),
        ("http://reg.example.com:5000", "http://reg.example.com:5000/x"),
    ],
)
def test_addresses_a_registry_may_send_us_to(home: str, url: str) -> None:
    hosts.check_foreign(home, url)


@pytest.mark.parametrize(
    ("home", "realm"),
    [
        ("https://ghcr.io", "https://ghcr.io/token"),
        ("https://registry-1.docker.io", "https://auth.docker.io/token"),
        ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        ("https://gitlab.example.com:5050", "https://gitlab.example.com/jwt/auth"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"),
        ("http://reg.example.com:5000", "http://reg.example.com:5000/token"),
    ],
)
def test_realms_that_may_make_tokens(home: str, realm: str) -> None:
    hosts.check_realm(home, realm)


@pytest.mark.parametrize(
    ("home", "realm"),
    [
        ("https://ghcr.io", "http://ghcr.io/token"),
        ("https://ghcr.io", "https://evil.example/token"),
        ("https://ghcr.io", "http://127.0.0.1/token"),
        ("https://10.0.0.1", "https://9.0.0.1/token"),
        ("http://localhost:5000", "https://localhost.evil.example/token"),
    ],
)
def test_realms_that_never_see_the_credential(home: str, realm: str) -> None:
    with pytest.raises(UntrustedContentError):
        hosts.check_realm(home, realm)


def test_a_realm_the_user_named_may_make_tokens() -> None:
    hosts.check_realm("https://reg.example.com", "https://id.other.example/token", "ID.other.example")


@pytest.mark.parametrize(
    ("url", "env", "proxy"),
    [
        ("https://ghcr.io/x", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://ghcr.io/x", {"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, "http://q:1"),
        ("https://ghcr.io/x", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://ghcr.io/x", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.0.0.1:5/x", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.example.com/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example.com"}, None),
        ("https://a.example.com/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.com, example.com"}, None),
        ("https://a.example.com/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("https://aexample.com/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, "http://p:1"),
        ("https://r.io:5/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "r.io:5"}, None),
        ("https://10.1.2.3/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://10.1.2.3/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x/y"}, "http://p:1"),
    ],
)
def test_proxies_are_taken_from_the_environment_given(url: str, env: dict[str, str], proxy: str | None) -> None:
    assert hosts.proxy_for(url, env) == proxy

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitless.ci.remote_url import public_url


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("git@github.com:acme/apps.git", "https://github.com/acme/apps"),
        ("gitlab.acme.example:group/sub/apps", "https://gitlab.acme.example/group/sub/apps"),
        ("ssh://git@host.example:2222/acme/apps.git", "https://host.example/acme/apps"),
        ("git://host.example/acme/apps", "https://host.example/acme/apps"),
        ("https://user:pw@host.example:8443/acme/apps.git/", "https://host.example:8443/acme/apps"),
        ("https://host.example/acme/apps?token=x#y", "https://host.example/acme/apps"),
        ("http://127.0.0.1:3000/acme/apps", "http://127.0.0.1:3000/acme/apps"),
        ("https://[::1]:8443/acme/apps", "https://[::1]:8443/acme/apps"),
    ],
)
def test_remotes_become_public_urls(remote: str, url: str) -> None:
    assert public_url(remote) == url


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "../apps",
        "/srv/git/apps.git",
        "file:///srv/git/apps.git",
        "ext::sh -c id",
        "https://",
        "https://host.example",
        "https://host.example/",
        "https://host.example:port/a",
        "https://ho st.example/a",
        "https://host.example/a/../b",
        "https://host.example/a\nb c",
        "https://host.example/a<b>",
    ],
)
def test_what_is_no_public_place_has_no_url(remote: str) -> None:
    assert public_url(remote) is None


@given(st.from_regex(r"[A-Za-z0-9_:%-]{1,30}", fullmatch=True))
def test_no_credential_survives(credential: str) -> None:
    url = public_url(f"https://{credential}@host.example/acme/apps")
    assert url in ("https://host.example/acme/apps", None)

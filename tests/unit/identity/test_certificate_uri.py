"""How an address is spelled in a certificate; the expected texts were printed by Go's net/url."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitless.errors import CheckError
from gitless.identity.certificate_uri import certificate_uri

PREFIX = "https://github.com/a/b/.github/workflows/x.yaml@refs/heads/"


@pytest.mark.parametrize(
    ("branch", "written"),
    [
        ("main", "main"),
        ("feature/a-b_c.d~1", "feature/a-b_c.d~1"),
        ("a!'()*[]", "a!'()*[]"),
        ("$&+,;=:@", "$&+,;=:@"),
        ("für", "f%C3%BCr"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ('"<>|{}`^\\', "%22%3C%3E%7C%7B%7D%60%5E%5C"),
        ("ü!'()*[]", "%C3%BC%21%27%28%29%2A%5B%5D"),
        ("%41", "%41"),
        ("%41ü", "A%C3%BC"),
        ("fix#12", "fix#12"),
        ("fix#", "fix"),
        ("fix#ü!'", "fix#%C3%BC!%27"),
        ("fix##1", "fix#%231"),
    ],
)
def test_characters_are_kept_or_escaped_as_go_does(branch: str, written: str) -> None:
    assert certificate_uri(PREFIX + branch) == PREFIX + written


@pytest.mark.parametrize("branch", ["100%", "%zz", "%", "a%4", "x#%g0"])
def test_what_is_no_escape_has_no_certificate(branch: str) -> None:
    with pytest.raises(CheckError, match="no certificate"):
        certificate_uri(PREFIX + branch)


def test_an_address_without_a_path_stays() -> None:
    assert certificate_uri("https://github.com") == "https://github.com"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=" ?"), max_size=12))
def test_the_result_is_ascii_and_stays_as_it_is(branch: str) -> None:
    try:
        written = certificate_uri(PREFIX + branch)
    except CheckError:
        assert "%" in branch
        return
    assert written.isascii()
    assert certificate_uri(written) == written

from __future__ import annotations

import pytest

from gitless.model.redaction import mask_sent, redact

SECRET = "s3cr3tvalue0123456789abc"


@pytest.mark.parametrize(
    "text",
    [
        f"clone https://user:{SECRET}@host/x failed",
        f"oci://{SECRET}@host",
        f"password: {SECRET}",
        f'"dbPassword": "{SECRET} and more"',
        f"API_KEY={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"PRIVATE-TOKEN: {SECRET}",
        f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}\n-----END EC PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"ghp_{SECRET}",
        f"github_pat_{SECRET}",
        f"glpat-{SECRET}",
        f"eyJhbGciOiJI.eyJzdWIiOiIx.{SECRET}",
    ],
)
def test_credentials_are_masked(text: str) -> None:
    assert SECRET not in redact(text)
    assert "***" in redact(text)


def test_ordinary_messages_stay() -> None:
    text = "Error: template: web/templates/a.yaml:3:5: nil pointer evaluating interface {}.image\n\tat line 3"
    assert redact(text) == text


def test_control_characters_cannot_steer_a_terminal() -> None:
    assert redact("a\x1b[31mb\rc") == "a?[31mb?c"


def test_long_text_is_cut_and_says_so() -> None:
    assert redact("ab" * 5000, 10) == "ababababab … (cut off)"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Bearer abc/def", "you sent Bearer abc/def"),
        ("Bearer abc/def", "you sent abc/def"),
        ("Bearer abc/def", "at ?token=abc%2Fdef&x"),
        ("Basic cm9ib3Q6cGFzcyB3b3Jk", "cm9ib3Q6cGFzcyB3b3Jk"),
        ("Basic cm9ib3Q6cGFzcyB3b3Jk", "robot:pass word"),
        ("Basic cm9ib3Q6cGFzcyB3b3Jk", "the password 'pass word' is wrong"),
        ("Basic cm9ib3Q6cGFzcyB3b3Jk", "pass+word or pass%20word"),
        ("refresh-4711", "token refresh-4711 ended"),
    ],
)
def test_what_was_sent_is_masked_however_it_is_spelt(sent: str, said: str) -> None:
    masked = mask_sent(said.encode(), [sent]).decode()
    assert "***" in masked
    for secret in ("abc/def", "abc%2Fdef", "cm9ib3Q6", "pass word", "pass+word", "pass%20word", "refresh-4711"):
        assert secret not in masked


def test_nothing_and_trifles_are_not_masked() -> None:
    assert mask_sent(b"a b c", ["", "Bearer b", "Basic !!!"]) == b"a b c"

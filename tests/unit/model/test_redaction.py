from __future__ import annotations

import pytest

from gitless.model.redaction import redact

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

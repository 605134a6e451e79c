"""What the bootstrap says: errors in three parts, as a workflow command on GitHub and as plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping


class BootstrapError(Exception):
    """The environment could not be made; nothing of gitless has run yet.

    Args:
        what: What could not be done.
        why: The reason; may hold foreign text.
        hint: What to do.
        exit_code: 2 for wrong set-up, 3 for a service that failed.
    """

    def __init__(self, what: str, *, why: str = "", hint: str = "", exit_code: int = 2) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        self.exit_code = exit_code


def report(error: BootstrapError, env: Mapping[str, str]) -> None:
    """Print an error where people look for it."""
    text = "\n".join(plain(part) for part in (error.what, error.why, error.hint) if part)
    if env.get("GITHUB_ACTIONS") == "true":
        print(f"::error title=gitless::{escaped(text)}", flush=True)
    else:
        print("gitless: " + text.replace("\n", "\n  "), file=sys.stderr, flush=True)


def mask(secret: str, env: Mapping[str, str]) -> None:
    """Have the platform hide a secret in all that is printed from now on."""
    if secret and env.get("GITHUB_ACTIONS") == "true":
        print(f"::add-mask::{escaped(secret)}", flush=True)


def escaped(text: str) -> str:
    """Text as the message of a workflow command: one line, no command of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def plain(text: str) -> str:
    """Foreign text without control characters, but for line feeds."""
    return "".join(character if character == "\n" or character.isprintable() else "?" for character in text)

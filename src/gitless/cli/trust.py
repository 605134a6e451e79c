"""The flags that say whom to trust, shared by the verbs that verify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_IDENTITIES = (
    click.option(
        "--key", "keys", multiple=True, metavar="FILE", help="Public key (PEM); repeatable, any of them may match."
    ),
    click.option(
        "--certificate-identity", "identity", metavar="TEXT", help="Subject alternative name of a certificate, exact."
    ),
    click.option(
        "--certificate-identity-regexp", "identity_regexp", metavar="REGEXP", help="The same, as Flux matches it."
    ),
    click.option("--certificate-oidc-issuer", "issuer", metavar="URL", help="Issuer of the certificate, exact."),
    click.option(
        "--certificate-oidc-issuer-regexp", "issuer_regexp", metavar="REGEXP", help="The same, as Flux matches it."
    ),
)
_CONFIGURED = (
    click.option("--config", metavar="FILE", help="A gitless.yaml whose identities are trusted."),
    click.option(
        "--for",
        "role",
        type=click.Choice(["publish", "promote"]),
        default="publish",
        show_default=True,
        help="Which of its identities.",
    ),
)
_ROOT = (
    click.option(
        "--trusted-root",
        metavar="FILE",
        help="trusted_root.json of the Sigstore instance; nothing is asked over the network then.  [default: that of "
        "--config, or the public instance's]",
    ),
)


def trust_options(command: F) -> F:
    """Give a command the flags; its parameters are the fields of `wiring.trust.TrustRequest`."""
    return _with((*_IDENTITIES, *_CONFIGURED, *_ROOT), command)


def identity_options(command: F) -> F:
    """The same for verbs that read gitless.yaml anyway, and whose role is fixed."""
    return _with((*_IDENTITIES, *_ROOT), command)


def _with(options: Sequence[Callable[[F], F]], command: F) -> F:
    for option in reversed(options):
        command = option(command)
    return command

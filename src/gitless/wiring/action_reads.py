"""From the inputs of the actions that only read to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.wiring.places import PlaceRequest
from gitless.wiring.trust import TrustRequest

if TYPE_CHECKING:
    from gitless.wiring.audit import AuditRequest

_MAX_TAGS = 7  # digits


def verify_request(inputs: Inputs) -> tuple[tuple[str, ...], TrustRequest, str]:
    """What the verify action asks for: references, whom to trust, and the policy.

    Raises:
        UsageError: An input is not valid, or nothing is to be verified.
    """
    references = inputs.words("references")
    if not references:
        raise UsageError(
            "There is nothing to verify.", hint="Give `references`: HOST/PATH@sha256:… or HOST/PATH:TAG, one a line."
        )
    role = inputs.choice("role", ("publish", "promote"))
    trust = TrustRequest(
        keys=inputs.lines("key"),
        identity=inputs.text("certificate-identity"),
        issuer=inputs.text("certificate-oidc-issuer"),
        config=inputs.text("config"),
        role="promote" if role == "promote" else "publish",
        trusted_root=inputs.text("trusted-root"),
    )
    return references, trust, inputs.choice("policy", ("flux", "cosign", "strict")) or "strict"


def history_request(inputs: Inputs) -> tuple[PlaceRequest, TrustRequest, str | None, str | None]:
    """What the history action asks for: the component's channels, whom to trust, the period's begin, the page's file.

    Raises:
        UsageError: An input is not valid.
    """
    component = inputs.text("component")
    trust = TrustRequest(
        keys=inputs.lines("key"),
        identity=inputs.text("certificate-identity"),
        issuer=inputs.text("certificate-oidc-issuer"),
        trusted_root=inputs.text("trusted-root"),
    )
    return _place(inputs, (component,) if component else ()), trust, inputs.text("since"), inputs.text("html")


def audit_request(inputs: Inputs) -> AuditRequest:
    """What the audit action asks for.

    Raises:
        UsageError: An input is not valid.
    """
    from gitless.wiring.audit import AuditRequest

    tags = inputs.text("max-tags")
    if tags is not None and not (tags.isascii() and tags.isdigit() and len(tags) <= _MAX_TAGS):
        raise UsageError("The input 'max-tags' is not valid.", why="It must be a number.")
    place = _place(inputs, inputs.words("components"))
    return AuditRequest(place, inputs.text("expect"), inputs.text("export"), int(tags) if tags else None)


def _place(inputs: Inputs, names: tuple[str, ...]) -> PlaceRequest:
    return PlaceRequest(
        names=names,
        channels=inputs.words("channels"),
        config=inputs.text("config"),
        registry=inputs.text("registry"),
    )

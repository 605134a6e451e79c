"""Wires the verb history."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.chronicle import Chronicle
from gitless.model.results import VerifyFlags
from gitless.model.revision import parse_rfc3339
from gitless.wiring.places import PlaceRequest, open_channels, promoted_channels
from gitless.wiring.setup import CONFIG_NAME, Setup, configure
from gitless.wiring.system import SystemClock
from gitless.wiring.trust import TrustRequest, read_trust

if TYPE_CHECKING:
    from gitless.config.components import Component


def history(request: PlaceRequest, trust: TrustRequest, since: str | None) -> Chronicle:
    """Wire and run the verb history.

    Args:
        request: Component and channels.
        trust: Whom to trust; without any of its flags, the promoting identity of gitless.yaml.
        since: Begin of the period: a date, a time, or a duration before now.

    Raises:
        UsageError: A flag, a file or their combination is wrong, or there is nobody to trust.
        RemoteError: A store failed.
    """
    from gitless.flows.history import tell
    from gitless.registry.open import Stores

    setup = configure(request.settings, os.environ)
    component = _component(setup, request)
    channels = promoted_channels(setup.config, request.channels)
    now = SystemClock().now()
    start = parse_since(since, now) if since else None
    trust = _with_config(trust, request, setup)
    found = read_trust(trust, "strict" if not trust.names_certificate else "cosign", os.environ)
    stores = Stores(env=os.environ, insecure=request.insecure)
    places = open_channels(setup, setup.config, stores, setup.plan(component).location, component.name, channels)
    told = tell(component.name, places, found.trusted, now, since=start, flags=verify_flags(trust, setup))
    notices = (*((found.notice,) if found.notice else ()), *stores.warnings)
    return replace(told, notices=notices)


def parse_since(text: str, now: datetime) -> datetime:
    """Read the begin of a period.

    Args:
        text: `2026-11-01`, `2026-11-01T12:00:00Z`, or a duration such as `90d`.
        now: The end of the period.

    Raises:
        UsageError: It is none of these, or lies ahead.
    """
    from gitless.promotion.policy import parse_duration

    try:
        start = now - parse_duration(text)
    except OverflowError:
        start = datetime.min.replace(tzinfo=timezone.utc)
    except UsageError:
        start = _moment(text)
    if start >= now:
        raise UsageError(f"The period begins after now: {text[:40]}")
    return start


def write_page(name: str, chronicle: Chronicle) -> None:
    """Write a history as one self-contained page.

    Raises:
        UsageError: The file cannot be written.
    """
    from gitless.report.chronicle_page import chronicle_page

    try:
        Path(name).write_text(chronicle_page(chronicle), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The page {name!r} cannot be written.", why=error.strerror or "") from error


def verify_flags(trust: TrustRequest, setup: Setup) -> VerifyFlags | None:
    """How readers verify evidence of the promoting identity; None where several are trusted and no one set says it."""
    if trust.names_certificate:
        return _certificate_flags(trust)
    if trust.keys:
        return VerifyFlags.of_key(trust.keys[0])
    identity = setup.config.identities.promote
    pattern = identity.to_pattern() if identity else None
    if identity and identity.key:
        return VerifyFlags.of_key(identity.key)
    signing = setup.config.signing
    root = signing.sigstore.trusted_root if signing and signing.sigstore != "public" else ""
    return VerifyFlags.of_certificates(pattern, trust.trusted_root or root) if pattern else None


def _certificate_flags(trust: TrustRequest) -> VerifyFlags:
    said: Mapping[str, str | None] = {
        "--certificate-identity": trust.identity,
        "--certificate-identity-regexp": trust.identity_regexp,
        "--certificate-oidc-issuer": trust.issuer,
        "--certificate-oidc-issuer-regexp": trust.issuer_regexp,
        "--trusted-root": trust.trusted_root,
    }
    flags = tuple(word for name, value in said.items() if value for word in (name, value))
    return VerifyFlags(flags, flags)


def _component(setup: Setup, request: PlaceRequest) -> Component:
    from gitless.config.components import select

    chosen = select(setup.components, request.names)
    if len(chosen) != 1:
        raise UsageError(
            "No component is named.",
            why=f"There are {len(chosen)}, and history tells of one.",
            hint=f"Give its name: gitless history {chosen[0].name}",
        )
    return chosen[0]


def _with_config(trust: TrustRequest, request: PlaceRequest, setup: Setup) -> TrustRequest:
    """Trust gitless.yaml where no flag names anybody."""
    if trust.keys or trust.names_certificate:
        return replace(trust, role="promote")
    config = request.config or (CONFIG_NAME if Path(CONFIG_NAME).exists() else None)
    if config is None or setup.config.identities.promote is None:
        raise UsageError(
            "There is nobody to trust, neither a key nor an identity.",
            why="gitless.yaml names no identities.promote, and no flag names anybody.",
            hint="Give --key FILE with the promoter's public key, or --certificate-identity together with "
            "--certificate-oidc-issuer, or write identities.promote.",
        )
    return replace(trust, config=config, role="promote")


def _moment(text: str) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        return parse_rfc3339(text)
    return day

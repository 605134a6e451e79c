"""Whom verify and inspect trust: public keys, one certificate identity, or those that gitless.yaml names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitless.errors import UsageError
from gitless.wiring.keys import trusted_keys
from gitless.wiring.system import SystemClock, import_beside, read_file

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.config.trust import Identity
    from gitless.verification.certificates import Matcher
    from gitless.verification.trust import Trust

MAX_ROOT_BYTES = 1024 * 1024
_IDENTITY = "--certificate-identity"
_ISSUER = "--certificate-oidc-issuer"


@dataclass(frozen=True)
class TrustRequest:
    """What the command line asked for; None means "not said".

    Attributes:
        keys: Public key files.
        identity: Exact subject alternative name.
        identity_regexp: The same as a Go regular expression.
        issuer: Exact issuer.
        issuer_regexp: The same as a Go regular expression.
        config: A gitless.yaml whose `identities` are trusted.
        role: Which of them.
        trusted_root: trusted_root.json; without it the public Sigstore instance's.
    """

    keys: tuple[str, ...] = ()
    identity: str | None = None
    identity_regexp: str | None = None
    issuer: str | None = None
    issuer_regexp: str | None = None
    config: str | None = None
    role: Literal["publish", "promote"] = "publish"
    trusted_root: str | None = None

    @property
    def names_certificate(self) -> bool:
        """Whether a certificate's identity was given by flags."""
        return any(
            value is not None for value in (self.identity, self.identity_regexp, self.issuer, self.issuer_regexp)
        )


@dataclass(frozen=True)
class Trusted:
    """Whom to trust, and what the user should know about it.

    Attributes:
        trusted: The trusted identities; any of them may have signed.
        notice: Where the trusted root came from, if that is worth a line.
    """

    trusted: tuple[Trust, ...]
    notice: str = ""


def read_trust(request: TrustRequest, policy: str, env: Mapping[str, str]) -> Trusted:
    """Read keys, identities and the trusted root.

    Args:
        request: What the command line asked for.
        policy: `flux`, `cosign` or `strict`; Flux knows keys or one identity, strict knows exact identities only.
        env: The environment: proxies, for the public instance's root.

    Raises:
        UsageError: A flag, a file or their combination is wrong.
        UntrustedContentError: The public instance's root does not verify.
    """
    config = read_config(request.config) if request.config else None
    files = [*request.keys, *_configured_key(config, request)]
    matcher = _matcher(request, policy) or _configured_pattern(config, request, policy)
    if policy == "flux" and matcher and files:
        raise UsageError(
            "Flux trusts keys or one identity, not both.",
            why="spec.verify has secretRef or matchOIDCIdentity; with secretRef every certificate is refused.",
            hint="Give either --key or a certificate identity, or another --policy.",
        )
    keys = trusted_keys(files)
    if matcher is None and not request.trusted_root:
        return Trusted(tuple(keys))
    if matcher:
        import_beside("sigstore.verify", "rfc3161_client")  # 0.3 s, while the registry is asked
    from gitless.verification.certificates import CertificateTrust
    from gitless.verification.trusted_root import TrustedRoot

    root, notice = _trusted_root(config, request, env)
    stampers = TrustedRoot.parse(root).timestamp_authorities
    timed = [replace(key, authorities=stampers) for key in keys]
    return Trusted((*timed, *([CertificateTrust(matcher, root)] if matcher else [])), notice)


def _matcher(request: TrustRequest, policy: str) -> Matcher | None:
    if not request.names_certificate:
        return None
    for flag, exact, expression in (
        (_IDENTITY, request.identity, request.identity_regexp),
        (_ISSUER, request.issuer, request.issuer_regexp),
    ):
        if not (exact or expression) or (exact and expression):
            raise UsageError(
                f"Exactly one of {flag} and {flag}-regexp is needed.",
                why="A certificate is trusted for its subject together with its issuer.",
            )
        if expression and policy == "strict":
            raise UsageError(
                f"Policy strict takes no {flag}-regexp.",
                why="It trusts exact identities only.",
                hint=f"Give {flag}, or --policy flux or cosign.",
            )
    from gitless.verification.expressions import IdentityExpression

    return IdentityExpression(
        _expression(_ISSUER, request.issuer, request.issuer_regexp),
        _expression(_IDENTITY, request.identity, request.identity_regexp),
    )


def _expression(flag: str, exact: str | None, expression: str | None) -> re.Pattern[str]:
    from gitless.verification.expressions import exactly, go_expression

    return exactly(exact) if exact else go_expression(expression or "", f"{flag}-regexp")


def read_config(name: str) -> Config:
    """A gitless.yaml whose identities are trusted."""
    from gitless.config.parse import parse_config
    from gitless.wiring.setup import MAX_CONFIG_BYTES

    return parse_config(read_file(Path(name), "The configuration", MAX_CONFIG_BYTES), name)


def _configured(config: Config | None, request: TrustRequest) -> Identity | None:
    """The configured identity of the asked role.

    Raises:
        UsageError: A configuration was given and names none.
    """
    if config is None:
        return None
    identity = config.identities.publish if request.role == "publish" else config.identities.promote
    if identity is None:
        raise UsageError(
            f"{request.config} trusts nobody.",
            why=f"It has no identities.{request.role}.",
            hint="`gitless identity` prints what to write there.",
        )
    return identity


def _configured_pattern(config: Config | None, request: TrustRequest, policy: str) -> Matcher | None:
    identity = _configured(config, request)
    pattern = identity.to_pattern() if identity else None
    # Flux and cosign do not look at the source repository
    return replace(pattern, source="") if pattern and policy != "strict" else pattern


def _configured_key(config: Config | None, request: TrustRequest) -> list[str]:
    identity = _configured(config, request)
    if identity is None or not identity.key or not request.config:
        return []
    return [str(Path(request.config).resolve().parent / identity.key)]


def _trusted_root(config: Config | None, request: TrustRequest, env: Mapping[str, str]) -> tuple[bytes, str]:
    if request.trusted_root:
        return read_file(Path(request.trusted_root), "The trusted root", MAX_ROOT_BYTES), ""
    sigstore = config.signing.sigstore if config and config.signing else "public"
    if sigstore != "public" and request.config:
        path = Path(request.config).resolve().parent / sigstore.trusted_root
        return read_file(path, "The trusted root", MAX_ROOT_BYTES), ""
    from gitless.signing.public import PublicGood

    return PublicGood(env, SystemClock().now).trusted_root()

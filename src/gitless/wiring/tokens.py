"""Ambient identity: the job's token source, and the rules that hold before anything is signed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitless.wiring.system import read_file

if TYPE_CHECKING:
    from gitless.ci.oidc import GitHubTokens, GitLabTokens
    from gitless.config.schema import Config
    from gitless.model.identity import IdentityPattern
    from gitless.model.token import IdentityToken
    from gitless.ports import Clock

MAX_SIGSTORE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Ambient:
    """How this job may sign.

    Attributes:
        tokens: Its tokens; their issuer's keys are being fetched already.
        trusted: The configured identity; None where the configuration names none.
        role: What is to be signed.
        is_public: Whether the public Sigstore instance is used.
        is_log_allowed: `signing.allow-public-log`.
    """

    tokens: GitHubTokens | GitLabTokens
    trusted: IdentityPattern | None
    role: Literal["publish", "promote"]
    is_public: bool
    is_log_allowed: bool

    def check(self, token: IdentityToken) -> None:
        """Refuse to sign as another identity, or with a private name in the public log.

        Args:
            token: The verified token.

        Raises:
            UsageError: Shows both sides and the lines to paste.
        """
        from gitless.identity import preflight

        if self.trusted:
            preflight.check_signer(token.workload, self.trusted, token.platform, self.role)
        preflight.check_public_log(token.workload, is_public=self.is_public, is_allowed=self.is_log_allowed)


def open_ambient(
    config: Config,
    root: Path,
    env: Mapping[str, str],
    clock: Clock,
    role: Literal["publish", "promote"] = "publish",
) -> Ambient | None:
    """The job's identity, with all checks that need no token; None outside of GitHub Actions and GitLab CI.

    Args:
        config: The configuration.
        root: The folder its paths start at.
        env: The environment.
        clock: The current time.
        role: Which of `identities` is to sign.

    Raises:
        UsageError: The job gets no token, is on another platform than the configured identity, or its issuer is
            unknown to the Sigstore instance.
    """
    from gitless.ci.oidc import AUDIENCE, detect_tokens
    from gitless.identity import preflight

    identity = config.identities.publish if role == "publish" else config.identities.promote
    workload = (identity.github or identity.gitlab) if identity else None
    tokens = detect_tokens(
        env,
        clock,
        server=workload.server if workload else None,
        issuer=workload.issuer if workload else None,
        audience=_audience(config) or AUDIENCE,
    )
    if tokens is None:
        return None
    if identity:
        preflight.check_platform(tokens.platform, identity.kind, role)
    is_public = uses_public_instance(config, root)
    preflight.check_instance(tokens.issuer, is_public=is_public)
    tokens.prepare()
    return Ambient(
        tokens=tokens,
        trusted=identity.to_pattern() if identity else None,
        role=role,
        is_public=is_public,
        is_log_allowed=bool(config.signing and config.signing.allow_public_log),
    )


def _audience(config: Config) -> str | None:
    """The audience that a private Fulcio expects."""
    if config.signing is None or config.signing.sigstore == "public":
        return None
    return config.signing.sigstore.audience


def uses_public_instance(config: Config, root: Path) -> bool:
    """Whether signing goes to the public Sigstore instance: by configuration, or by what the named file says.

    Raises:
        UsageError: The signing configuration cannot be read.
    """
    from gitless.identity.preflight import names_public_instance

    if config.signing is None or config.signing.sigstore == "public":
        return True
    path = root / config.signing.sigstore.signing_config
    return names_public_instance(read_file(path, "The signing configuration", MAX_SIGSTORE_BYTES))

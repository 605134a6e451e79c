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
    from gitless.config.trust import GitHubIdentity, GitLabIdentity, Identity
    from gitless.identity.preflight import Job
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


def check_job(
    config: Config, root: Path, env: Mapping[str, str], role: Literal["publish", "promote"] = "publish"
) -> Job | None:
    """The checks of `open_ambient` alone: they take no network, and no import that takes time.

    Returns:
        The job; None outside of GitHub Actions and GitLab CI.

    Raises:
        UsageError: As for `open_ambient`.
    """
    from gitless.ci.job import AUDIENCE, describe_job, issuer_of
    from gitless.identity import preflight

    job = describe_job(env, _audience(config) or AUDIENCE)
    if job is None:
        return None
    preflight.check_job(job)
    identity, workload = _configured(config, role)
    if identity:
        preflight.check_platform(job.platform, identity.kind, role)
    server, issuer = (workload.server, workload.issuer) if workload else (None, None)
    preflight.check_instance(issuer_of(job, server, issuer), is_public=uses_public_instance(config, root))
    return job


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

    if check_job(config, root, env, role) is None:
        return None
    identity, workload = _configured(config, role)
    tokens = detect_tokens(
        env,
        clock,
        server=workload.server if workload else None,
        issuer=workload.issuer if workload else None,
        audience=_audience(config) or AUDIENCE,
    )
    if tokens is None:
        return None
    tokens.prepare()
    return Ambient(
        tokens=tokens,
        trusted=identity.to_pattern() if identity else None,
        role=role,
        is_public=uses_public_instance(config, root),
        is_log_allowed=bool(config.signing and config.signing.allow_public_log),
    )


def _configured(
    config: Config, role: Literal["publish", "promote"]
) -> tuple[Identity | None, GitHubIdentity | GitLabIdentity | None]:
    """The identity of a role, and the workload it is where it is no key."""
    identity = config.identities.publish if role == "publish" else config.identities.promote
    return identity, (identity.github or identity.gitlab) if identity else None


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

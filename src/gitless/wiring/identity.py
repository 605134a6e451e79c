"""Wires the verb identity."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitless.errors import UsageError
from gitless.wiring.keys import MAX_KEY_BYTES
from gitless.wiring.setup import CONFIG_NAME, MAX_CONFIG_BYTES
from gitless.wiring.system import SystemClock, read_file
from gitless.wiring.tokens import MAX_SIGSTORE_BYTES, open_ambient

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.identity.subject import TrustSubject
    from gitless.model.identity import IdentityPattern

PLACEHOLDER = "registry.example/apps"
_COMPONENT = "component"


@dataclass(frozen=True)
class IdentityRequest:
    """What the command line asked for; None means "not said"."""

    role: Literal["publish", "promote"] = "publish"
    config: str | None = None
    reference: str | None = None
    trusted_root: str | None = None


@dataclass(frozen=True)
class IdentityAnswer:
    """The identity and where it was read.

    Attributes:
        subject: What is trusted, and where.
        origin: `configuration`, or `token` for the running job's.
        is_placeholder: Whether the repository stands for one that nobody named.
    """

    subject: TrustSubject
    origin: Literal["configuration", "token"]
    is_placeholder: bool


def describe(request: IdentityRequest) -> IdentityAnswer:
    """Find the identity: the configured one, else the running job's.

    Raises:
        UsageError: There is neither, or a file cannot be read.
        RemoteError: The platform gives no token.
        CheckError: The token does not verify.
    """
    from gitless.config.schema import Config
    from gitless.identity.subject import TrustSubject

    path = Path(request.config) if request.config else Path(CONFIG_NAME)
    config = _read(path) if request.config or path.exists() else Config(version=1)
    root = path.resolve().parent
    identity = config.identities.publish if request.role == "publish" else config.identities.promote
    pattern = identity.to_pattern() if identity else _running(config, root, request.role, os.environ)
    key = root / identity.key if identity and identity.key else None
    root_file = _root_file(config, root, request)
    repository, tag, is_placeholder = _place(config, request, os.environ)
    subject = TrustSubject(
        role=request.role,
        repository=repository,
        tag=tag,
        pattern=pattern,
        key_pem=_text(key, "The public key", MAX_KEY_BYTES) if key else "",
        key_file=os.path.relpath(key) if key else "",
        trusted_root=_text(root_file, "The trusted root", MAX_SIGSTORE_BYTES) if root_file else "",
        trusted_root_file=os.path.relpath(root_file) if root_file else "",
    )
    return IdentityAnswer(subject, "configuration" if identity else "token", is_placeholder)


def _read(path: Path) -> Config:
    from gitless.config.parse import parse_config

    return parse_config(read_file(path, "The configuration", MAX_CONFIG_BYTES), str(path))


def _running(
    config: Config, root: Path, role: Literal["publish", "promote"], env: Mapping[str, str]
) -> IdentityPattern:
    """The pattern of exactly this job."""
    from gitless.model.identity import IdentityPattern

    ambient = open_ambient(config, root, env, SystemClock(), role)
    if ambient is None:
        raise UsageError(
            "There is no identity to describe.",
            why=f"gitless.yaml has no identities.{role}, and this is no job of GitHub Actions or GitLab CI.",
            hint=f"Write it into gitless.yaml:\nidentities:\n  {role}:\n    github: {{repository: OWNER/REPOSITORY, "
            "workflow: FILE.yaml, ref: refs/heads/main}",
        )
    workload = ambient.tokens.token(0).workload
    return IdentityPattern(workload.identity.issuer, workload.identity.subject, workload.source_uri)


def _root_file(config: Config, root: Path, request: IdentityRequest) -> Path | None:
    if request.trusted_root:
        return Path(request.trusted_root)
    if config.signing is None or config.signing.sigstore == "public":
        return None
    return root / config.signing.sigstore.trusted_root


def _place(config: Config, request: IdentityRequest, env: Mapping[str, str]) -> tuple[str, str, bool]:
    """Repository, tag, and whether the repository is made up."""
    from gitless.config.merge import Overrides
    from gitless.model.reference import Location, Reference

    channel, named = _channel(config, request)
    if request.reference:
        reference = Reference.parse(request.reference)
        if reference.location.is_layout:
            raise UsageError("A cluster pulls from no folder.", hint="Give --reference HOST/PATH:TAG.")
        return str(reference.location), reference.target if isinstance(reference.target, str) else channel, False
    registry = named or Overrides.from_environment(env).registry or config.registry
    if not registry or Location.parse(registry).is_layout:
        return f"{PLACEHOLDER}/{_COMPONENT}", channel, True
    names = [entry.name or Path(entry.path).name for entry in config.components if "*" not in entry.path]
    is_known = len(config.components) == 1 and len(names) == 1
    return f"{registry}/{names[0] if is_known else _COMPONENT}", channel, not is_known


def _channel(config: Config, request: IdentityRequest) -> tuple[str, str | None]:
    """The channel this role moves, and the registry of its own that it may have."""
    channels = {name: channel for name, channel in config.channels.items() if bool(channel.source) == _moves(request)}
    usual = "stable" if _moves(request) else "latest"
    name = usual if usual in channels or not channels else next(iter(channels))
    return name, channels[name].registry if name in channels else None


def _moves(request: IdentityRequest) -> bool:
    return request.role == "promote"


def _text(path: Path, what: str, limit: int) -> str:
    try:
        return read_file(path, what, limit).decode("utf-8")
    except ValueError as error:
        raise UsageError(f"{what} {str(path)!r} is not text.") from error

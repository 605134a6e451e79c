"""The cheap part of doctor: what keeps a run from publishing, told without network and before any of its work."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.wiring.keys import check_key, is_given
from gitless.wiring.request import PublishRequest
from gitless.wiring.tokens import check_job

if TYPE_CHECKING:
    from gitless.config.components import Component
    from gitless.config.schema import Config
    from gitless.render.tools import ToolName
    from gitless.wiring.setup import Setup
    from gitless.wiring.signing import Role


def check_readiness(
    setup: Setup, components: Sequence[Component], env: Mapping[str, str], *, dry_run: bool = False
) -> None:
    """Refuse a publish that cannot end well: nobody can sign, or a renderer is missing.

    Args:
        setup: The run's configuration.
        components: What is published.
        env: The environment.
        dry_run: Whether nothing is written, so that no job needs an identity.

    Raises:
        UsageError: The first thing that is missing, with its fix.
    """
    check_signing(setup, env, dry_run=dry_run)
    check_renderers(components, setup.config, env)


def check_signing(setup: Setup, env: Mapping[str, str], role: Role = "publish", *, dry_run: bool = False) -> None:
    """Refuse a run that nobody can sign, as far as environment and files tell.

    Raises:
        UsageError: There is no key where it should be, or the job gets no identity token.
    """
    from gitless.wiring.signing import nobody, signing_method

    method = signing_method(setup)
    if method == "key":
        _check_key(setup.signing_key, env, dry_run=dry_run)
    elif method == "keyless" and not dry_run and check_job(setup.config, setup.root, env, role) is None:
        raise nobody(is_asked=setup.config.signing is not None)


def check_renderers(components: Sequence[Component], config: Config, env: Mapping[str, str]) -> None:
    """Refuse a run whose renderers are not installed; none of them is started.

    Raises:
        UsageError: One is missing.
    """
    from gitless.render.tools import Toolbox
    from gitless.wiring.publish import pins

    tools = Toolbox(env, pins(config))
    for name in needed(components):
        tools.find(name)


def needed(components: Sequence[Component]) -> list[ToolName]:
    """The renderers that these components are rendered with."""
    from gitless.model.rendering import HelmSource

    names: set[ToolName] = {
        "helm" if isinstance(request.source, HelmSource) else "kustomize"
        for component in components
        for request in component.renders
    }
    return sorted(names)


def check_system() -> None:
    """Refuse to pack source on a system where its settings, and not the commit, would decide the digest.

    Raises:
        UsageError: It is Windows.
    """
    if not hasattr(os, "O_DIRECTORY"):
        raise UsageError(
            "Source is packed on Linux and macOS only.",
            why="On this system a checkout has no executable bits and may have other line endings than its commit: the "
            "digest would be another one.",
            hint="Publish in CI, or under WSL. verify, inspect, history and audit run here, on registries.",
        )


def settle_early(request: PublishRequest, env: Mapping[str, str]) -> bool:
    """The part that flags and environment decide alone, for a run that asks the registry before it reads more.

    Args:
        request: The command line.
        env: The environment.

    Returns:
        Whether it is settled that somebody can sign; False where the configuration file has to say how, or is missing.

    Raises:
        UsageError: The first thing that is missing, with its fix.
    """
    check_system()
    location = request.signing_key or env.get("GITLESS_SIGNING_KEY")
    if location:
        _check_key(location, env, dry_run=request.dry_run)
    elif request.config_file or not (request.path or env.get("GITLESS_PATH")):
        return False
    elif not request.dry_run:
        _check_usual_job(env)
    return True


def _check_key(location: str | None, env: Mapping[str, str], *, dry_run: bool) -> None:
    """Refuse a key that is not there; but a dry run may lack its secret, as on a fork, and is told what it would do."""
    if not dry_run or is_given(location, env):
        check_key(location, env)


def _check_usual_job(env: Mapping[str, str]) -> None:
    from gitless.ci.job import AUDIENCE, describe_job
    from gitless.identity import preflight
    from gitless.wiring.signing import nobody

    job = describe_job(env, AUDIENCE)
    if job is None:
        raise nobody(is_asked=False)
    preflight.check_job(job)

"""Wires the verb publish."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.model.component import ComponentPlan, PublishOptions
from gitless.model.results import PublishResult
from gitless.promotion.tags import check_channel, check_extra_tag
from gitless.wiring.ahead import ReadAhead, likely
from gitless.wiring.readiness import check_readiness, settle_early
from gitless.wiring.request import PublishRequest
from gitless.wiring.signing import PendingSigning
from gitless.wiring.system import SystemClock, import_beside, pause

if TYPE_CHECKING:
    from gitless.config.schema import Config
    from gitless.config.schema import Party as ConfigParty
    from gitless.model.run import CiRun
    from gitless.model.tree import Tree
    from gitless.sbom.facts import Party, SbomSettings
    from gitless.wiring.setup import Setup


def publish(request: PublishRequest) -> PublishResult:
    """Wire and run the verb publish.

    Raises:
        UsageError: Configuration, flags, keys or the checkout are wrong; nothing has been sent.
    """
    env = os.environ
    is_settled = settle_early(request, env)
    pending = PendingSigning(request.signing_key or env.get("GITLESS_SIGNING_KEY") or None, env)
    from gitless.registry.open import Stores

    stores = Stores(env=_without_lost_login(env) if request.dry_run else env, insecure=request.insecure)
    ahead = ReadAhead(stores)
    if is_settled:
        ahead.begin(*likely(request, env))
    from gitless.ci.detect import detect
    from gitless.config.components import select
    from gitless.disk.scratch import scratch_blob
    from gitless.flows.describe import Describer
    from gitless.flows.publish import Publisher
    from gitless.flows.run import Run
    from gitless.render.kustomization import find_overlays
    from gitless.render.renderer import ToolRenderer
    from gitless.wiring.setup import configure
    from gitless.wiring.source import find_origin

    clock = SystemClock()
    started = clock.now()
    setup = configure(request, env)
    components = select(setup.components, request.names)
    plans = [setup.plan(component) for component in components]
    check_readiness(setup, components, env, dry_run=request.dry_run)
    ahead.begin([plan.location for plan in plans], setup.channel)
    pending.begin(setup, dry_run=request.dry_run)
    import_beside("cyclonedx.model.bom", "cyclonedx.model.component", "jsonschema_rs")
    run = detect(env)
    origin = find_origin(request, setup.top, plans, env, run)
    options = publish_options(request, setup, request.branch if request.dry_run and request.branch else origin.branch)
    signing = pending.result(setup)
    signing.check_source(origin.source)
    source, settings = origin.source, _sbom_settings(setup.config)
    result = Run(
        publisher=Publisher(
            source, origin.history, signing.signer, signing.trusted, clock, options, pause, signing.payloads
        ),
        describer=Describer(
            source, options, settings, setup.digest, started, _claims(run), signing.platform, signing.workload
        ),
        renderer=ToolRenderer(env, pins(setup.config)),
        find_overlays=find_overlays,
        open_tree=lambda plan: open_tree(setup.top, plan),
        open_store=stores.open,
        read_channel=lambda location: ahead.result(location, setup.channel),
        scratch=scratch_blob,
        waivers=tuple(entry.to_waiver() for entry in setup.config.waivers),
        clock=clock,
    ).publish_all(plans)
    return replace(result, flags=signing.flags, notices=signing.notices)


def _without_lost_login(env: Mapping[str, str]) -> Mapping[str, str]:
    """The environment without a registry login whose password, a secret, the job was not given, as on a fork.

    A dry run then reads as anybody may; a run that writes is told that the login is not complete.
    """
    login = ("GITLESS_REGISTRY_HOST", "GITLESS_REGISTRY_USERNAME", "GITLESS_REGISTRY_PASSWORD")
    if env.get(login[-1]) or not env.get(login[1]):
        return env
    return {name: value for name, value in env.items() if name not in login}


def write_summary(path: str | None, text: str) -> None:
    """Append the Markdown summary to a file: the one given, else GITHUB_STEP_SUMMARY where it is set.

    Raises:
        UsageError: The file cannot be written.
    """
    target = path or os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    try:
        with Path(target).open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")
    except OSError as error:
        raise UsageError(f"The summary {target!r} cannot be written.", why=error.strerror or "") from error


def publish_options(request: PublishRequest, setup: Setup, branch: str | None) -> PublishOptions:
    """How the run publishes, once it is known which branch it is on.

    Args:
        request: The command line.
        setup: The run's configuration.
        branch: The branch; None where there is none.

    Raises:
        UsageError: Publish may not move the channel from there, or write one of the tags.
    """
    from gitless.config.publishing import check_publish_channel

    guarded = {name for name, channel in setup.config.channels.items() if channel.source}
    channel = check_channel(check_publish_channel(setup.config, setup.channel, branch), guarded)
    others = {name for name in setup.config.channels if name != channel}
    return PublishOptions(
        channel=channel,
        extra_tags=tuple(check_extra_tag(tag, channel, guarded | others) for tag in request.tags),
        force=request.force,
        dry_run=request.dry_run,
        allow_dirty=request.allow_dirty,
        rewritten_history=request.rewritten_history,
    )


def open_tree(top: Path, plan: ComponentPlan) -> Tree:
    """The files of a component."""
    from gitless.disk.tree import DiskTree
    from gitless.wiring.packed import rules_of

    return DiskTree(top / plan.folder, rules_of(plan))


def pins(config: Config) -> Mapping[str, str]:
    """Renderer versions by tool."""
    return {name: pin for name, pin in config.tools.model_dump().items() if pin}


def _sbom_settings(config: Config) -> SbomSettings:
    from gitless.sbom.facts import SbomSettings

    sbom = config.sbom
    return SbomSettings(
        profile=sbom.profile,
        supplier=_party(sbom.supplier),
        author=_party(sbom.author),
        license=sbom.license or "",
        data_license=sbom.data_license or "",
        accept_declared=sbom.accept_declared_licenses,
    )


def _party(party: ConfigParty | None) -> Party | None:
    from gitless.sbom.facts import Party

    return Party(party.name, party.email or "", party.url or "") if party else None


def _claims(run: CiRun | None) -> Mapping[str, str]:
    """What the CI environment says of itself; provenance repeats it as unverified, never as the builder's id."""
    if run is None:
        return {}
    return {
        "platform": run.platform,
        "repository": run.repository,
        "ref": run.ref,
        "event": run.event,
        "run_url": run.run_url,
        "actor": run.actor,
        "runner": run.runner,
        "workflow_ref": run.workflow_ref,
    }

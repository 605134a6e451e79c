"""Finds the published artifact that has the very bytes of what is checked out, for releases made by a Git tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitless.errors import CheckError, UsageError
from gitless.wiring.readiness import check_system
from gitless.wiring.target import Target

if TYPE_CHECKING:
    from gitless.flows.build import Built
    from gitless.wiring.site import Site


def from_source(site: Site, name: str) -> Target:
    """The published artifact with the very bytes of the checked-out source; nothing is built anew.

    Args:
        site: The run.
        name: The component.

    Raises:
        CheckError: These bytes were never published to the channel that promotions begin with.
        UsageError: There is no Git checkout, or no such component in it.
        RemoteError: The store failed.
    """
    from gitless.flows.evidence import gather, judge_all
    from gitless.promotion.tags import content_tag
    from gitless.verification.judge import judge

    check_system()
    built = _build(site, name)
    channel = _published_channel(site)
    source = site.stores.open(site.home(name, channel))
    manifest = source.fetch_manifest(content_tag(channel, built.content))
    if manifest is not None:
        evidence = judge_all(gather(source, manifest.digest).evidence, manifest.digest, site.rules.publishers)
        layers = [layer.digest for layer in manifest.layers]
        if judge(manifest, evidence, "strict").ok and layers == [built.packed.descriptor.digest]:
            return Target(manifest.digest, release=_release_of(site, name))
    raise CheckError(
        f"{name}: what is checked out was never published to {channel}.",
        why=f"No artifact with these bytes and valid evidence is there (content {built.content[:12]}…).",
        hint="A release promotes what was tested: publish this commit first.",
    )


def _published_channel(site: Site) -> str:
    """The channel that publish moves, at the beginning of the way to this one."""
    channels, channel = site.policy.config.channels, site.rules.policy.source
    for _ in channels:
        section = channels.get(channel)
        if section is None or not section.source:
            break
        channel = section.source
    return channel


def _build(site: Site, name: str) -> Built:
    from gitless.ci.git import GitHistory
    from gitless.config.components import select
    from gitless.disk.scratch import scratch_blob
    from gitless.flows.build import build
    from gitless.render.kustomization import find_overlays
    from gitless.render.renderer import ToolRenderer
    from gitless.wiring.publish import open_tree, pins
    from gitless.wiring.request import PublishRequest
    from gitless.wiring.setup import configure
    from gitless.wiring.source import find_origin

    request = PublishRequest(config=str(site.path), registry=site.request.registry, names=(name,))
    setup = configure(request, site.env)
    (component,) = select(setup.components, (name,))
    plan = setup.plan(component)
    if not GitHistory(setup.top, site.env).is_repository():
        raise UsageError("--from-source needs a Git checkout.")
    origin = find_origin(request, setup.top, [plan], site.env, site.run)
    with scratch_blob() as scratch:
        return build(
            plan, open_tree(setup.top, plan), origin.source, ToolRenderer(site.env, pins(setup.config)),
            find_overlays, scratch.sink,
        )  # fmt: skip


def _release_of(site: Site, name: str) -> str:
    """The release that a tag `<component>/vX.Y.Z` asks for; empty where this run is for no such tag."""
    from gitless.promotion.tags import is_release

    run = site.run
    if run is None or run.ref_kind != "tag" or site.rules.policy.release is None:
        return ""
    component, _, version = run.ref_name.rpartition("/")
    return version if component == name and is_release(version) else ""

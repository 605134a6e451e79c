"""Which digest a promotion or rollback means: named, planned, found by its source, or what a channel names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import CheckError, UsageError
from gitless.model.digest import Digest
from gitless.wiring.system import read_file

if TYPE_CHECKING:
    from gitless.flows.build import Built
    from gitless.model.history import ChannelHistory
    from gitless.ports import Repository
    from gitless.wiring.site import Site

MAX_PLAN_FILE = 4 * 1024 * 1024


def find_digest(site: Site, name: str, source: Repository, target: Repository) -> Digest:
    """The digest that is meant for one component.

    Args:
        site: The run.
        name: The component.
        source: Where its digests are.
        target: Where the channel is.

    Raises:
        UsageError: Flags contradict each other or name nothing.
        CheckError: There is no such digest.
        RemoteError: A store failed.
    """
    request = site.request
    if request.kind == "rollback":
        return _back(site, name, target)
    given = [request.digest is not None, request.planned is not None, request.from_source, request.source is not None]
    if sum(given) > 1:
        raise UsageError("Give one of --digest, --planned, --from-source and --from.")
    if request.digest:
        return Digest.parse(request.digest)
    if request.planned:
        return _planned(request.planned, name)
    if request.from_source:
        return _from_source(site, name, source)
    return _named(source, name, request.source or site.rules.policy.source)


def _named(source: Repository, name: str, channel: str) -> Digest:
    found = source.resolve(channel)
    if found is None:
        raise CheckError(
            f"{name}: the channel {channel} does not exist.",
            why="The registry has no such tag.",
            hint=f"Publish {name} first.",
        )
    return found


def _planned(path: str, name: str) -> Digest:
    from gitless.promotion.plan import Plan

    plan = Plan.parse(read_file(Path(path), "The plan", MAX_PLAN_FILE))
    found = next((move.digest for move in plan.moves if move.component == name), None)
    if found is None:
        raise UsageError(f"The plan {path!r} does not name the component {name}.")
    return found


def _back(site: Site, name: str, target: Repository) -> Digest:
    from gitless.flows.ledger import read_ledger

    to = site.request.back_to or ""
    if to.startswith("sha256:"):
        return Digest.parse(to)
    ledger = read_ledger(target, name, site.rules.channel, site.rules.promoters, known=site.examiner.known)
    if to == "previous":
        return _previous(ledger.history, name, ledger.observed)
    found = ledger.history.releases.get(to)
    if found is None:
        known = ", ".join(list(ledger.history.releases)[-10:])
        raise CheckError(
            f"{name}: {to[:100]} was never released to {site.rules.channel}.",
            why="No record of this channel names it.",
            hint=f"Known are {known}." if known else "",
        )
    return found


def _previous(history: ChannelHistory, name: str, observed: Digest | None) -> Digest:
    for link in reversed(history.completed):
        if link.record.digest not in (observed, *history.withdrawn):
            return link.record.digest
    raise CheckError(f"{name}: there is nothing to go back to.", why="The channel has no earlier completed promotion.")


def _from_source(site: Site, name: str, source: Repository) -> Digest:
    """The published artifact with the very bytes of the checked-out source; nothing is built anew."""
    from gitless.flows.evidence import gather, judge_all
    from gitless.promotion.tags import content_tag
    from gitless.verification.judge import judge

    built = _build(site, name)
    tag = content_tag(site.rules.policy.source, built.content)
    manifest = source.fetch_manifest(tag)
    if manifest is not None:
        evidence = judge_all(gather(source, manifest.digest).evidence, manifest.digest, site.rules.publishers)
        layers = [layer.digest for layer in manifest.layers]
        if judge(manifest, evidence, "strict").ok and layers == [built.packed.descriptor.digest]:
            return manifest.digest
    raise CheckError(
        f"{name}: what is checked out was never published to {site.rules.policy.source}.",
        why=f"No artifact with these bytes and valid evidence is there (content {built.content[:12]}…).",
        hint="A release promotes what was tested: publish this commit first.",
    )


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

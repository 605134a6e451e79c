"""Which digest a promotion or rollback means: named, planned, found by its source, or what a channel names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitless.errors import CheckError, UsageError
from gitless.model.digest import Digest
from gitless.wiring.target import Target

if TYPE_CHECKING:
    from gitless.flows.move import Wanted
    from gitless.model.history import ChannelHistory
    from gitless.ports import Repository
    from gitless.wiring.site import Site


def wanted(site: Site, name: str) -> Wanted:
    """What is asked for one component.

    Args:
        site: The run.
        name: The component.

    Raises:
        UsageError: The registry is not known, or the flags do not say which digest.
        CheckError: There is no such digest.
    """
    from gitless.flows.move import Wanted

    request = site.request
    source, target = site.places(name)
    store, place = site.stores.open(source), site.stores.open(target)
    found = find_target(site, name, store, place)
    return Wanted(
        name,
        store,
        place,
        str(target),
        found.digest,
        request.kind,
        request.release or ("" if request.bump else found.release),
        request.bump,
        found.artifact,
        found.seen_at,
    )


def find_target(site: Site, name: str, source: Repository, target: Repository) -> Target:
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
        return Target(_back(site, name, target))
    given = [request.digest is not None, request.planned is not None, request.from_source, request.source is not None]
    if sum(given) > 1:
        raise UsageError("Give one of --digest, --planned, --from-source and --from.")
    if request.digest:
        return Target(Digest.parse(request.digest))
    if request.planned:
        from gitless.wiring.planfile import planned_move

        move = planned_move(request.planned, name)
        return Target(move.digest, release=move.release)
    if request.from_source:
        from gitless.wiring.checked_out import from_source

        return from_source(site, name)
    return _named(source, name, request.source or site.rules.policy.source)


def _named(source: Repository, name: str, channel: str) -> Target:
    found = source.fetch_manifest(channel)
    if found is None:
        raise CheckError(
            f"{name}: the channel {channel} does not exist.",
            why="The registry has no such tag.",
            hint=f"Publish {name} first.",
        )
    return Target(found.digest, found, channel)


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
    """What the channel named before; after a rollback, what that went back to, so that a rerun stays there."""
    if history.tag.word not in ("head", "pending"):
        raise CheckError(
            f"{name}: what the channel named before is not clear.",
            why=history.tag.reason,
            hint="Put back what the last record says with gitless promote --digest, or name another target.",
        )
    head = history.head
    if head and head.state == "completed" and head.record.kind == "rollback":
        return head.record.digest
    for link in reversed(history.completed):
        if link.record.digest not in (observed, *history.withdrawn):
            return link.record.digest
    raise CheckError(
        f"{name}: there is nothing to go back to.",
        why="The channel has no earlier completed promotion.",
        hint=f"`gitless history {name}` lists what the channel has named.",
    )

"""Wires the verbs promote and rollback: all components are examined before the first one moves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitless.errors import GitlessError, UsageError
from gitless.model.moves import MoveResult, MovesResult
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.site import Site

if TYPE_CHECKING:
    from gitless.flows.examine import Examined
    from gitless.flows.move import Rules


def move(request: MoveRequest) -> MovesResult:
    """Wire and run promote or rollback: every component is examined before the first one moves.

    Raises:
        UsageError: Flags, rules, keys or identity are wrong; nothing has been written.
        CheckError: The components are not what was planned.
        RemoteError: The platform, Sigstore or the protected branch cannot be read.
    """
    site = Site(request, os.environ)
    request = _checked(request, site.rules)
    without = ("approvals",) if request.plan else ()
    emergency = request.reason if request.emergency else None
    outcomes = [_examine(site, name, emergency, without) for name in site.names]
    examined = [item for item in outcomes if not isinstance(item, MoveResult)]
    if request.plan:
        site.write_plan(request.plan, examined)
    if request.planned:
        site.check_plan(request.planned, examined)
    if request.plan or request.dry_run:
        return site.result([item if isinstance(item, MoveResult) else site.shown(item) for item in outcomes])
    blocked = any(isinstance(item, MoveResult) or not item.ok for item in outcomes)
    if blocked and not request.partial:
        return site.result([item if isinstance(item, MoveResult) else site.held(item) for item in outcomes])
    return site.result([item if isinstance(item, MoveResult) else _act(site, item) for item in outcomes])


def _checked(request: MoveRequest, rules: Rules) -> MoveRequest:
    from gitless.promotion.record import check_reason

    if request.kind == "rollback" and not request.back_to:
        raise UsageError("A rollback needs to know where to.", hint="Give --to vX.Y.Z, a digest, or previous.")
    if (request.kind == "rollback" or request.emergency) and not request.reason:
        word = "A rollback" if request.kind == "rollback" else "An emergency"
        raise UsageError(f"{word} needs a reason.", hint="Give --reason TEXT; it is recorded.")
    if request.digest and len(request.names) > 1:
        raise UsageError("--digest is for one component.", hint="Promote several with a plan: --planned FILE.")
    needs_digest = rules.policy.approvals is not None and request.kind == "promote" and not request.plan
    if needs_digest and not (request.digest or request.planned or request.dry_run):
        raise UsageError(
            f"{rules.channel} asks for approvals, so the digest that was reviewed must be named.",
            why="--from would take whatever the channel names now, which nobody has looked at.",
            hint="Plan first (promote --plan FILE), then promote with --digest, or with --planned FILE.",
        )
    return replace(request, reason=check_reason(request.reason) if request.reason else "")


def _examine(site: Site, name: str, emergency: str | None, without: Sequence[str]) -> Examined | MoveResult:
    try:
        return site.examiner.examine(site.wanted(name), emergency=emergency, without=without)
    except UsageError:
        raise
    except GitlessError as error:
        return MoveResult(name, site.rules.channel, error=error)


def _act(site: Site, item: Examined) -> MoveResult:
    from gitless.flows.proof import Asked

    if not item.ok:
        return site.held(item)
    request = site.request
    asked = Asked(request.reason, request.ticket, request.emergency, request.withdraw)
    result = site.shown(item)
    try:
        moved = site.promoter.act(item, asked)
    except UsageError:
        raise
    except GitlessError as error:
        return replace(result, error=error)
    return replace(result, record=str(moved.record), moved=moved.wrote, tags=moved.tags)

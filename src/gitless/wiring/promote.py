"""Wires the verbs promote and rollback: all components are examined before the first one moves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitless.errors import CheckError, GitlessError, UsageError
from gitless.model.moves import MoveResult, MovesResult
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.site import Site
from gitless.wiring.targets import wanted

if TYPE_CHECKING:
    from gitless.flows.examine import Examined
    from gitless.flows.move import Rules
    from gitless.flows.promote import Moved
    from gitless.flows.proof import Asked

MAX_TICKET = 1024


def move(request: MoveRequest) -> MovesResult:
    """Wire and run promote or rollback: every component is examined before the first one moves.

    Raises:
        UsageError: Flags, rules, keys or identity are wrong; nothing has been written.
        CheckError: The components are not what was planned.
        RemoteError: The platform, Sigstore or the protected branch cannot be read.
    """
    from gitless.flows.parallel import map_together

    request = _checked(request)
    site = Site(request, os.environ)
    _check_reviewed(request, site.rules)
    if not (request.plan or request.dry_run):
        site.check_signing()
    outcomes = _examine_all(site)
    examined = [item for item in outcomes if not isinstance(item, MoveResult)]
    _plan(site, examined)
    if request.plan or request.dry_run:
        return _result(site, map_together(lambda item: _shown(site, item), outcomes))
    blocked = any(isinstance(item, MoveResult) or not item.ok for item in outcomes)
    if blocked and not request.partial:
        return _result(site, map_together(lambda item: _held(site, item), outcomes))
    if any(not isinstance(item, MoveResult) and item.ok for item in outcomes):
        _ = site.promoter  # who signs is settled once, before anything moves
    return _result(site, map_together(lambda item: _act(site, item), outcomes))


def _checked(request: MoveRequest) -> MoveRequest:
    from gitless.model.line import is_line
    from gitless.promotion.record import check_reason

    _check_flags(request)
    ticket = request.ticket.strip()
    if not is_line(ticket, MAX_TICKET):
        raise UsageError(f"The ticket is not one line of at most {MAX_TICKET} characters.", hint="Give its number.")
    return replace(request, reason=check_reason(request.reason), ticket=ticket)


def _check_reviewed(request: MoveRequest, rules: Rules) -> None:
    """Where people approve, what they have looked at must be named."""
    wants_people = rules.policy.approvals_gate(emergency=request.emergency) is not None
    is_named = bool(request.digest or request.planned or request.plan or request.dry_run)
    if wants_people and request.kind == "promote" and not is_named:
        raise UsageError(
            f"{rules.channel} asks for approvals, so the digest that was reviewed must be named.",
            why="--from would take whatever the channel names now, which nobody has looked at.",
            hint="Plan first (promote --plan FILE), then promote with --digest, or with --planned FILE.",
        )


def _check_flags(request: MoveRequest) -> None:
    if request.kind == "rollback" and not request.back_to:
        raise UsageError("A rollback needs to know where to.", hint="Give --to vX.Y.Z, a digest, or previous.")
    if (request.kind == "rollback" or request.emergency) and not request.reason.strip():
        word = "A rollback" if request.kind == "rollback" else "An emergency"
        raise UsageError(f"{word} needs a reason.", hint="Give --reason TEXT; it is recorded.")
    if request.release and request.bump:
        raise UsageError("Give one of --release and --bump.")
    if request.plan and request.planned:
        raise UsageError("Give one of --plan and --planned.")


def _examine_all(site: Site) -> list[Examined | MoveResult]:
    """Examine every component, side by side; one that fails spoils no other."""
    from gitless.flows.parallel import map_together

    names = site.names
    if site.request.digest and len(names) > 1:
        raise UsageError("--digest is for one component.", hint="Promote several with a plan: --planned FILE.")
    # built once, before several threads ask for them
    site.prepare()
    _ = site.run, site.examiner
    return map_together(lambda name: _examine(site, name), names)


def _examine(site: Site, name: str) -> Examined | MoveResult:
    request = site.request
    try:
        return site.examiner.examine(
            wanted(site, name),
            emergency=request.reason if request.emergency else None,
            without=("approvals",) if request.plan else (),
        )
    except UsageError:
        raise
    except GitlessError as error:
        return MoveResult(name, site.rules.channel, error=error)


def _plan(site: Site, examined: Sequence[Examined]) -> None:
    from gitless.wiring.planfile import check_planned, write_plan

    request = site.request
    if request.plan and examined:
        write_plan(request.plan, request.kind, site.rules, examined)
    if request.planned:
        check_planned(request.planned, request.kind, site.rules, examined, partial=request.partial)


def _shown(site: Site, item: Examined | MoveResult) -> MoveResult:
    """What is told about a component; a report that cannot be made is no reason to stop a promotion."""
    from gitless.flows.describe_move import describe, outline

    if isinstance(item, MoveResult):
        return item
    try:
        return describe(item, site.rules)
    except GitlessError as error:
        note = f"What it changes is not known: {error.what}"
        return replace(outline(item, site.rules), notes=(note,))


def _held(site: Site, item: Examined | MoveResult) -> MoveResult:
    """A component that is not moved, for a gate of its own or because another one may not move."""
    result = _shown(site, item)
    if isinstance(item, MoveResult):
        return result
    if item.ok:
        return replace(result, notes=(*result.notes, "It was held back, since another component may not move."))
    noes = [f"{gate.name}: {gate.reason}" for gate in item.gates if not gate.ok]
    name, channel = item.wanted.component, site.rules.channel
    what = f"{name} was not promoted to {channel}."
    if item.wanted.kind == "rollback":
        what = f"{name} was not rolled back in {channel}."
    return replace(result, error=CheckError(what, why="\n".join(noes), hint="\n".join(item.facts.hints)))


def _act(site: Site, item: Examined | MoveResult) -> MoveResult:
    from gitless.flows.parallel import both
    from gitless.flows.proof import Asked

    if isinstance(item, MoveResult) or not item.ok:
        return _held(site, item)
    request = site.request
    asked = Asked(request.reason, request.ticket, request.emergency, request.withdraw)
    result, moved = both(lambda: _shown(site, item), lambda: _moved(site, item, asked))
    if isinstance(moved, GitlessError):
        return replace(result, error=moved)
    return replace(
        result,
        record=str(moved.record),
        moved=moved.wrote,
        tags=moved.tags,
        notes=(*result.notes, *_notes(moved)),
    )


def _moved(site: Site, item: Examined, asked: Asked) -> Moved | GitlessError:
    try:
        return site.promoter.act(item, asked)
    except GitlessError as error:
        return error


def _notes(moved: Moved) -> list[str]:
    notes = [f"Left out, since the source does not hold it whole: {digest}" for digest in moved.left_out[:20]]
    head = moved.ledger.history.head
    if not moved.wrote and head:
        notes.append(f"Nothing was to do: record {head.record.sequence} has moved the channel there.")
    return notes


def _result(site: Site, moves: Sequence[MoveResult]) -> MovesResult:
    request = site.request
    notices = (*((site.policy.notice,) if site.policy.notice else ()), *site.stores.warnings)
    planned = bool(request.plan or request.dry_run)
    return MovesResult(
        request.kind,
        site.rules.channel,
        tuple(moves),
        planned=planned,
        notices=notices,
        environment=site.rules.environment,
    )

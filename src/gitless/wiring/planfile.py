"""The plan of a promotion as a file, between the job that reviewers look at and the job that acts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitless.errors import UsageError
from gitless.wiring.system import SystemClock, read_file

if TYPE_CHECKING:
    from gitless.flows.examine import Examined
    from gitless.flows.move import Rules
    from gitless.model.promotion import PromotionKind
    from gitless.promotion.plan import Plan, PlannedMove


def read_plan(path: str) -> Plan:
    """Read a plan.

    Raises:
        UsageError: The file cannot be read.
        UntrustedContentError: It is no plan.
    """
    from gitless.promotion.plan import MAX_PLAN_BYTES, Plan

    return Plan.parse(read_file(Path(path), "The plan", MAX_PLAN_BYTES))


def planned_move(path: str, name: str) -> PlannedMove:
    """What a plan says about one component.

    Raises:
        UsageError: It says nothing.
    """
    found = next((move for move in read_plan(path).moves if move.component == name), None)
    if found is None:
        raise UsageError(f"The plan {path!r} does not name the component {name}.")
    return found


def write_plan(path: str, kind: PromotionKind, rules: Rules, examined: Sequence[Examined]) -> None:
    """Write what reviewers will be shown.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        Path(path).write_bytes(_plan(kind, rules, examined).to_bytes())
    except OSError as error:
        raise UsageError(f"The plan {path!r} cannot be written.", why=error.strerror or "") from error


def check_planned(path: str, kind: PromotionKind, rules: Rules, examined: Sequence[Examined], *, partial: bool) -> None:
    """Refuse to act on what reviewers were not shown.

    Raises:
        CheckError: It differs.
    """
    from gitless.promotion.plan import check_plan

    check_plan(read_plan(path), _plan(kind, rules, examined), partial=partial)


def _plan(kind: PromotionKind, rules: Rules, examined: Sequence[Examined]) -> Plan:
    from gitless.flows.describe_move import planned
    from gitless.promotion.plan import Plan

    moves = tuple(planned(item) for item in sorted(examined, key=lambda item: item.wanted.component))
    return Plan(kind, rules.channel, rules.fact.digest, SystemClock().now(), moves)

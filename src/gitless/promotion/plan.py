"""The plan of a promotion: what reviewers were shown, so that nothing else is promoted afterwards.

A plan travels between two jobs and is not signed. It permits nothing: the act judges every gate again, and only refuses
what the plan does not name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gitless.errors import CheckError, UntrustedContentError
from gitless.model.canonical import canonical_json, read_json_object
from gitless.model.digest import Digest
from gitless.model.gate import GATE_VERDICTS, GateResult, GateVerdict
from gitless.model.promotion import PROMOTION_KINDS, PromotionKind
from gitless.model.revision import rfc3339
from gitless.promotion.fields import Fields
from gitless.promotion.record import MAX_REASON

MAX_PLAN_BYTES = 4 * 1024 * 1024
MAX_MOVES = 1000
_VERSION = 1
_WHAT = "The plan"


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """One component's part.

    Attributes:
        component: The component.
        digest: What the channel is to name.
        observed: What it named when the plan was made; None when nothing.
        previous: The channel's last record then; None when there was none.
        sequence: The number of the record to come.
        release: The release it makes; empty when none.
        gates: What the gates said; approvals come later and are not among them.
    """

    component: str
    digest: Digest
    observed: Digest | None
    previous: Digest | None
    sequence: int
    release: str = ""
    gates: tuple[GateResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Several components that move together.

    Attributes:
        kind: `promote` or `rollback`.
        channel: The channel.
        policy: Digest of the rules it was judged under.
        created: When, by the machine's own clock.
        moves: One for each component, by name.
    """

    kind: PromotionKind
    channel: str
    policy: Digest
    created: datetime
    moves: tuple[PlannedMove, ...]

    @property
    def ok(self) -> bool:
        """Whether every gate of every component passed."""
        return all(gate.ok for move in self.moves for gate in move.gates)

    def to_bytes(self) -> bytes:
        """The document: canonical JSON with a line feed."""
        return canonical_json({
            "version": _VERSION,
            "kind": self.kind,
            "channel": self.channel,
            "policy": str(self.policy),
            "created": rfc3339(self.created),
            "moves": [_move_fields(move) for move in self.moves],
        }) + b"\n"  # fmt: skip

    @classmethod
    def parse(cls, content: bytes) -> Plan:
        """Read a plan that an earlier job left.

        Raises:
            UntrustedContentError: It is no plan, too long, names a component twice, or is of another version.
        """
        if len(content) > MAX_PLAN_BYTES:
            raise UntrustedContentError(f"{_WHAT} is longer than {MAX_PLAN_BYTES} bytes.")
        fields = Fields(read_json_object(content, _WHAT), _WHAT)
        if fields.number("version", least=1) != _VERSION:
            raise UntrustedContentError(f"{_WHAT} was made by another version of gitless.")
        moves = tuple(_move(item) for item in fields.items("moves", limit=MAX_MOVES))
        if not moves or len({move.component for move in moves}) != len(moves):
            raise UntrustedContentError(f"{_WHAT} names no component, or one twice.")
        return cls(
            cast("PromotionKind", fields.word("kind", PROMOTION_KINDS)),
            fields.line("channel", needed=True),
            fields.digest("policy"),
            fields.moment("created"),
            moves,
        )


def check_plan(plan: Plan, now: Plan, *, partial: bool = False) -> None:
    """Refuse to act on anything that the reviewers were not shown.

    Args:
        plan: What was planned.
        now: What would be done, looked up again.
        partial: Whether some of the planned components may stay where they are.

    Raises:
        CheckError: They differ, or a gate had said no; the hint says to plan again.
    """
    faults = [*_whole(plan, now), *([] if partial else _left(plan, now))]
    planned = {move.component: move for move in plan.moves}
    for move in now.moves:
        faults += _differences(planned.get(move.component), move)
    if faults:
        raise CheckError(
            f"What is to be promoted to {now.channel[:64]} is not what was planned.",
            why="\n".join(faults[:20]),
            hint="Make a new plan with promote --plan, and have it approved.",
        )


def _whole(plan: Plan, now: Plan) -> Sequence[str]:
    faults = []
    for word, before, after in (
        ("kind", plan.kind, now.kind),
        ("channel", plan.channel, now.channel),
        ("policy", plan.policy, now.policy),
    ):
        if before != after:
            faults.append(f"The {word} was {before}, and is {after}.")
    return faults


def _left(plan: Plan, now: Plan) -> Sequence[str]:
    left = {move.component for move in plan.moves} - {move.component for move in now.moves}
    return [f"{name}: it was planned, and is not promoted." for name in sorted(left)]


def _differences(planned: PlannedMove | None, move: PlannedMove) -> Sequence[str]:
    if planned is None:
        return [f"{move.component}: it was not planned."]
    noes = (gate for gate in planned.gates if not gate.ok)
    faults = [f"{move.component}: the gate {gate.name} had said no: {gate.reason}" for gate in noes]
    for word, before, after in (
        ("digest", planned.digest, move.digest),
        ("channel's digest", planned.observed, move.observed),
        ("channel's last record", planned.previous, move.previous),
        ("record's number", planned.sequence, move.sequence),
        ("release", planned.release, move.release),
    ):
        if before != after:
            faults.append(f"{move.component}: the {word} was {before or 'none'}, and is {after or 'none'}.")
    return faults


def _move_fields(move: PlannedMove) -> dict[str, Any]:
    pairs = {
        "component": move.component,
        "digest": str(move.digest),
        "observed": str(move.observed) if move.observed else None,
        "previous": str(move.previous) if move.previous else None,
        "sequence": move.sequence,
        "release": move.release or None,
        "gates": [{"name": gate.name, "verdict": gate.verdict, "reason": gate.reason} for gate in move.gates],
    }
    return {key: value for key, value in pairs.items() if value is not None}


def _move(fields: Fields) -> PlannedMove:
    return PlannedMove(
        fields.line("component", needed=True),
        fields.digest("digest"),
        fields.maybe_digest("observed"),
        fields.maybe_digest("previous"),
        fields.number("sequence", least=1),
        fields.line("release"),
        tuple(_gate(item) for item in fields.items("gates")),
    )


def _gate(fields: Fields) -> GateResult:
    verdict = cast("GateVerdict", fields.word("verdict", GATE_VERDICTS))
    return GateResult(fields.line("name", needed=True), verdict, fields.line("reason", limit=MAX_REASON))

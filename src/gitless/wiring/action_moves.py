"""From the inputs of the promote and rollback actions to a request."""

from __future__ import annotations

from dataclasses import replace

from gitless.ci.event import Event
from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.model.delivery import Delivery
from gitless.model.moves import MovesResult
from gitless.wiring.action import FOREIGN, check_event, key_place
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.tell import DEPLOYMENTS, Asked


def promote_request(inputs: Inputs) -> MoveRequest:
    """What the promote action asks for.

    Raises:
        UsageError: An input is not valid, or one that is needed is missing.
    """
    bump = inputs.choice("bump", ("major", "minor", "patch"))
    return replace(
        _shared(inputs),
        kind="promote",
        channel=needed(inputs, "to"),
        source=inputs.text("from"),
        digest=inputs.text("digest"),
        from_source=inputs.flag("from-source"),
        release=inputs.text("release"),
        bump=bump,  # type: ignore[arg-type]
        emergency=inputs.flag("emergency"),
    )


def rollback_request(inputs: Inputs) -> MoveRequest:
    """What the rollback action asks for.

    Raises:
        UsageError: As `promote_request`.
    """
    return replace(
        _shared(inputs),
        kind="rollback",
        channel=needed(inputs, "channel"),
        back_to=needed(inputs, "to"),
        withdraw=inputs.flag("withdraw"),
    )


def guard_move(request: MoveRequest, event: Event, *, allows_privileged: bool) -> tuple[MoveRequest, str]:
    """Keep a run that serves a stranger's content from moving channels; as `wiring.action.guard`.

    Raises:
        UsageError: The job has the repository's rights, for an event that strangers start.
    """
    writes = not (request.dry_run or request.plan)
    if event.is_foreign and writes:
        return replace(request, dry_run=True), FOREIGN.format(event.change)
    if writes:
        check_event(event, request.kind, allows_privileged=allows_privileged)
    return request, ""


def move_asked(inputs: Inputs, request: MoveRequest) -> Asked:
    """What else the platform is to be told: one comment for a channel and the components that move in it.

    Raises:
        UsageError: An input is not valid.
    """
    key = " ".join([request.channel or "", *request.names])
    deployment = inputs.choice("deployment", DEPLOYMENTS) or "none"
    return Asked(request.kind, key, comment=inputs.flag("comment"), deployment=deployment)  # type: ignore[arg-type]


def move_delivery(result: MovesResult) -> Delivery | None:
    """What was brought where; None where nothing was to be moved, or a gate said no before anything was."""
    done = {move.name: f"{move.repository}@{move.digest}" for move in result.moves if move.record and not move.error}
    if result.planned or not done:
        return None
    return Delivery(result.kind, result.environment or result.channel, done, ok=result.ok)


def needed(inputs: Inputs, name: str) -> str:
    """A text that must be given: GitHub's runner does not see to it.

    Raises:
        UsageError: It is missing or not valid.
    """
    value = inputs.text(name)
    if value is None:
        raise UsageError(f"The input {name!r} is missing.", hint=f"Give it in {inputs.place}:\n  {name}: …")
    return value


def _shared(inputs: Inputs) -> MoveRequest:
    names = inputs.words("components")
    if not names:
        raise UsageError("The input 'components' is missing.", hint="Name the components of gitless.yaml to move.")
    return MoveRequest(
        names=names,
        reason=inputs.text("reason") or "",
        ticket=inputs.text("ticket") or "",
        plan=inputs.text("plan"),
        planned=inputs.text("planned"),
        partial=inputs.flag("partial"),
        dry_run=inputs.flag("dry-run"),
        config=inputs.text("config"),
        registry=inputs.text("registry"),
        signing_key=key_place(inputs),
    )

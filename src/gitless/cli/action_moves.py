"""The steps of the actions that move channels: promote and rollback."""

from __future__ import annotations

import os

from gitless.ci.event import read_event
from gitless.cli.told import Told
from gitless.config.inputs import Inputs
from gitless.report.cases import moves_cases
from gitless.report.commands import moves_annotations, notices
from gitless.report.moves import moves_lines, moves_record, moves_summary
from gitless.report.outputs import moves_outputs
from gitless.wiring.action_moves import guard_move, move_asked, move_delivery, promote_request, rollback_request
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.promote import move


def promote_step(inputs: Inputs) -> Told:
    """Promote what the inputs ask for.

    Raises:
        GitlessError: As `wiring.promote.move`; or an input or the event is refused.
    """
    return _move(promote_request(inputs), inputs)


def rollback_step(inputs: Inputs) -> Told:
    """Roll back what the inputs ask for.

    Raises:
        GitlessError: As `promote_step`.
    """
    return _move(rollback_request(inputs), inputs)


def _move(given: MoveRequest, inputs: Inputs) -> Told:
    allows = inputs.flag("allow-privileged-event")
    request, notice = guard_move(given, read_event(os.environ), allows_privileged=allows)
    asked = move_asked(inputs, request)  # before anything moves: an input that is wrong is told first
    result = move(request)
    return Told(
        outputs=moves_outputs(result),
        record=moves_record(result),
        lines=moves_lines(result),
        annotations=[*notices(result.kind, result.notices), *moves_annotations(result)],
        summary=moves_summary(result),
        code=result.exit_code,
        cases=moves_cases(result),
        notices=(notice,),
        asked=asked,
        delivery=move_delivery(result),
    )

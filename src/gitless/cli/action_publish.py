"""The step of the publish action."""

from __future__ import annotations

import os

from gitless.ci.event import read_event
from gitless.cli.told import Told
from gitless.config.inputs import Inputs
from gitless.report.cases import publish_cases
from gitless.report.commands import publish_annotations
from gitless.report.outputs import publish_outputs
from gitless.report.record import publish_record
from gitless.report.summary import publish_summary
from gitless.report.terminal import publish_lines
from gitless.wiring.action import guard, publish_asked, publish_request
from gitless.wiring.publish import publish


def publish_step(inputs: Inputs) -> Told:
    """Publish what the inputs ask for.

    Raises:
        GitlessError: As `wiring.publish.publish`; or an input or the event is refused.
    """
    allows = inputs.flag("allow-privileged-event")
    request, notice = guard(publish_request(inputs), read_event(os.environ), allows_privileged=allows)
    asked = publish_asked(inputs, request)  # before anything is pushed: an input that is wrong is told first
    result = publish(request)
    return Told(
        outputs=publish_outputs(result),
        record=publish_record(result),
        lines=publish_lines(result),
        annotations=publish_annotations(result),
        summary=publish_summary(result),
        code=result.error.exit_code if result.error else 0,
        cases=publish_cases(result),
        findings=[item for component in result.components for item in component.findings],
        notices=(notice,),
        asked=asked,
    )

"""gitless action: what the composite actions run. It reads inputs from variables and tells results to the platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from gitless.cli.output import report_error, show
from gitless.errors import GitlessError, UsageError

if TYPE_CHECKING:
    from gitless.ci.github_step import Step
    from gitless.config.inputs import Inputs


@click.command("action", hidden=True)
@click.argument("verb", type=click.Choice(["publish", "verify"]))
def action_command(verb: str) -> int:
    """Run a verb for a step of a GitHub job: inputs are GITLESS_INPUT_* variables, results are the step's outputs."""
    from gitless.ci.github_step import Step
    from gitless.config.inputs import Inputs
    from gitless.report.commands import Annotation
    from gitless.report.verdicts import error_summary

    step, inputs = Step(os.environ, _say), Inputs(os.environ)
    try:
        return _VERBS[verb](step, inputs)
    except GitlessError as error:
        if not step.listens:  # else the platform prints the annotation in the log as well
            report_error(error)
        step.annotate([Annotation.of_error(f"gitless {verb}", error)])
        with suppress(UsageError):  # the error is told already
            step.summarize(error_summary(verb, error))
        return error.exit_code


def _publish(step: Step, inputs: Inputs) -> int:
    from gitless.ci.event import read_event
    from gitless.report.commands import publish_annotations
    from gitless.report.outputs import publish_outputs
    from gitless.report.record import publish_record
    from gitless.report.summary import publish_summary
    from gitless.report.terminal import publish_lines
    from gitless.wiring.action import guard, publish_request
    from gitless.wiring.publish import publish

    allows = inputs.flag("allow-privileged-event")
    wants_summary = inputs.flag("summary", default=True)
    request, notice = guard(publish_request(inputs), read_event(os.environ), allows_privileged=allows)
    with step.deaf():
        result = publish(request)
        show(publish_lines(result))
    notes = _notice(notice)
    _tell(step, "publish", publish_outputs(result), publish_record(result))
    step.annotate([*notes, *publish_annotations(result)])
    if wants_summary:
        step.summarize(publish_summary(result))
    return result.error.exit_code if result.error else 0


def _verify(step: Step, inputs: Inputs) -> int:
    from gitless.report.commands import verify_annotations
    from gitless.report.outputs import verify_outputs
    from gitless.report.record import verify_record
    from gitless.report.terminal import verify_lines
    from gitless.report.verdicts import verify_summary
    from gitless.wiring.action import verify_request
    from gitless.wiring.verify import verify

    references, trust, policy = verify_request(inputs)
    wants_summary = inputs.flag("summary", default=True)
    with step.deaf():
        results, notice = verify(references, trust, policy, insecure=False)
        show([*([f"note: {notice}"] if notice else []), *(line for result in results for line in verify_lines(result))])
    _tell(step, "verify", verify_outputs(results), verify_record(results))
    step.annotate([*_notice(notice), *verify_annotations(results)])
    if wants_summary:
        step.summarize(verify_summary(results))
    return max(result.exit_code for result in results)


_VERBS: dict[str, Callable[[Any, Any], int]] = {"publish": _publish, "verify": _verify}


def _tell(step: Step, verb: str, outputs: dict[str, str], record: dict[str, Any]) -> None:
    from gitless.report.record import to_json

    path = step.keep(f"gitless-{verb}", to_json(record))
    step.set_outputs({**outputs, "json": str(path)})


def _notice(text: str) -> list[Any]:
    from gitless.report.commands import Annotation

    return [Annotation("notice", "gitless", text)] if text else []


def _say(line: str) -> None:
    click.echo(line, err=True)

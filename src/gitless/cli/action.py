"""gitless action: what the composite actions run. It reads inputs from variables and tells results to the platform."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from gitless.cli.output import report_error, show
from gitless.errors import GitlessError, UsageError

if TYPE_CHECKING:
    from gitless.ci.github_step import Step
    from gitless.cli.told import Told
    from gitless.config.inputs import Inputs

_VERBS = {
    "publish": "gitless.cli.action_publish:publish_step",
    "verify": "gitless.cli.action_reads:verify_step",
    "history": "gitless.cli.action_reads:history_step",
    "audit": "gitless.cli.action_reads:audit_step",
    "promote": "gitless.cli.action_moves:promote_step",
    "rollback": "gitless.cli.action_moves:rollback_step",
}


@click.command("action", hidden=True)
@click.argument("verb", type=click.Choice(list(_VERBS)))
def action_command(verb: str) -> int:
    """Run a verb for a step of a GitHub job: inputs are GITLESS_INPUT_* variables, results are the step's outputs."""
    from gitless.ci.github_step import Step
    from gitless.config.inputs import Inputs
    from gitless.report.commands import Annotation
    from gitless.report.verdicts import error_summary

    step, inputs = Step(os.environ, _say), Inputs(os.environ)
    try:
        return _run(step, inputs, verb)
    except GitlessError as error:
        if not step.listens:  # else the platform prints the annotation in the log as well
            report_error(error)
        step.annotate([Annotation.of_error(f"gitless {verb}", error)])
        with suppress(UsageError):  # the error is told already
            step.summarize(error_summary(verb, error))
        return error.exit_code


def _run(step: Step, inputs: Inputs, verb: str) -> int:
    from gitless.report.record import to_json

    wants_summary = inputs.flag("summary", default=True)
    module, _, name = _VERBS[verb].partition(":")
    do: Callable[[Inputs], Told] = getattr(importlib.import_module(module), name)
    with step.deaf():
        told = do(inputs)
        show(told.lines)
    path = step.keep(f"gitless-{verb}", to_json(dict(told.record)))
    step.set_outputs({**told.outputs, "json": str(path)})
    step.annotate(told.annotations)
    if wants_summary:
        step.summarize(told.summary)
    return told.code


def _say(line: str) -> None:
    click.echo(line, err=True)

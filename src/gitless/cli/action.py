"""gitless action: what actions and components run. It reads inputs from variables and tells results to the platform."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from gitless.cli.output import show
from gitless.errors import GitlessError

if TYPE_CHECKING:
    from gitless.cli.faces import Face
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
    """Run a verb for a job of GitHub Actions or GitLab CI.

    Inputs are GITLESS_INPUT_* variables. Results are a step's outputs, annotations and summary, or a job's reports.
    """
    from gitless.cli.faces import open_face
    from gitless.config.inputs import Inputs

    face = open_face(os.environ, verb, _say)
    try:
        face.prepare()
        return _run(face, Inputs(os.environ), verb)
    except GitlessError as error:
        face.fail(error)
        return error.exit_code


def _run(face: Face, inputs: Inputs, verb: str) -> int:
    wants_summary = inputs.flag("summary", default=True)
    module, _, name = _VERBS[verb].partition(":")
    do: Callable[[Inputs], Told] = getattr(importlib.import_module(module), name)
    with face.deaf():
        told = _told_elsewhere(do(inputs))
        show(told.lines)
    face.tell(told, summary=wants_summary)
    return told.code


def _told_elsewhere(told: Told) -> Told:
    """Comment on the change and report the delivery, where asked for; what keeps that from being done is a notice."""
    if told.asked is None:
        return told
    from gitless.wiring.tell import tell

    said = tell(os.environ, told.asked, told.summary, told.delivery)
    return replace(told, notices=(*told.notices, *said))


def _say(line: str) -> None:
    click.echo(line, err=True)

"""gitless promote and gitless rollback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gitless.cli.output import print_json, report_error, show
from gitless.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
_SHARED = (
    click.option("--reason", metavar="TEXT", default="", help="Why; recorded."),
    click.option("--ticket", metavar="TEXT", default="", help="A reference into a ticket system; recorded."),
    click.option("--plan", metavar="FILE", help="Judge all gates but approvals, sign nothing, and write a plan."),
    click.option("--planned", metavar="FILE", help="Do what this plan says, and nothing else."),
    click.option("--partial", is_flag=True, help="Move the components that pass though others do not."),
    click.option("--dry-run", is_flag=True, help="Judge everything, write nothing."),
    click.option("--name", metavar="NAME", help="A component, as an argument names it."),
    click.option("--path", metavar="DIR", help="A component's folder; names it by its last part."),
    click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml]"),
    click.option("--registry", metavar="R", help="HOST[:PORT]/PREFIX or oci-layout:DIR; component X is R/X."),
    click.option("--signing-key", metavar="FILE|env://VAR", help="Private key; or set GITLESS_SIGNING_KEY."),
    click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback."),
    click.option("--summary", metavar="FILE", help="Append a Markdown summary.  [default: GITHUB_STEP_SUMMARY]"),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout."),
)


def _shared(command: F) -> F:
    for option in reversed(_SHARED):
        command = option(command)
    return command


@click.command("promote")
@click.argument("names", metavar="NAME…", nargs=-1)
@click.option("--to", "channel", metavar="CHANNEL", required=True, help="The channel to move.")
@click.option("--from", "source", metavar="CHANNEL", help="Take what this channel names.  [default: channels.C.from]")
@click.option("--digest", metavar="sha256:…", help="Promote exactly this digest.")
@click.option("--from-source", is_flag=True, help="Promote the published artifact with the checked-out bytes.")
@click.option("--release", metavar="vX.Y.Z", help="The release to make.")
@click.option("--bump", type=click.Choice(["major", "minor", "patch"]), help="Make the next release of this kind.")
@click.option("--emergency", is_flag=True, help="Skip what emergency.may-skip names; needs --reason.")
@_shared
def promote_command(as_json: bool, summary: str | None, **options: object) -> int:
    """Move a channel to a tested digest, after every gate has let it through; on the record.

    The rules are read from gitless.yaml of the protected default branch.
    """
    return _run("promote", summary, as_json, **options)


@click.command("rollback")
@click.argument("names", metavar="NAME…", nargs=-1)
@click.option("--channel", metavar="CHANNEL", required=True, help="The channel to move back.")
@click.option("--to", "back_to", metavar="vX.Y.Z|sha256:…|previous", required=True, help="Where to.")
@click.option("--withdraw", is_flag=True, help="Record that what is left behind must never be promoted again.")
@_shared
def rollback_command(as_json: bool, summary: str | None, **options: object) -> int:
    """Move a channel back to a digest it named before, with a reason, on the record.

    Signature, identity and approvals hold; soak, freeze and the order of releases are waived.
    """
    return _run("rollback", summary, as_json, **options)


def _run(kind: str, summary: str | None, as_json: bool, **options: object) -> int:
    from gitless.report.moves import moves_lines, moves_record, moves_summary
    from gitless.wiring.move_request import MoveRequest
    from gitless.wiring.promote import move
    from gitless.wiring.publish import write_summary

    result = move(MoveRequest(kind=kind, **options))  # type: ignore[arg-type]
    show(moves_lines(result))
    code = result.exit_code
    try:
        write_summary(summary, moves_summary(result))
    except UsageError as unwritable:
        # what was moved must still be told
        report_error(unwritable)
        code = code or unwritable.exit_code
    if as_json:
        print_json(moves_record(result))
    return code

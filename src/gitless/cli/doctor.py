"""gitless doctor."""

from __future__ import annotations

import click

from gitless.cli.output import print_json, show


@click.command("doctor")
@click.argument("names", metavar="[NAME…]", nargs=-1)
@click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml where there is one]")
@click.option("--path", metavar="DIR", help="The folder to publish, without any configuration file.")
@click.option("--name", metavar="N", help="Name of the component that --path makes.")
@click.option("--registry", metavar="R", help="HOST[:PORT]/PREFIX or oci-layout:DIR; component X goes to R/X.")
@click.option("--channel", metavar="TAG", help="The channel to be moved, by publish or promote.  [default: latest]")
@click.option("--signing-key", metavar="FILE|env://VAR", help="Private key; or set GITLESS_SIGNING_KEY.")
@click.option("--quick", "--offline", "quick", is_flag=True, help="Look only at what takes no network.")
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--summary", metavar="FILE", help="Append a Markdown summary.  [default: GITHUB_STEP_SUMMARY where set]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def doctor_command(quick: bool, as_json: bool, summary: str | None, **options: object) -> int:
    """Say what this job or laptop can do, and what to do where it cannot; nothing is written anywhere.

    NAME… are components whose repositories are tried; none means one of them. Exit code 1 where something that is
    needed is not there.
    """
    from gitless.report.checkup import checkup_lines, checkup_record, checkup_summary
    from gitless.wiring.doctor import doctor
    from gitless.wiring.publish import write_summary
    from gitless.wiring.request import PublishRequest

    checkup = doctor(PublishRequest(**options), quick=quick)  # type: ignore[arg-type]
    show(checkup_lines(checkup))
    if as_json:
        print_json(checkup_record(checkup))
    write_summary(summary, checkup_summary(checkup))
    return 0 if checkup.ok else 1

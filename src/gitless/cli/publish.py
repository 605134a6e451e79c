"""gitless publish."""

from __future__ import annotations

import sys

import click

from gitless.cli.output import is_debug, print_json, report_error, report_trace, show
from gitless.errors import UsageError


@click.command("publish")
@click.argument("names", metavar="[NAME…]", nargs=-1)
@click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml where there is one]")
@click.option("--path", metavar="DIR", help="Publish this folder, without any configuration file.")
@click.option("--name", metavar="N", help="Name of the component that --path makes.")
@click.option("--registry", metavar="R", help="HOST[:PORT]/PREFIX or oci-layout:DIR; component X goes to R/X.")
@click.option("--channel", metavar="TAG", help="The tag to move.  [default: latest]")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A further tag; repeatable.")
@click.option("--source", metavar="URL", help="Source URL.  [default: the Git remote]")
@click.option("--revision", metavar="REV", help="Revision annotation.  [default: BRANCH@sha1:COMMIT]")
@click.option("--created", metavar="RFC3339", help="Commit time.  [default: from Git]")
@click.option("--signing-key", metavar="FILE|env://VAR", help="Private key; or set GITLESS_SIGNING_KEY.")
@click.option("--dry-run", is_flag=True, help="Do everything but write.")
@click.option("--force", is_flag=True, help="Publish unchanged content anew; still moves nothing backwards.")
@click.option("--allow-dirty", is_flag=True, help="Take uncommitted changes; marked in revision and provenance.")
@click.option(
    "--rewritten-history", metavar="REASON", default="", help="The channel's revision left history; recorded."
)
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--summary", metavar="FILE", help="Append a Markdown summary.  [default: GITHUB_STEP_SUMMARY where set]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def publish_command(as_json: bool, summary: str | None, **options: object) -> int:
    """Publish components: render, check, pack, sign, attach SBOM and provenance, verify, then move the channel.

    NAME… are components of gitless.yaml; none means all of them.
    """
    from gitless.report.record import publish_record
    from gitless.report.summary import publish_summary
    from gitless.report.terminal import publish_lines
    from gitless.wiring.publish import publish, write_summary
    from gitless.wiring.request import PublishRequest

    result = publish(PublishRequest(**options))  # type: ignore[arg-type]
    show(publish_lines(result))
    if is_debug(sys.argv[1:]):
        for component in result.components:
            if component.error:
                report_trace(component.error)
    error = result.error
    try:
        write_summary(summary, publish_summary(result))
    except UsageError as unwritable:
        # what was published must still be told
        report_error(unwritable)
        error = error or unwritable
    if as_json:
        print_json(publish_record(result))
    return error.exit_code if error else 0

"""gitless audit."""

from __future__ import annotations

import click

from gitless.cli.output import print_json, print_text, show
from gitless.errors import UsageError


@click.command("audit")
@click.argument("names", metavar="[NAME…]", nargs=-1)
@click.option("--channel", "channels", multiple=True, metavar="C", help="A channel; repeatable.  [default: all]")
@click.option("--expect", metavar="FILE", help="What was last seen; compared, and written anew where nothing is found.")
@click.option("--export", metavar="DIR", help="Write all evidence there, as files that can be verified offline.")
@click.option("--max-tags", type=click.IntRange(min=0), metavar="N", help="Tags to look at beside channels and "
              "releases, in each repository.  [default: 1000]")  # fmt: skip
@click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml]")
@click.option("--path", metavar="DIR", help="Folder of a single component, in place of those of the configuration.")
@click.option("--name", metavar="N", help="Name of the component that --path makes.")
@click.option("--registry", metavar="R", help="HOST[:PORT]/PREFIX or oci-layout:DIR; component X is at R/X.")
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--markdown", is_flag=True, help="Print Markdown on stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def audit_command(
    names: tuple[str, ...],
    channels: tuple[str, ...],
    expect: str | None,
    export: str | None,
    max_tags: int | None,
    markdown: bool,
    as_json: bool,
    **place: str | bool | None,
) -> int:
    """Compare every channel with its journal, every release with its record, and all evidence with who may sign.

    NAME… are components of gitless.yaml; none means all of them. Exit code 1 where anything is found.
    """
    from gitless.report.audit import audit_lines, audit_markdown, audit_record
    from gitless.wiring.audit import AuditRequest, audit
    from gitless.wiring.places import PlaceRequest

    if markdown and as_json:
        raise UsageError("--markdown and --json both print on stdout.", hint="Give one of them.")
    where = PlaceRequest(names, channels, **place)  # type: ignore[arg-type]
    result = audit(AuditRequest(where, expect, export, max_tags))
    show(audit_lines(result))
    if markdown:
        print_text(audit_markdown(result))
    if as_json:
        print_json(audit_record(result))
    return int(not result.ok)

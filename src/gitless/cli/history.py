"""gitless history."""

from __future__ import annotations

from typing import Any

import click

from gitless.cli.output import print_json, print_text, show
from gitless.cli.trust import identity_options
from gitless.errors import UsageError


@click.command("history")
@click.argument("names", metavar="[NAME]", nargs=-1)
@click.option("--channel", "channels", multiple=True, metavar="C", help="A channel; repeatable.  [default: all]")
@click.option("--since", metavar="DATE|DURATION", help="Begin of the period: 2026-11-01, or 90d before now.")
@click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml where there is one]")
@click.option("--path", metavar="DIR", help="Folder of the component, without any configuration file.")
@click.option("--name", metavar="N", help="Name of the component that --path makes.")
@click.option("--registry", metavar="R", help="HOST[:PORT]/PREFIX or oci-layout:DIR; component X is at R/X.")
@identity_options
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--html", metavar="FILE", help="Write one self-contained page.")
@click.option("--markdown", is_flag=True, help="Print Markdown on stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def history_command(
    names: tuple[str, ...],
    channels: tuple[str, ...],
    since: str | None,
    html: str | None,
    markdown: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Tell who moved a component's channels, when, from what to what and on what proof; every record is verified.

    Exit code 1 where a record does not verify or is missing, or a channel names something that no record says.
    """
    from gitless.report.chronicle import chronicle_lines, chronicle_markdown
    from gitless.report.chronicle_record import chronicle_record
    from gitless.wiring.history import history, write_page
    from gitless.wiring.places import PlaceRequest
    from gitless.wiring.trust import TrustRequest

    if markdown and as_json:
        raise UsageError("--markdown and --json both print on stdout.", hint="Give one of them.")
    place = {key: options.pop(key) for key in ("config", "path", "name", "registry", "insecure")}
    told = history(PlaceRequest(names, channels, **place), TrustRequest(**options), since)
    show(chronicle_lines(told))
    if html:
        write_page(html, told)
    if markdown:
        print_text(chronicle_markdown(told))
    if as_json:
        print_json(chronicle_record(told))
    return int(not told.ok)

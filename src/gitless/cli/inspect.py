"""gitless inspect."""

from __future__ import annotations

import click

from gitless.cli.output import print_json, show


@click.command("inspect")
@click.argument("reference", metavar="REFERENCE")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="Public key (PEM) to judge the evidence with.")
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def inspect_command(reference: str, keys: tuple[str, ...], insecure: bool, as_json: bool) -> int:
    """Show an artifact: annotations, the tree of its evidence, and what its SBOM lists.

    Without --key nothing is judged; with it, each piece is called valid, foreign or invalid.
    """
    from gitless.report.record import inspect_record
    from gitless.report.terminal import inspect_lines
    from gitless.wiring import verify as wiring

    result = wiring.inspect(reference, keys, insecure=insecure)
    show(inspect_lines(result))
    if as_json:
        print_json(inspect_record(result))
    return 0

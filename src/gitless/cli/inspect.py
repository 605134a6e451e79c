"""gitless inspect."""

from __future__ import annotations

from typing import Any

import click

from gitless.cli.output import print_json, show
from gitless.cli.trust import trust_options


@click.command("inspect")
@click.argument("reference", metavar="REFERENCE")
@trust_options
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def inspect_command(reference: str, insecure: bool, as_json: bool, **trust: Any) -> int:
    """Show an artifact: annotations, the tree of its evidence, and what its SBOM lists.

    Without anybody to trust nothing is judged; otherwise each piece is called valid, foreign or invalid.
    """
    from gitless.report.record import inspect_record
    from gitless.report.terminal import inspect_lines
    from gitless.wiring import verify as wiring
    from gitless.wiring.trust import TrustRequest

    result, notice = wiring.inspect(reference, TrustRequest(**trust), insecure=insecure)
    if notice:
        show([f"note: {notice}"])
    show(inspect_lines(result))
    if as_json:
        print_json(inspect_record(result))
    return 0

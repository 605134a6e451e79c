"""gitless verify."""

from __future__ import annotations

from typing import Any

import click

from gitless.cli.output import print_json, show
from gitless.cli.trust import trust_options


@click.command("verify")
@click.argument("references", metavar="REFERENCE…", nargs=-1, required=True)
@trust_options
@click.option(
    "--policy",
    type=click.Choice(["flux", "cosign", "strict"]),
    default="strict",
    show_default=True,
    help="Whose rules: what Flux accepts, what cosign asks, or ours.",
)
@click.option("--insecure", is_flag=True, help="Speak http to registries that are not on loopback.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def verify_command(references: tuple[str, ...], policy: str, insecure: bool, as_json: bool, **trust: Any) -> int:
    """Verify artifacts and say, by number, what was checked and why it failed.

    REFERENCE is HOST/PATH:TAG, HOST/PATH@sha256:… or oci-layout:DIR:TAG. Trusted is who holds a key, who is named by
    --certificate-identity together with --certificate-oidc-issuer, or whom gitless.yaml names.
    """
    from gitless.report.record import verify_record
    from gitless.report.terminal import verify_lines
    from gitless.wiring import verify as wiring
    from gitless.wiring.trust import TrustRequest

    results, notice = wiring.verify(references, TrustRequest(**trust), policy, insecure=insecure)
    if notice:
        show([f"note: {notice}"])
    if len(results) == 1 and results[0].error:
        raise results[0].error
    for result in results:
        show(verify_lines(result))
    if as_json:
        print_json(verify_record(results))
    return max(result.exit_code for result in results)

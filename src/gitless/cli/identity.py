"""gitless identity."""

from __future__ import annotations

from typing import Literal

import click

from gitless.cli.output import print_json, show

_FORMS = ("flux", "cosign", "kyverno", "policy-controller", "all")


@click.command("identity")
@click.option(
    "--for",
    "role",
    type=click.Choice(["publish", "promote"]),
    default="publish",
    show_default=True,
    help="Whose identity of gitless.yaml.",
)
@click.option(
    "--form",
    type=click.Choice(_FORMS),
    default="flux",
    show_default=True,
    help="Whose words: what to paste for Flux, cosign, Kyverno or policy-controller.",
)
@click.option("--config", metavar="FILE", help="Configuration file.  [default: gitless.yaml, if there is one]")
@click.option("--reference", metavar="REF", help="Artifact HOST/PATH:TAG to write down.  [default: by gitless.yaml]")
@click.option(
    "--trusted-root",
    metavar="FILE",
    help="trusted_root.json of a private Sigstore instance.  [default: signing.sigstore.trusted-root]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def identity_command(
    role: Literal["publish", "promote"],
    form: str,
    config: str | None,
    reference: str | None,
    trusted_root: str | None,
    as_json: bool,
) -> int:
    """Print whom a cluster has to trust: issuer and subject, in the form that a verifier takes.

    They are those of `identities` in gitless.yaml, or without them of the running job's verified token. What is to be
    pasted goes to stdout.
    """
    from gitless.identity.forms import FORMS, form_text, identity_lines, identity_record
    from gitless.wiring import identity as wiring

    answer = wiring.describe(wiring.IdentityRequest(role, config, reference, trusted_root))
    forms = FORMS if form == "all" else (form,)
    show(identity_lines(answer.subject, answer.origin, forms))
    if answer.is_placeholder:
        show(["  note: the repository is an example; name yours with --reference"])
    if as_json:
        print_json(identity_record(answer.subject, answer.origin, forms))
        return 0
    for name in forms:
        text = form_text(answer.subject, name)
        click.echo(f"# {name}\n{text}" if form == "all" and text else text, nl=False)
    return 0

"""The command protocol of sigstore-conformance 0.0.29 over gitless' own verification and signing.

Exit code 0: verified, or signed. 1: not so. 2: the command line or a file is wrong. With CONFORMANCE_OFFLINE set nothing
is asked of the network: the public instance's roots are those that came with sigstore.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gitless.errors import GitlessError, RemoteError
from gitless.model.digest import Digest
from gitless.model.identity import Identity
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken
from gitless.model.workload import Workload
from gitless.signing.instance import Instance, private_instance
from gitless.signing.keyless import KeylessSigner
from gitless.signing.public import PublicGood
from gitless.verification.certificates import CertificateTrust
from gitless.verification.expressions import IdentityExpression, exactly
from gitless.verification.files import weigh_file
from gitless.verification.keys import TrustedKey
from gitless.wiring.system import SystemClock

STAGING = "https://tuf-repo-cdn.sigstage.dev"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class GivenToken:
    """The one token of the command line; implements `TokenSource`. Its signature is for Fulcio to judge."""

    def __init__(self, raw: str) -> None:
        body = raw.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        workload = Workload(Identity(claims["iss"], subject_of(claims)))
        expires = datetime.fromtimestamp(claims["exp"], timezone.utc)
        self._token = IdentityToken(Secret(raw), "github", workload, expires)

    def token(self, seconds: float) -> IdentityToken:
        """The token, if it lasts."""
        if self._token.expires < SystemClock().now() + timedelta(seconds=seconds):
            raise RemoteError("The token has run out.")
        return self._token


def subject_of(claims: dict[str, Any]) -> str:
    """Whom Fulcio puts into the certificate: a workflow, an e-mail address, or the token's subject."""
    if "job_workflow_ref" in claims:
        return f"https://github.com/{claims['job_workflow_ref']}"
    if "ci_config_ref_uri" in claims:
        return f"https://{claims['ci_config_ref_uri']}"
    return str(claims.get("email", claims["sub"]))


def sign(arguments: argparse.Namespace) -> int:
    """Sign a file or a statement."""
    signer = KeylessSigner(instance(arguments), GivenToken(arguments.identity_token), SystemClock(), env=os.environ)
    content = Path(arguments.file).read_bytes()
    bundle = signer.sign(content) if arguments.in_toto else signer.sign_payload(content)
    Path(arguments.bundle).write_bytes(bundle)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Verify a bundle about a file or a digest."""
    trust: CertificateTrust | TrustedKey
    if arguments.key:
        trust = TrustedKey.from_pem(Path(arguments.key).read_bytes())
    else:
        exact = exactly(arguments.certificate_oidc_issuer), exactly(arguments.certificate_identity)
        trust = CertificateTrust(IdentityExpression(*exact), trusted_root(arguments))
    weight = weigh_file(Path(arguments.bundle).read_bytes(), digest_of(arguments.file), trust)
    say(f"{weight.standing}: {weight.check}: {weight.reason}")
    return 0 if weight.standing == "valid" else 1


def digest_of(name: str) -> Digest:
    """A file's digest, or the digest that was given in its place."""
    if DIGEST.fullmatch(name) and not Path(name).exists():
        return Digest.parse(name)
    return Digest(hashlib.sha256(Path(name).read_bytes()).hexdigest())


def trusted_root(arguments: argparse.Namespace) -> bytes:
    """The given root, or the public instance's."""
    if arguments.trusted_root:
        return Path(arguments.trusted_root).read_bytes()
    if arguments.staging and is_offline():
        return stored("trusted_root.json")
    return public(arguments).trusted_root()[0]


def instance(arguments: argparse.Namespace) -> Instance:
    """The given instance, or the public one."""
    if arguments.signing_config:
        return private_instance(trusted_root(arguments), Path(arguments.signing_config).read_bytes())
    found = public(arguments).instance()
    if arguments.trusted_root:
        return Instance(Path(arguments.trusted_root).read_bytes(), found.signing_config, found.rekor)
    return found


def public(arguments: argparse.Namespace) -> PublicGood:
    """Sigstore's public instance, or its staging instance."""
    clock = SystemClock().now
    if arguments.staging:
        return PublicGood(os.environ, clock, is_offline(), url=STAGING, root=stored("root.json"))
    return PublicGood(os.environ, clock, is_offline())


def stored(name: str) -> bytes:
    """A file of the staging instance, as it came with sigstore."""
    return (resources.files("sigstore") / "_store" / quote(STAGING, safe="") / name).read_bytes()


def is_offline() -> bool:
    """Whether nothing may be asked of the network."""
    return bool(os.environ.get("CONFORMANCE_OFFLINE"))


def say(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{text}\n")


def parser() -> argparse.ArgumentParser:
    """The protocol's command line."""
    commands = argparse.ArgumentParser(prog="entrypoint")
    chosen = commands.add_subparsers(dest="command", required=True)
    signing = chosen.add_parser("sign-bundle")
    signing.add_argument("--in-toto", action="store_true")
    signing.add_argument("--identity-token", required=True)
    signing.add_argument("--signing-config")
    signing.set_defaults(run=sign)
    verifying = chosen.add_parser("verify-bundle")
    verifying.add_argument("--certificate-identity")
    verifying.add_argument("--certificate-oidc-issuer")
    verifying.add_argument("--key")
    verifying.set_defaults(run=verify)
    for command in (signing, verifying):
        command.add_argument("--staging", action="store_true")
        command.add_argument("--bundle", required=True)
        command.add_argument("--trusted-root")
        command.add_argument("file", metavar="FILE")
    return commands


def main(words: Sequence[str]) -> int:
    """Run one command."""
    arguments = parser().parse_args(words)
    if arguments.command == "verify-bundle":
        by_identity = bool(arguments.certificate_identity and arguments.certificate_oidc_issuer)
        if by_identity == bool(arguments.key):
            say("give --key, or --certificate-identity and --certificate-oidc-issuer")
            return 2
    try:
        return int(arguments.run(arguments))
    except GitlessError as error:
        say(str(error))
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

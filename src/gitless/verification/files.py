"""Bundles about files, as `cosign sign-blob` and sigstore's conformance suite make them; gitless signs none itself."""

from __future__ import annotations

from gitless.errors import UntrustedContentError
from gitless.model.digest import Digest
from gitless.model.dsse import Envelope
from gitless.model.media_types import IN_TOTO
from gitless.model.statement import Statement
from gitless.verification.certificates import CertificateTrust
from gitless.verification.keys import TrustedKey
from gitless.verification.refused import RefusedError
from gitless.verification.signed import Signed
from gitless.verification.trust import Weight


def weigh_file(content: bytes, digest: Digest, trust: CertificateTrust | TrustedKey) -> Weight:
    """Weigh a bundle with a signature over a file, or with a statement that names it.

    Args:
        content: The bundle's JSON, of version 0.1 to 0.3.
        digest: The file's digest.
        trust: Who must have signed it.

    Raises:
        UsageError: The trusted root cannot be used.
    """
    try:
        signed = Signed.of_file(content, digest)
        weight = _by_key(signed, trust) if isinstance(trust, TrustedKey) else trust.weigh_signed(signed)
        if weight.standing == "valid" and signed.envelope:
            _check_statement(signed.envelope, digest)
    except RefusedError as refused:
        return Weight("invalid", refused.what, refused.check)
    return weight


def _by_key(signed: Signed, trust: TrustedKey) -> Weight:
    if not signed.has_key:
        return Weight("foreign", "It is signed with a certificate, not with a key.", "bundle.7-identity")
    signed.check(trust.key)
    return Weight("valid", "Signed by a trusted key.", "bundle.6-signature")


def _check_statement(envelope: Envelope, digest: Digest) -> None:
    if envelope.payload_type != IN_TOTO:
        raise RefusedError("bundle.8-payload", "Its payload is not an in-toto statement.")
    try:
        statement = Statement.parse(envelope.payload)
    except UntrustedContentError as error:
        raise RefusedError("bundle.8-payload", error.what) from error
    if digest not in statement.subjects:
        raise RefusedError("bundle.9-subject", "It is about another digest.")

"""One signing certificate with its key: got for one token, checked before it signs anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gitless.errors import CheckError, DefectError, GitlessError, RemoteError
from gitless.model.bundle import Bundle
from gitless.model.identity import Identity
from gitless.model.token import IdentityToken
from gitless.model.workload import Workload
from gitless.verification.extensions import read_certificate, read_workload
from gitless.verification.refused import RefusedError
from gitless.verification.trust import Trust

if TYPE_CHECKING:
    from sigstore.sign import Signer

_SLACK = timedelta(seconds=60)


@dataclass(frozen=True)
class Enrolled:
    """A certificate that signs for a while.

    Attributes:
        signer: sigstore's signer; holds the key.
        trust: Weighs what it made.
        certificate: The certificate.
        workload: The job that signs.
    """

    signer: Signer
    trust: Trust
    certificate: x509.Certificate
    workload: Workload

    @property
    def ends(self) -> datetime:
        """When it stops being valid, UTC."""
        return self.certificate.not_valid_after_utc

    @property
    def pem(self) -> bytes:
        """The certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, statement: bytes) -> bytes:
        """Sign statement bytes, have them timestamped, then logged, and verify the bundle.

        Raises:
            CheckError: What the services answered does not verify; nothing of it should be published.
            RemoteError: A service failed.
            DefectError: The bytes are no in-toto statement v1 with named subjects.
        """
        from sigstore.dsse import Statement
        from sigstore.errors import Error

        try:
            parsed = Statement(statement)
        except Error as error:
            raise DefectError("A statement to be signed is not one.", why=str(error)[:300]) from error
        with sigstore_errors("sign a statement"):
            content = self.signer.sign_dsse(parsed).to_json().encode()
        self._verify(content, statement)
        return content

    def sign_payload(self, payload: bytes) -> bytes:
        """Sign bare bytes, have them timestamped, then logged; the caller verifies the bundle.

        Raises:
            RemoteError: A service failed.
        """
        with sigstore_errors("sign a payload"):
            return self.signer.sign_artifact(payload).to_json().encode()

    def _verify(self, content: bytes, statement: bytes) -> None:
        bundle = Bundle.parse(content)
        weight = self.trust.weigh(bundle)
        if weight.standing != "valid":
            raise unverifiable(f"{weight.check}: {weight.reason}")
        if bundle.envelope.payload != statement:
            raise unverifiable("It holds another statement.")


@dataclass(frozen=True)
class Exactly:
    """A pattern that one identity matches, whatever characters are in it."""

    identity: Identity
    source: str = ""

    def matches(self, identity: Identity) -> bool:
        """Whether it is the one."""
        return identity == self.identity


def check_certificate(certificate: x509.Certificate, token: IdentityToken, now: datetime) -> Workload:
    """Compare a fresh certificate with the token it was issued for, and with our own clock.

    Returns:
        The job that signs with it.

    Raises:
        CheckError: It says something else than the token does.
        RemoteError: Our clock is outside its validity.
    """
    _check_clock(certificate, now)
    try:
        workload = read_workload(read_certificate(certificate.public_bytes(serialization.Encoding.DER)))
    except RefusedError as error:
        raise CheckError("Fulcio issued a certificate that is not a job's.", why=error.what) from error
    differences = workload.differences(token.workload)
    if differences:
        raise CheckError(
            "The signing certificate says something else than the job's token.",
            why="\n".join(_difference(name, token.workload, workload) for name in differences),
            hint="Nothing was signed. The instance's Fulcio may map this issuer's tokens differently.",
        )
    return workload


def _difference(name: str, token: Workload, certificate: Workload) -> str:
    return f"{name}: {getattr(token, name)} by the token, {getattr(certificate, name)} by the certificate"


def _check_clock(certificate: x509.Certificate, now: datetime) -> None:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if since - _SLACK <= now < until:
        return
    minutes = (now - since) / timedelta(minutes=1)
    way = "ahead of" if minutes > 0 else "behind"
    raise RemoteError(
        "This machine's clock is wrong.",
        why=f"It is {abs(minutes):.0f} minutes {way} that of Fulcio, which has just issued a certificate valid from "
        f"{since:%Y-%m-%dT%H:%M:%SZ}.",
        hint="Set the clock and run the same command again. Nothing was signed.",
        temporary=True,
    )


def unverifiable(words: str) -> CheckError:
    """The error for answers that do not fit together or are not the instance's.

    Args:
        words: What does not.
    """
    return CheckError(
        "What the Sigstore services answered does not verify.",
        why=" ".join(words.split())[:300],
        hint="The trusted root may not belong to this instance, or be out of date. Nothing of it was published.",
    )


@contextmanager
def sigstore_errors(doing: str) -> Iterator[None]:
    """Turn everything that sigstore raises into our own errors."""
    from sigstore.errors import Error

    try:
        yield
    except GitlessError:
        raise
    except Error as error:
        raise unverifiable(str(error)) from error
    except Exception as error:
        # sigstore's exceptions have no common base
        raise RemoteError(f"Cannot {doing}.", why=f"{type(error).__name__}: {str(error)[:300]}") from error

"""One signing certificate with its key: got for one token, checked before it signs anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gitless.errors import CheckError, GitlessError, RemoteError, UntrustedContentError
from gitless.model.identity import Identity
from gitless.model.token import IdentityToken

if TYPE_CHECKING:
    from sigstore.sign import Signer
    from sigstore.verify import Verifier

_SLACK = timedelta(seconds=60)
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")


@dataclass(frozen=True)
class Enrolled:
    """A certificate that signs for a while.

    Attributes:
        signer: sigstore's signer; holds the key.
        verifier: Verifies what it made.
        certificate: The certificate.
        identity: Who signs.
    """

    signer: Signer
    verifier: Verifier
    certificate: x509.Certificate
    identity: Identity

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
        """
        from sigstore.dsse import Statement

        with sigstore_errors("sign a statement"):
            bundle = self.signer.sign_dsse(Statement(statement))
        self._verify(bundle, statement)
        return bundle.to_json().encode()

    def _verify(self, bundle: object, statement: bytes) -> None:
        from sigstore.errors import Error
        from sigstore.models import Bundle
        from sigstore.verify import policy

        whole = Bundle.from_json(bundle.to_json())  # type: ignore[attr-defined]
        expected = policy.Identity(identity=self.identity.subject, issuer=self.identity.issuer)
        try:
            _, payload = self.verifier.verify_dsse(whole, expected)
        except (Error, ValueError) as error:
            raise _unverifiable(str(error)) from error
        if payload != statement:
            raise _unverifiable("It holds another statement.")


def check_certificate(certificate: x509.Certificate, token: IdentityToken, now: datetime) -> Identity:
    """Compare a fresh certificate with the token it was issued for, and with our own clock.

    Returns:
        Who signs with it.

    Raises:
        CheckError: It names another identity than the token does.
        RemoteError: Our clock is outside its validity.
    """
    _check_clock(certificate, now)
    identity = _identity(certificate)
    if identity != token.workload.identity:
        raise CheckError(
            "The signing certificate names another identity than the job's token.",
            why=f"The token: {token.workload.identity}\nThe certificate: {identity}",
            hint="Nothing was signed. The instance's Fulcio may map this issuer's tokens differently.",
        )
    return identity


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


def _identity(certificate: x509.Certificate) -> Identity:
    try:
        (name,) = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        issuer = certificate.extensions.get_extension_for_oid(_ISSUER).value
        if not isinstance(name, x509.UniformResourceIdentifier) or not isinstance(issuer, x509.UnrecognizedExtension):
            raise ValueError("no URI")  # noqa: TRY004  # not a mistake of a caller
        return Identity(issuer.value[2:].decode(), name.value)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise UntrustedContentError(
            "The signing certificate is not a job's.", why="It lacks its issuer, or one URI as its name."
        ) from error


def _unverifiable(words: str) -> CheckError:
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
        raise _unverifiable(str(error)) from error
    except Exception as error:
        # sigstore's exceptions have no common base
        raise RemoteError(f"Cannot {doing}.", why=f"{type(error).__name__}: {str(error)[:300]}") from error

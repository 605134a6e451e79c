"""Fulcio: one certificate for one token (fulcio.proto, CreateSigningCertificate)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.secret import Secret
from gitless.web.patience import Deadline
from gitless.web.session import Answer, Request, Session

_DOING = "get a signing certificate"
_MAX_CHAIN = 8


@dataclass(frozen=True)
class Issued:
    """What Fulcio issued: the certificate, and the certificates above it.

    The names are those that sigstore's signer reads.
    """

    cert: x509.Certificate
    chain: list[x509.Certificate]


class Fulcio:
    """Asks for one certificate with one token; stands where sigstore's own client would, with limits and retry.

    Args:
        base: Fulcio's base address.
        session: Sends the request.
        token: The job's token; goes to Fulcio and nowhere else.
        deadline: When to give up.
    """

    def __init__(self, base: str, session: Session, token: Secret, deadline: Deadline) -> None:
        self._url = f"{base}/api/v2/signingCert"
        self._session, self._token, self._deadline = session, token, deadline
        self.issued: Issued | None = None

    @property
    def signing_cert(self) -> Fulcio:
        """Itself: sigstore's signer asks `fulcio.signing_cert.post`."""
        return self

    def post(self, request: x509.CertificateSigningRequest, identity: object) -> Issued:
        """Get the certificate for a signing request.

        Args:
            request: The request; it proves that we have the key.
            identity: Unused; the token is ours.

        Raises:
            UntrustedContentError: The answer holds no certificate with an embedded SCT.
            RemoteError: Fulcio refuses the token, or failed.
        """
        del identity
        pem = request.public_bytes(serialization.Encoding.PEM)
        body = json.dumps({"certificateSigningRequest": base64.b64encode(pem).decode()}).encode()
        headers = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        call = Request(_DOING, "POST", self._url, headers, body, accept=(200, 201), max_bytes=256 * 1024)
        try:
            answer = self._session.send(call, self._deadline)
        except RemoteError as error:
            raise self._explained(error) from error
        self.issued = _read(answer)
        return self.issued

    def _explained(self, error: RemoteError) -> RemoteError:
        # the service may say back what it was sent
        error.why = why = error.why.replace(self._token.reveal(), "***")
        if error.status in (400, 401, 403):
            # the token was verified before: whether it or the instance is at fault, nothing was done
            return RemoteError(
                "Fulcio refuses the job's token.",
                why=why,
                status=error.status,
                hint="The token's issuer and audience must be ones this Fulcio knows, and every claim it needs must be "
                "in it.\nA self-managed GitLab or GitHub Enterprise Server needs a Sigstore instance of its own: "
                "signing.sigstore in gitless.yaml.",
            )
        return error


def _read(answer: Answer) -> Issued:
    try:
        chain = json.loads(answer.body)["signedCertificateEmbeddedSct"]["chain"]["certificates"]
        certificates = [x509.load_pem_x509_certificate(item.encode()) for item in chain[:_MAX_CHAIN]]
        return Issued(certificates[0], certificates[1:] or _no_chain())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UntrustedContentError(
            f"Cannot {_DOING}.",
            why="Fulcio's answer holds no certificate chain with an embedded SCT.",
            hint="A Fulcio that does not log to a CT log cannot be used: start it with --ct-log-url.",
        ) from error


def _no_chain() -> list[x509.Certificate]:
    raise ValueError("the chain is too short")

"""Asks a Fulcio for a certificate over plain HTTP, with a token of any kind: what no client of Sigstore would send."""

from __future__ import annotations

import base64
import json

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import new_key


def request_certificate(url: str, token: str) -> requests.Response:
    """Fulcio's answer to a token, as it comes."""
    key = new_key()
    encoding, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    proof = key.sign(_subject(token).encode(), ec.ECDSA(hashes.SHA256()))
    body = {
        "credentials": {"oidcIdentityToken": token},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": key.public_key().public_bytes(encoding, shape).decode()},
            "proofOfPossession": base64.b64encode(proof).decode(),
        },
    }
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{url}/api/v2/signingCert", json=body, timeout=10)


def certificate_for(url: str, token: str) -> x509.Certificate:
    """The certificate for a good token, with its SCT inside.

    Raises:
        AssertionError: Fulcio refused.
    """
    answer = request_certificate(url, token)
    assert answer.ok, f"Fulcio: {answer.status_code} {answer.text}"
    return x509.load_pem_x509_certificate(
        answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"][0].encode()
    )


def _subject(token: str) -> str:
    payload = token.split(".")[1]
    subject: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    return subject

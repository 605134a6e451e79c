"""What a bundle's signature is over: a statement in an envelope, or the digest of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from gitless.errors import UntrustedContentError
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES, Bundle
from gitless.model.canonical import read_base64, read_json_object
from gitless.model.digest import Digest
from gitless.model.dsse import Envelope
from gitless.verification.refused import RefusedError

_VERSIONS = (
    *(f"application/vnd.dev.sigstore.bundle+json;version=0.{minor}" for minor in (1, 2, 3)),
    "application/vnd.dev.sigstore.bundle.v0.3+json",
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A bundle, taken apart.

    Attributes:
        document: The bundle's JSON object; `verificationMaterial` in it is an object.
        certificate: The signing certificate, DER; empty where there is none.
        has_key: Whether a key signed it.
        signature: The signature.
        envelope: What is signed, where that is a statement.
        digest: What must be signed, where that is a file.
    """

    document: Mapping[str, Any]
    certificate: bytes
    has_key: bool
    signature: bytes
    envelope: Envelope | None = None
    digest: Digest | None = None

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> Signed:
        """A bundle with a statement, as stores list it: of version 0.3, with one certificate.

        Raises:
            RefusedError: It is malformed (bundle.1-format).
        """
        document = _document(bundle.content)
        material = document["verificationMaterial"]
        if "certificate" not in material and "publicKey" not in material:
            raise RefusedError("bundle.1-format", "It has neither a key nor a single certificate.")
        envelope = bundle.envelope
        return cls(document, bundle.certificate or b"", bundle.certificate is None, envelope.signature, envelope)

    @classmethod
    def of_file(cls, content: bytes, digest: Digest) -> Signed:
        """A bundle about a file, of any version up to 0.3; the certificate may stand in a chain.

        Args:
            content: The bundle's JSON.
            digest: The file's digest.

        Raises:
            RefusedError: It is malformed (bundle.1-format).
        """
        document = _document(content)
        if document.get("mediaType") not in _VERSIONS:
            raise RefusedError("bundle.1-format", "It is no bundle of a version that is known.")
        material = document["verificationMaterial"]
        signed: Any = document.get("messageSignature")
        if (signed is None) == (document.get("dsseEnvelope") is None):
            raise RefusedError("bundle.1-format", "It has neither a signature nor an envelope, or both.")
        try:
            certificate = _leaf(material)
            envelope = Envelope.from_json(document["dsseEnvelope"]) if signed is None else None
            signature = envelope.signature if envelope else read_base64(signed["signature"])
        except (UntrustedContentError, ValueError, KeyError, TypeError, IndexError) as error:
            raise RefusedError("bundle.1-format", "Its signature or certificate is malformed.") from error
        return cls(document, certificate, "publicKey" in material, signature, envelope, None if envelope else digest)

    def check(self, key: ec.EllipticCurvePublicKey) -> None:
        """Whether the key signed it.

        Raises:
            RefusedError: It did not (bundle.6-signature), or there is no signature (bundle.1-format).
        """
        if not self.signature:
            raise RefusedError("bundle.1-format", "The signature is empty.")
        if self.envelope and self.envelope.key_id:
            raise RefusedError("bundle.6-signature", "The signature names a key, and Flux refuses that.")
        try:
            if self.envelope:
                key.verify(self.signature, self.envelope.signed_bytes, ec.ECDSA(hashes.SHA256()))
            elif self.digest:
                hashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
                key.verify(self.signature, bytes.fromhex(self.digest.hex), hashed)
        except InvalidSignature as error:
            raise RefusedError("bundle.6-signature", "The signature is not by the certificate's key.") from error


def _document(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_FOREIGN_BUNDLE_BYTES:
        raise RefusedError("bundle.1-format", "The bundle is too long.")
    try:
        document = read_json_object(content, "The bundle")
    except UntrustedContentError as error:
        raise RefusedError("bundle.1-format", error.what) from error
    if not isinstance(document.get("verificationMaterial"), dict):
        raise RefusedError("bundle.1-format", "The bundle has no verificationMaterial.")
    return document


def _leaf(material: Mapping[str, Any]) -> bytes:
    if "certificate" in material:
        return read_base64(material["certificate"]["rawBytes"])
    if "x509CertificateChain" in material:
        return read_base64(material["x509CertificateChain"]["certificates"][0]["rawBytes"])
    return b""

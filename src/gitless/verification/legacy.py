"""Legacy signatures (`sha256-<hex>.sig`), as Flux judges them where there is no bundle (cosign SIGNATURE_SPEC).

The payload's digest is what counts; its reference is not looked at. With a certificate the log's promise (Rekor v1)
must be beside it: it is the only time there is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.model.canonical import canonical_json, read_base64, read_json_object
from gitless.model.simple_signing import ANNOTATION_CERTIFICATE, ANNOTATION_LOG, ANNOTATION_SIGNATURE
from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import Log, TrustedRoot

_MAX_ANNOTATION = 64 * 1024
_NUMBERS = ("integratedTime", "logIndex")


@dataclass(frozen=True, slots=True)
class LegacySignature:
    """One layer of the signatures' manifest.

    Attributes:
        payload: The layer's bytes.
        annotations: The layer's annotations.
    """

    payload: bytes
    annotations: Mapping[str, str] = field(repr=False)

    @property
    def signature(self) -> bytes:
        """The signature over the payload.

        Raises:
            RefusedError: There is none (bundle.1-format).
        """
        try:
            return read_base64(self._annotation(ANNOTATION_SIGNATURE))
        except ValueError as error:
            raise RefusedError("bundle.1-format", "The legacy signature is not base64.") from error

    @property
    def certificate(self) -> bytes:
        """The signing certificate, DER; empty for a key's signature.

        Raises:
            RefusedError: It is no PEM certificate (bundle.2-certificate).
        """
        text = self._annotation(ANNOTATION_CERTIFICATE)
        if not text:
            return b""
        try:
            parsed = x509.load_pem_x509_certificate(text.encode())
        except Exception as error:  # a parser of hostile bytes
            raise RefusedError("bundle.2-certificate", "The certificate is malformed.") from error
        return parsed.public_bytes(serialization.Encoding.DER)

    def is_signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        """Whether the signature is the key's over the payload."""
        try:
            key.verify(self.signature, self.payload, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def promised(self, root: TrustedRoot) -> tuple[datetime, Log]:
        """When a log of the root took exactly this signature by exactly this certificate in.

        Raises:
            RefusedError: No log says so (bundle.3-time, bundle.5-log).
        """
        text = self._annotation(ANNOTATION_LOG)
        if not text:
            raise RefusedError("bundle.3-time", "The legacy signature has no promise of a log.")
        try:
            return self._promised(read_json_object(text.encode(), "The log's promise"), root)
        except RefusedError:
            raise
        except Exception as error:  # shapes, numbers and keys of every kind
            raise RefusedError("bundle.5-log", "The log's promise does not verify.") from error

    def _promised(self, document: Mapping[str, Any], root: TrustedRoot) -> tuple[datetime, Log]:
        said = document["Payload"]
        log = root.tlogs.get(bytes.fromhex(said["logID"]))
        if log is None:
            raise RefusedError("bundle.5-log", "The promise is of a log that the trusted root does not know.")
        key = serialization.load_der_public_key(log.key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not all(type(said[name]) is int for name in _NUMBERS):
            raise RefusedError("bundle.5-log", "The log's promise does not verify.")
        signed = {name: said[name] for name in ("body", "logID", *_NUMBERS)}
        promise = read_base64(document["SignedEntryTimestamp"])
        # RFC 8785: the names sort as they are, the values are text of base64 and hex, and whole numbers
        key.verify(promise, canonical_json(signed), ec.ECDSA(hashes.SHA256()))
        self._check_entry(read_json_object(read_base64(said["body"]), "The log entry"))
        moment = datetime.fromtimestamp(said["integratedTime"], timezone.utc)
        if not log.valid.holds(moment):
            raise RefusedError("bundle.5-log", "The log's key was not in use when it was signed.")
        return moment, log

    def _check_entry(self, entry: Mapping[str, Any]) -> None:
        spec = entry["spec"]
        hashed, signed = spec["data"]["hash"], spec["signature"]
        logged = x509.load_pem_x509_certificate(read_base64(signed["publicKey"]["content"]))
        agrees = (
            (entry["kind"], entry["apiVersion"], hashed["algorithm"]) == ("hashedrekord", "0.0.1", "sha256")
            and hashed["value"] == hashlib.sha256(self.payload).hexdigest()
            and read_base64(signed["content"]) == self.signature
            and logged.public_bytes(serialization.Encoding.DER) == self.certificate
        )
        if not agrees:
            raise RefusedError("bundle.5-log", "The log entry is about another signature.")

    def _annotation(self, name: str) -> str:
        text = self.annotations.get(name, "")
        if len(text) > _MAX_ANNOTATION:
            raise RefusedError("bundle.1-format", "An annotation of the legacy signature is too long.")
        return text

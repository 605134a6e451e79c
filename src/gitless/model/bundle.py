"""Sigstore bundles v0.3 around a DSSE envelope, as cosign 3 writes them for keys (sigstore bundle.proto)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.canonical import go_json, read_base64, read_json_object
from gitless.model.dsse import Envelope
from gitless.model.media_types import BUNDLE, BUNDLE_PREFIX

MAX_BUNDLE_BYTES = 3 * 1024 * 1024  # what we write; flux-operator's verifier reads at most 4 MiB
MAX_FOREIGN_BUNDLE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bundle:
    """A DSSE envelope with a hint at the key, or with a certificate.

    Attributes:
        envelope: The signed statement.
        key_hint: `publicKey.hint` of key-mode bundles; proves nothing by itself.
        certificate: The signing certificate, DER; empty bytes where there is one in a form that Flux's verifier does
            not read (a chain); None where there is none.
        content: The bytes the bundle was read from; empty for one that was made here.
        timestamps: RFC 3161 responses to write; not filled by reading.
    """

    envelope: Envelope
    key_hint: str | None
    certificate: bytes | None = None
    content: bytes = b""
    timestamps: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> Bundle:
        """Read a bundle of version 0.3 or newer.

        Raises:
            UntrustedContentError: Another version, no DSSE envelope, or malformed.
        """
        document = read_json_object(content, "The bundle")
        _check_media_type(document.get("mediaType"))
        material = document.get("verificationMaterial")
        if not isinstance(material, dict):
            raise UntrustedContentError("The bundle has no verificationMaterial.")
        key = material.get("publicKey")
        hint = key.get("hint") if isinstance(key, dict) else None
        return cls(
            Envelope.from_json(document.get("dsseEnvelope")),
            hint if isinstance(hint, str) else None,
            _certificate(material),
            content,
        )

    @property
    def has_certificate(self) -> bool:
        """Whether the verification material is a certificate (keyless)."""
        return self.certificate is not None

    def to_bytes(self) -> bytes:
        """The JSON bytes of a key-mode bundle, in cosign's key order."""
        material: dict[str, Any] = {"publicKey": {"hint": self.key_hint or ""}}
        if self.timestamps:
            stamps = [{"signedTimestamp": base64.b64encode(stamp).decode()} for stamp in self.timestamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
        return go_json({"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": self.envelope.to_json()})


def key_hint(spki_der: bytes) -> str:
    """The hint cosign gives a key: base64 of the sha256 over its SubjectPublicKeyInfo."""
    return base64.b64encode(hashlib.sha256(spki_der).digest()).decode()


def is_bundle_media_type(media_type: str) -> bool:
    """Whether Flux would look at a layer of this type: a Sigstore bundle of version 0.3 or newer."""
    try:
        _check_media_type(media_type)
    except UntrustedContentError:
        return False
    return True


def _certificate(material: dict[str, Any]) -> bytes | None:
    if "certificate" not in material:
        return b"" if "x509CertificateChain" in material else None
    leaf = material["certificate"]
    raw = leaf.get("rawBytes") if isinstance(leaf, dict) else None
    try:
        return read_base64(raw) if isinstance(raw, str) else b""
    except ValueError as error:
        raise UntrustedContentError("The bundle's certificate is not base64.") from error


def _check_media_type(value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(BUNDLE_PREFIX):
        raise UntrustedContentError("Not a Sigstore bundle.", why=f"mediaType is {str(value)[:80]!r}")
    if value == f"{BUNDLE_PREFIX}+json;version=0.1" or value == f"{BUNDLE_PREFIX}+json;version=0.2":
        raise UntrustedContentError("A Sigstore bundle older than version 0.3 is not accepted by Flux.")

"""DSSE envelopes: the bytes that are signed, and the reading of an envelope (DSSE v1.0 protocol)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.canonical import read_base64
from gitless.model.media_types import IN_TOTO


def pae(payload: bytes, payload_type: str = IN_TOTO) -> bytes:
    """Pre-authentication encoding: what the signature covers (DSSE v1.0, "signature definition")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and one signature.

    Attributes:
        payload: The signed bytes, exactly as they were decoded.
        payload_type: Media type of the payload.
        signature: The raw signature bytes.
        key_id: The signer's own name for the key; Flux's verifier refuses any that is not the key's, and we write none.
    """

    payload: bytes
    payload_type: str
    signature: bytes
    key_id: str = ""

    @classmethod
    def from_json(cls, value: Any) -> Envelope:
        """Read the JSON form with exactly one signature, as Sigstore bundles hold it.

        Raises:
            UntrustedContentError: A field is missing, no base64, or the number of signatures is not one.
        """
        if not isinstance(value, dict):
            raise UntrustedContentError("The bundle holds no DSSE envelope.")
        signatures, kind = value.get("signatures"), value.get("payloadType")
        if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
            raise UntrustedContentError("A DSSE envelope must hold exactly one signature.")
        key_id = signatures[0].get("keyid", "")
        if not isinstance(kind, str) or not isinstance(key_id, str):
            raise UntrustedContentError("The DSSE envelope has no payloadType, or a malformed keyid.")
        return cls(_decode(value.get("payload")), kind, _decode(signatures[0].get("sig")), key_id)

    def to_json(self) -> dict[str, Any]:
        """The JSON form in the key order cosign writes."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [{"sig": base64.b64encode(self.signature).decode()}],
        }

    @property
    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return pae(self.payload, self.payload_type)


def _decode(value: Any) -> bytes:
    if not isinstance(value, str):
        raise UntrustedContentError("The DSSE envelope lacks payload or signature.")
    try:
        return read_base64(value)
    except ValueError as error:
        raise UntrustedContentError("The DSSE envelope is not base64.") from error

"""Legacy signatures in key mode: the bare signature over the payload."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import DefectError
from gitless.model.simple_signing import ANNOTATION_SIGNATURE
from gitless.signing.key_signer import BundleSigner


class KeyPayloads:
    """Legacy signatures of a key; implements the port `PayloadSigner`.

    Args:
        signer: The key.
    """

    def __init__(self, signer: BundleSigner) -> None:
        self._signer = signer
        public = serialization.load_pem_public_key(signer.public_key_pem)
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise DefectError("A signer has a public key that is not an elliptic curve's.")
        self._public = public

    def sign_payload(self, payload: bytes) -> Mapping[str, str]:
        """See `PayloadSigner`.

        Raises:
            RemoteError: The key store failed.
        """
        return {ANNOTATION_SIGNATURE: base64.b64encode(self._signer.sign_payload(payload)).decode()}

    def recognises(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        """See `PayloadSigner`."""
        return is_signature(self._public, payload, annotations)


def is_signature(public: ec.EllipticCurvePublicKey, payload: bytes, annotations: Mapping[str, str]) -> bool:
    """Whether the signature among a layer's annotations is this key's over the payload."""
    try:
        signature = base64.b64decode(annotations.get(ANNOTATION_SIGNATURE, ""), validate=True)
        public.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True

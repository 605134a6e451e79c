"""Legacy signatures in key mode: the bare signature over the payload."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from gitless.model.simple_signing import ANNOTATION_SIGNATURE
from gitless.signing.key_signer import BundleSigner
from gitless.verification.keys import TrustedKey
from gitless.verification.legacy import LegacySignature


class KeyPayloads:
    """Legacy signatures of a key; implements the port `PayloadSigner`.

    Args:
        signer: The key.
    """

    def __init__(self, signer: BundleSigner) -> None:
        self._signer = signer
        self._trust = TrustedKey.from_pem(signer.public_key_pem)

    def sign_payload(self, payload: bytes) -> Mapping[str, str]:
        """See `PayloadSigner`.

        Raises:
            RemoteError: The key store failed.
        """
        return {ANNOTATION_SIGNATURE: base64.b64encode(self._signer.sign_payload(payload)).decode()}

    def recognises(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        """See `PayloadSigner`."""
        return self._trust.weigh_legacy(LegacySignature(payload, annotations)).standing == "valid"

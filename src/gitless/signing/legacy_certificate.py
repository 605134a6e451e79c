"""Legacy signatures of a CI job: certificate, chain and Rekor 1's promise as annotations of a layer.

Made from the same certificate as the bundles. Rekor 2 gives neither a promise nor a time, and the readers of legacy
signatures know nothing else, so with it there are none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gitless.errors import UsageError
from gitless.model.canonical import go_json
from gitless.model.identity import Identity
from gitless.model.simple_signing import (
    ANNOTATION_CERTIFICATE,
    ANNOTATION_CHAIN,
    ANNOTATION_LOG,
    ANNOTATION_SIGNATURE,
    ANNOTATION_TIMESTAMP,
)
from gitless.signing.certificate import Exactly, unverifiable
from gitless.signing.keyless import KeylessSigner
from gitless.verification.certificates import CertificateTrust
from gitless.verification.chain import find_issuers
from gitless.verification.extensions import read_certificate
from gitless.verification.legacy import LegacySignature
from gitless.verification.trusted_root import TrustedRoot


class JobPayloads:
    """Legacy signatures of a job; implements the port `PayloadSigner`.

    Args:
        signer: The job.
        identity: Who it is, from its token.

    Raises:
        UsageError: The instance's log is Rekor 2.
    """

    def __init__(self, signer: KeylessSigner, identity: Identity) -> None:
        if signer.instance.rekor != 1:
            raise UsageError(
                "Legacy signatures cannot be made with Rekor 2.",
                why="It gives no signed entry timestamp, which cosign 2 and Flux up to 2.7 ask for.",
                hint="Set signing.rekor: 1, or leave signing.legacy out.",
            )
        self._signer = signer
        self._trust = CertificateTrust(Exactly(identity), signer.instance.trusted_root)
        self._root = TrustedRoot.parse(signer.instance.trusted_root)

    def sign_payload(self, payload: bytes) -> Mapping[str, str]:
        """See `PayloadSigner`.

        Raises:
            CheckError: What the services answered does not verify.
            RemoteError: A service failed.
        """
        annotations = self._annotations(json.loads(self._signer.sign_payload(payload)))
        weight = self._trust.weigh_legacy(LegacySignature(payload, annotations))
        if weight.standing != "valid":
            raise unverifiable(f"{weight.check}: {weight.reason}")
        return annotations

    def recognises(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        """See `PayloadSigner`."""
        return self._trust.weigh_legacy(LegacySignature(payload, annotations)).standing == "valid"

    def _annotations(self, bundle: Mapping[str, Any]) -> dict[str, str]:
        material = bundle["verificationMaterial"]
        certificate = read_certificate(base64.b64decode(material["certificate"]["rawBytes"]))
        (entry,) = material["tlogEntries"]
        log = {
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"],
                "integratedTime": int(entry["integratedTime"]),
                "logIndex": int(entry["logIndex"]),
                "logID": base64.b64decode(entry["logId"]["keyId"]).hex(),
            },
        }
        stamp = material["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]
        (authority, *_) = find_issuers(certificate, self._root.authorities)
        return {
            ANNOTATION_SIGNATURE: bundle["messageSignature"]["signature"],
            ANNOTATION_CERTIFICATE: _pem(certificate),
            ANNOTATION_CHAIN: "".join(_pem(each) for each in authority.chain),
            ANNOTATION_LOG: go_json(log).decode(),
            ANNOTATION_TIMESTAMP: go_json({"SignedRFC3161Timestamp": stamp}).decode(),
        }


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

"""Legacy signatures of a CI job: certificate, chain and Rekor 1's promise as annotations of a layer.

Made from the same certificate as the bundles. Rekor 2 gives neither a promise nor a time, and the readers of legacy
signatures know nothing else, so with it there are none.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import CheckError, UntrustedContentError, UsageError
from gitless.model.canonical import canonical_json, go_json, read_json_object
from gitless.model.identity import Identity
from gitless.model.simple_signing import (
    ANNOTATION_CERTIFICATE,
    ANNOTATION_CHAIN,
    ANNOTATION_LOG,
    ANNOTATION_SIGNATURE,
    ANNOTATION_TIMESTAMP,
)
from gitless.signing.keyless import KeylessSigner
from gitless.signing.legacy import is_signature
from gitless.verification.chain import check_times, find_issuers
from gitless.verification.extensions import read_certificate, read_workload
from gitless.verification.trust import RefusedError
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
        self._signer, self._identity = signer, identity
        self._root = TrustedRoot.parse(signer.instance.trusted_root)

    def sign_payload(self, payload: bytes) -> Mapping[str, str]:
        """See `PayloadSigner`.

        Raises:
            CheckError: What the services answered does not verify.
            RemoteError: A service failed.
        """
        annotations = self._annotations(json.loads(self._signer.sign_payload(payload)))
        if not self.recognises(payload, annotations):
            raise CheckError(
                "What the Sigstore services answered does not verify.",
                why="The legacy signature's certificate, log entry and signature do not fit together.",
            )
        return annotations

    def recognises(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        """See `PayloadSigner`; the certificate log's timestamp is not looked at again."""
        try:
            return self._is_ours(payload, annotations)
        except (RefusedError, UntrustedContentError, InvalidSignature, ValueError, KeyError, TypeError):
            return False

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

    def _is_ours(self, payload: bytes, annotations: Mapping[str, str]) -> bool:
        parsed = x509.load_pem_x509_certificate(annotations[ANNOTATION_CERTIFICATE].encode())
        certificate = read_certificate(parsed.public_bytes(serialization.Encoding.DER))
        key = certificate.public_key()
        if read_workload(certificate).identity != self._identity or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        moment = self._promised(payload, annotations)
        check_times(certificate, find_issuers(certificate, self._root.authorities), [moment])
        return is_signature(key, payload, annotations)

    def _promised(self, payload: bytes, annotations: Mapping[str, str]) -> datetime:
        """The time the log gives this signature, by its promise."""
        log = read_json_object(annotations[ANNOTATION_LOG].encode(), "The log's promise")
        said = log["Payload"]
        key = serialization.load_der_public_key(self._root.tlogs[bytes.fromhex(said["logID"])].key)
        promise = base64.b64decode(log["SignedEntryTimestamp"], validate=True)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError("Rekor 1 signs with elliptic curves")
        # the names sort as RFC 8785 wants them, and the values are text and small numbers
        key.verify(promise, canonical_json(said), ec.ECDSA(hashes.SHA256()))
        spec = read_json_object(base64.b64decode(said["body"], validate=True), "The log entry")["spec"]
        logged = (spec["data"]["hash"]["value"], spec["signature"]["content"])
        if logged != (hashlib.sha256(payload).hexdigest(), annotations[ANNOTATION_SIGNATURE]):
            raise ValueError("the entry is about another signature")
        return datetime.fromtimestamp(said["integratedTime"], timezone.utc)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

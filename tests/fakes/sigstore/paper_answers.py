"""What the services of a paper instance answer over HTTP: Fulcio, Rekor v1, Rekor v2 and the timestamp authority.

Functions from a request's body to an answer, without a socket; `paper_server` serves them. They check what the real
services check (the request's own signature, the token's audience and times, entries that are there already), so that a
client which sends nonsense is told so in the services' own words.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from tests.fakes.sigstore.authorities import issue, pem
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.loopback import Answer
from tests.fakes.sigstore.paper import Paper, pae, payload_of, signature_of
from tests.fakes.sigstore.paper_log import (
    TREE_ID,
    AlreadyLoggedError,
    Body,
    Document,
    dsse_body,
    hashedrekord_body,
    unb64,
    v1_hashedrekord_body,
    verifier_of,
)
from tests.fakes.sigstore.paper_tree import leaf_hash

V1_ENTRIES = "/api/v1/log/entries"
V2_ENTRIES = "/api/v2/log/entries"
SIGNING_CERT = "/api/v2/signingCert"
TIMESTAMP = "/api/v1/timestamp"


def signing_cert(paper: Paper, body: bytes, token: str, at: datetime) -> Answer:
    """Fulcio's answer to `POST /api/v2/signingCert`: a chain with an embedded SCT.

    Args:
        paper: The instance.
        body: The request's body: the CSR as base64 of PEM.
        token: The bearer token; its signature is nobody's business here, its audience and times are checked.
        at: Now.
    """
    try:
        claims = claims_of(token)
        accepted = claims["aud"] == "sigstore" and claims["nbf"] <= at.timestamp() < claims["exp"]
    except (KeyError, ValueError):
        accepted = False
    if not accepted:
        return grpc_error(400, 3, "There was an error processing the identity token")
    try:
        request = x509.load_pem_x509_csr(unb64(json.loads(body)["certificateSigningRequest"]))
    except (KeyError, TypeError, ValueError):
        return grpc_error(400, 3, "The certificate signing request could not be parsed")
    key = request.public_key()
    if not request.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey):
        return grpc_error(400, 3, "The signature supplied in the request could not be verified")
    certificate = issue(paper.authorities, key, identity_of(claims), at, logs=[paper.ct])
    chain = (certificate, paper.authorities.fulcio.certificate, paper.authorities.fulcio_root.certificate)
    certificates = [pem(each).decode() for each in chain]
    return Answer.of({"signedCertificateEmbeddedSct": {"chain": {"certificates": certificates}}})


def timestamp(paper: Paper, body: bytes, at: datetime) -> Answer:
    """The timestamp authority's answer to `POST /api/v1/timestamp`."""
    try:
        return Answer(200, paper.tsa.answer(body, at), {"Content-Type": "application/timestamp-reply"})
    except (TypeError, ValueError):
        # The real one calls its errors timestamps too.
        error = json.dumps({"code": 400, "message": "Error generating timestamp response"}).encode()
        return Answer(400, error, {"Content-Type": "application/timestamp-reply"})


def v1_create(paper: Paper, body: bytes, at: datetime) -> Answer:
    """Rekor v1's answer to `POST /api/v1/log/entries`: 201 with the entry, or 409 with the place of an equal one."""
    try:
        entry = _v1_body(json.loads(body))
    except (InvalidSignature, KeyError, TypeError, ValueError) as error:
        return rekor_error(400, f"error processing entry: {type(error).__name__} {error}")
    try:
        shown = v1_entry(paper.rekor[1].log(entry, at))
    except AlreadyLoggedError as known:
        (name,) = v1_entry(known.entry)
        message = f"an equivalent entry already exists in the transparency log with UUID {name}"
        return rekor_error(409, message, Location=f"{V1_ENTRIES}/{name}")
    (name,) = shown
    return Answer.of(shown, 201, Location=f"{V1_ENTRIES}/{name}", ETag=name)


def v1_get(paper: Paper, name: str) -> Answer:
    """Rekor v1's answer to `GET /api/v1/log/entries/{uuid}`."""
    entry = paper.rekor[1].find(name)
    return Answer.of(v1_entry(entry)) if entry else rekor_error(404, "")


def v1_retrieve(paper: Paper, body: bytes) -> Answer:
    """Rekor v1's answer to `POST /api/v1/log/entries/retrieve`, asked by `entryUUIDs` or whole `entries`."""
    asked = json.loads(body)
    names = list(asked.get("entryUUIDs") or [])
    try:
        names += [leaf_hash(_v1_body(each).content).hex() for each in asked.get("entries") or []]
    except (InvalidSignature, KeyError, TypeError, ValueError) as error:
        return rekor_error(400, f"error processing entry: {type(error).__name__} {error}")
    found = [paper.rekor[1].find(name) for name in names]
    return Answer.of([v1_entry(entry) for entry in found if entry])


def v1_entry(entry: Document) -> Document:
    """An entry of a bundle in the shape that Rekor v1 answers: by its id, with hashes in hex and numbers as numbers."""
    proof = entry["inclusionProof"]
    body = unb64(entry["canonicalizedBody"])
    shown = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logID": unb64(entry["logId"]["keyId"]).hex(),
        "logIndex": int(entry["logIndex"]),
        "verification": {
            "inclusionProof": {
                "checkpoint": proof["checkpoint"]["envelope"],
                "hashes": [unb64(each).hex() for each in proof["hashes"]],
                "logIndex": int(proof["logIndex"]),
                "rootHash": unb64(proof["rootHash"]).hex(),
                "treeSize": int(proof["treeSize"]),
            },
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        },
    }
    return {f"{TREE_ID:016x}{leaf_hash(body).hex()}": shown}


def v2_create(paper: Paper, body: bytes, at: datetime) -> Answer:
    """Rekor v2's answer to `POST /api/v2/log/entries`: 201 with the entry, or 409 with the index of an equal one."""
    proposed = json.loads(body)
    if "hashedRekordRequestV002" not in proposed:
        return grpc_error(400, 3, "invalid type, must be hashedrekord")
    try:
        asked = proposed["hashedRekordRequestV002"]
        digest, signature = unb64(asked["digest"]), unb64(asked["signature"]["content"])
        raw = asked["signature"]["verifier"]["x509Certificate"]["rawBytes"]
        certificate = x509.load_der_x509_certificate(unb64(raw))
        _key(certificate).verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return grpc_error(400, 3, "invalid hashedrekord request")
    try:
        entry = paper.rekor[2].log(hashedrekord_body(digest, signature, verifier_of(certificate)), at)
    except AlreadyLoggedError as known:
        index = known.entry["logIndex"]
        message = f"an equivalent entry already exists in the transparency log with index {index}"
        return grpc_error(409, 6, message, **{"x-log-index": index})
    # The server writes empty fields too.
    return Answer.of({**entry, "integratedTime": "0", "inclusionPromise": None}, 201)


def grpc_error(status: int, code: int, message: str, **headers: str) -> Answer:
    """An error in the words of a gRPC gateway: Fulcio, Rekor v2."""
    return Answer.of({"code": code, "message": message, "details": []}, status, **headers)


def rekor_error(status: int, message: str, **headers: str) -> Answer:
    """An error in the words of Rekor v1."""
    return Answer.of({"code": status, "message": message}, status, **headers)


def claims_of(token: str) -> dict[str, Any]:
    """A token's claims, its signature not looked at.

    Raises:
        ValueError: It is no JWT.
    """
    try:
        _, claims, _ = token.split(".")
        decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError as error:
        raise ValueError("no JWT") from error
    return dict(decoded)


def identity_of(claims: dict[str, Any]) -> Identity:
    """What Fulcio writes for these claims: GitHub's if they are a workflow's, GitLab's otherwise."""
    make: Callable[[dict[str, Any]], Identity] = Identity.from_gitlab
    if "job_workflow_ref" in claims:
        make = Identity.from_github
    return make(claims)


def _v1_body(asked: Document) -> Body:
    """The canonicalized entry that a proposal becomes, its signatures verified as Rekor does."""
    spec = asked["spec"]
    if asked["kind"] == "dsse":
        proposed = spec["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        (verifier,) = proposed["verifiers"]
        certificate = x509.load_pem_x509_certificate(unb64(verifier))
        signed = pae(payload_of(envelope), envelope["payloadType"])
        _key(certificate).verify(signature_of(envelope), signed, ec.ECDSA(hashes.SHA256()))
        return dsse_body(proposed["envelope"], payload_of(envelope), [signature_of(envelope)], certificate)
    if asked["kind"] == "hashedrekord":
        certificate = x509.load_pem_x509_certificate(unb64(spec["signature"]["publicKey"]["content"]))
        signature, digest = unb64(spec["signature"]["content"]), bytes.fromhex(spec["data"]["hash"]["value"])
        _key(certificate).verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return v1_hashedrekord_body(digest, signature, certificate)
    raise ValueError(f"unknown kind {asked['kind']!r}")


def _key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("only ECDSA keys sign here")
    return key

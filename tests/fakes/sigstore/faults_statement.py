"""Signatures of other bytes, payloads that say nothing, and statements about something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import new_key
from tests.fakes.sigstore.fault import PAYLOAD, SIGNATURE, SUBJECT, Case, Fault, Make, case, changed, flip, put, signed
from tests.fakes.sigstore.paper import AT, DIGEST, SIGNED, Leaf, Paper, about, pae, payload_of, signature_of
from tests.fakes.sigstore.paper_log import Document, b64

OTHER = hashlib.sha256(b"another artifact").hexdigest()
SBOM = "https://cyclonedx.org/bom"
OURS = {"name": "_", "digest": {"sha256": DIGEST}}
THEIRS = {"name": "_", "digest": {"sha256": OTHER}}
Enveloped = Callable[[Paper, Leaf], Document]


def _enveloped(make_envelope: Enveloped) -> Make:
    """An envelope of another making; entry and timestamp are of exactly that envelope."""

    def make(paper: Paper) -> Case:
        leaf = paper.leaf()
        envelope = make_envelope(paper, leaf)
        stamps = [paper.tsa.stamp(signature_of(envelope), AT)]
        return case(paper, paper.bundle(leaf.certificate, envelope, [paper.entry(envelope, leaf.certificate)], stamps))

    return make


def _with_payload(change: Callable[[bytes], bytes]) -> Enveloped:
    """The payload was changed after it was signed."""

    def envelope(paper: Paper, leaf: Leaf) -> Document:
        true = paper.envelope(about(), leaf.key)
        return {**true, "payload": b64(change(payload_of(true)))}

    return envelope


def _retyped(paper: Paper, leaf: Leaf) -> Document:
    """Signed as something else, and called a statement afterwards."""
    true = paper.envelope(about(), leaf.key, "text/plain")
    return {**true, "payloadType": "application/vnd.in-toto+json"}


def _plain(paper: Paper, leaf: Leaf) -> Document:
    """Signed without saying what it is: the payload, not its PAE."""
    true = paper.envelope(about(), leaf.key)
    return {**true, "signatures": [{"sig": b64(leaf.key.sign(about(), ec.ECDSA(hashes.SHA256())))}]}


def _sha512(paper: Paper, leaf: Leaf) -> Document:
    del paper
    signature = leaf.key.sign(pae(about()), ec.ECDSA(hashes.SHA512()))
    return {
        "payload": b64(about()),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"sig": b64(signature)}],
    }


def _signature(change: Callable[[bytes], bytes]) -> Enveloped:
    def envelope(paper: Paper, leaf: Leaf) -> Document:
        true = paper.envelope(about(), leaf.key)
        return {**true, "signatures": [{"sig": b64(change(signature_of(true)))}]}

    return envelope


def _of_another_statement(paper: Paper, leaf: Leaf) -> Document:
    other = paper.envelope(about(OTHER), leaf.key)
    return {**other, "payload": b64(about())}


def _subjects(*subjects: Document) -> Make:
    return signed(about(subject=list(subjects)))


def _cut(payload: bytes) -> bytes:
    return payload[: len(payload) // 2]


def _with(**more: Any) -> Make:
    return signed(json.dumps({**json.loads(about()), **more}).encode())


def _without(name: str) -> Make:
    document = json.loads(about())
    del document[name]
    return signed(json.dumps(document).encode())


def _v01_nonsense() -> Make:
    document = {"_type": "https://in-toto.io/Statement/v0.1", "subject": "all of it", "predicateType": SIGNED}
    return signed(json.dumps({**document, "predicate": {}}).encode())


_SIGNATURE: dict[str, Make] = {
    "predicate-swapped": _enveloped(_with_payload(lambda _: about(predicate_type=SBOM, predicate={"components": []}))),
    "predicate-swapped-logged-before": changed(
        put("dsseEnvelope.payload", lambda _: b64(about(predicate_type=SBOM, predicate={"components": []})))
    ),
    "payload-truncated": _enveloped(_with_payload(_cut)),
    "payload-emptied": _enveloped(_with_payload(lambda _: b"")),
    "payload-type-swapped": _enveloped(_retyped),
    "signed-by-another-key": _enveloped(lambda paper, _: paper.envelope(about(), new_key())),
    "digest-swapped": _enveloped(_of_another_statement),
    "signature-over-the-payload-alone": _enveloped(_plain),
    "signature-over-another-hash": _enveloped(_sha512),
    "signature-tampered": _enveloped(_signature(lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]))),
    "signature-no-der": _enveloped(_signature(lambda _: b"signed, Alice")),
    "signature-with-bytes-behind": _enveloped(_signature(lambda signature: signature + b"\0")),
    "signature-tampered-logged-before": changed(put("dsseEnvelope.signatures.0.sig", flip), rekor=1, timestamp=False),
}

_PAYLOAD: dict[str, Make] = {
    "payload-type-other": signed(about(), payload_type="application/vnd.cyclonedx+json"),
    "payload-type-empty": signed(about(), payload_type=""),
    "payload-type-in-capitals": signed(about(), payload_type="application/vnd.in-toto+JSON"),
    "payload-empty": signed(b""),
    "payload-no-json": signed(b"this was built by acme"),
    "payload-not-utf-8": signed(about() + b"\xff"),
    "payload-a-list": signed(b"[" + about() + b"]"),
    "payload-two-documents": signed(about() + about()),
    "payload-key-twice": signed(about()[:-1] + b',"subject":[]}'),
    "payload-key-twice-deep": signed(about().replace(b'"sha256":', b'"sha256":"%s","sha256":' % OTHER.encode())),
    "payload-nested-too-deep": signed(about()[:-1] + b',"x":' + b"[" * 9**5 + b"]" * 9**5 + b"}"),
    "statement-type-unknown": _with(_type="https://in-toto.io/Statement/v2"),
    "statement-type-missing": _without("_type"),
    "statement-v01-nonsense": _v01_nonsense(),
    "predicate-type-missing": _without("predicateType"),
    "predicate-type-no-text": _with(predicateType=1),
    "predicate-missing": _without("predicate"),
    "predicate-no-object": _with(predicate=["ours"]),
    "subject-missing": _without("subject"),
    "subjects-none": _subjects(),
    "subjects-too-many": _subjects(*[OURS] * 2000),
    "subject-without-digest": _subjects({"name": DIGEST}),
    "subject-without-sha256": _subjects({"name": "_", "digest": {"sha512": DIGEST * 2}}),
    "subject-digest-in-capitals": _subjects({"name": "_", "digest": {"sha256": DIGEST.upper()}}),
    "subject-digest-short": _subjects({"name": "_", "digest": {"sha256": DIGEST[:-1]}}),
    "subject-digest-with-algorithm": _subjects({"name": "_", "digest": {"sha256": f"sha256:{DIGEST}"}}),
    "subject-digest-no-text": _subjects({"name": "_", "digest": {"sha256": [DIGEST]}}),
}

_SUBJECT: dict[str, Make] = {
    "bundle-of-another-digest": signed(about(OTHER)),
    "bundle-of-another-digest-v1": signed(about(OTHER), rekor=1),
    "digest-wrong-in-one-place": signed(about(DIGEST[:-1] + format(int(DIGEST[-1], 16) ^ 1, "x"))),
    "subject-named-like-ours": _subjects({**THEIRS, "name": f"ghcr.io/acme/apps@sha256:{DIGEST}"}),
    "subject-digest-under-another-algorithm": _subjects({"name": "_", "digest": {"sha1": DIGEST, "sha256": OTHER}}),
    "two-subjects": _subjects(OURS, THEIRS),
    "two-subjects-ours-last": _subjects(THEIRS, OURS),
    "two-subjects-both-ours": _subjects(OURS, OURS),
}

FAULTS = (
    *(Fault(name, make, SIGNATURE) for name, make in _SIGNATURE.items()),
    *(Fault(name, make, PAYLOAD) for name, make in _PAYLOAD.items()),
    *(Fault(name, make, SUBJECT) for name, make in _SUBJECT.items()),
)

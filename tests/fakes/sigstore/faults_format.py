"""Bundles that are no bundle of the one form we take: version 0.3, one certificate, one DSSE signature."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.fault import (
    ENTRY,
    FORMAT,
    LEAF,
    Case,
    Fault,
    case,
    changed,
    drop,
    put,
    raw,
    signed,
)
from tests.fakes.sigstore.paper import AT, DIGEST, Paper, about, signature_of
from tests.fakes.sigstore.paper_log import Document, b64, hashedrekord_body, verifier_of

HUGE = 4 * 1024 * 1024
"""More than this much is not read."""


def _older(version: str) -> Fault:
    return Fault(
        f"bundle-version-{version}",
        changed(put("mediaType", f"application/vnd.dev.sigstore.bundle+json;version={version}"), _as_chain, rekor=1),
        FORMAT,
    )


def _as_chain(document: Document) -> None:
    material = document["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}


def _both_certificate_and_chain(document: Document) -> None:
    material = document["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material["certificate"]]}


def _second_signature(document: Document) -> None:
    document["dsseEnvelope"]["signatures"] *= 2


def _message_signature(paper: Paper) -> Case:
    leaf, digest = paper.leaf(), hashlib.sha256(about()).digest()
    signature = leaf.key.sign(about(), ec.ECDSA(hashes.SHA256()))
    entry = paper.rekor[2].log(hashedrekord_body(digest, signature, verifier_of(leaf.certificate)), AT)
    document = paper.bundle(leaf.certificate, {}, [entry], [paper.tsa.stamp(signature, AT)])
    del document["dsseEnvelope"]
    shown = {"algorithm": "SHA2_256", "digest": b64(digest)}
    document["messageSignature"] = {"messageDigest": shown, "signature": b64(signature)}
    return Case(json.dumps(document).encode(), paper.trusted_root(), digest.hex())


def _envelope_and_message(paper: Paper) -> Case:
    document = paper.draw(about())
    signature = signature_of(document["dsseEnvelope"])
    shown = {"algorithm": "SHA2_256", "digest": b64(bytes.fromhex(DIGEST))}
    document["messageSignature"] = {"messageDigest": shown, "signature": b64(signature)}
    return case(paper, document)


def _repeated(name: bytes) -> Fault:
    return Fault(
        f"key-twice-{name.decode()}",
        raw(lambda content: content.replace(b'"%s":' % name, b'"%s":null,"%s":' % (name, name), 1)),
        FORMAT,
    )


FAULTS = (
    Fault("cut-in-the-middle", raw(lambda content: content[: len(content) // 2]), FORMAT),
    Fault("empty", raw(lambda _: b""), FORMAT),
    Fault("not-json", raw(lambda _: b"\x89PNG\r\n"), FORMAT),
    Fault("json-but-a-list", raw(lambda content: b"[" + content + b"]"), FORMAT),
    Fault("two-documents", raw(lambda content: content + b"\n" + content), FORMAT),
    Fault("not-utf-8", raw(lambda content: content.replace(b'"mediaType"', b'"x":"\xff","mediaType"', 1)), FORMAT),
    Fault("nested-too-deep", raw(lambda content: content[:-1] + b',"x":' + b"[" * 9**5 + b"]" * 9**5 + b"}"), FORMAT),
    Fault("huge", signed(about(predicate={"padding": "x" * HUGE})), FORMAT),
    _repeated(b"dsseEnvelope"),
    _repeated(b"payload"),
    _repeated(b"canonicalizedBody"),
    _older("0.1"),
    _older("0.2"),
    Fault("media-type-unknown", changed(put("mediaType", "application/vnd.dev.sigstore.bundle.v9.9+json")), FORMAT),
    Fault("media-type-other", changed(put("mediaType", "application/json")), FORMAT),
    Fault("media-type-missing", changed(drop("mediaType")), FORMAT),
    Fault("no-verification-material", changed(drop("verificationMaterial")), FORMAT),
    Fault("no-certificate", changed(drop("verificationMaterial.certificate")), FORMAT),
    Fault("certificate-chain-instead", changed(_as_chain), FORMAT),
    Fault("certificate-and-chain", changed(_both_certificate_and_chain), FORMAT),
    Fault("certificate-and-key", changed(put("verificationMaterial.publicKey", {"hint": "x"})), FORMAT),
    Fault("certificate-not-base64", changed(put(LEAF, "%%%")), FORMAT),
    Fault("no-envelope", changed(drop("dsseEnvelope")), FORMAT),
    Fault("message-instead-of-envelope", _message_signature, FORMAT),
    Fault("message-and-envelope", _envelope_and_message, FORMAT),
    Fault("no-signature", changed(put("dsseEnvelope.signatures", [])), FORMAT),
    Fault("two-signatures", changed(_second_signature), FORMAT),
    Fault("signature-empty", changed(put("dsseEnvelope.signatures.0.sig", "")), FORMAT),
    Fault("signature-not-base64", changed(put("dsseEnvelope.signatures.0.sig", "%%%")), FORMAT),
    Fault("payload-cut-in-base64", changed(put("dsseEnvelope.payload", lambda text: text[:-5])), FORMAT),
    Fault("payload-missing", changed(drop("dsseEnvelope.payload")), FORMAT),
    Fault("payload-type-missing", changed(drop("dsseEnvelope.payloadType")), FORMAT),
    Fault("log-index-negative", changed(put(f"{ENTRY}.logIndex", "-1")), FORMAT),
    Fault("log-index-no-number", changed(put(f"{ENTRY}.logIndex", "first")), FORMAT),
)

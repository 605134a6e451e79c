"""A Sigstore instance on paper: every key is here, so every bundle can be made, the true ones and the false ones.

    paper = the_paper()                                  # one for the whole test session
    content = paper.sign(about(digest))                  # a bundle v0.3, Rekor v2, timestamped, by GITHUB_JOB
    content = paper.sign(about(digest), GITLAB_JOB, rekor=1, timestamp=False)
    Verifier(trusted_root=…paper.trusted_root()…)        # accepts both

`sign` is `draw` in bytes, and `draw` is the four steps `leaf`, `envelope`, `entry` and `bundle`; whoever wants a fault
takes one step differently, or changes the document that `draw` gives. Nothing here asks a clock: all of it happens `AT`,
or when told. These are one reading of the formats; the peers ring holds them against a foreign verifier.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.fakes.sigstore.authorities import Authorities, der, issue, make_authorities, new_key
from tests.fakes.sigstore.claims import GITHUB, GITLAB, github_claims, gitlab_claims
from tests.fakes.sigstore.ctlog import CtLog
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.paper_log import (
    Document,
    PaperLog,
    b64,
    dsse_body,
    hashedrekord_body,
    spki,
    unb64,
    verifier_of,
)
from tests.fakes.sigstore.paper_tsa import PaperTSA
from tests.fakes.sigstore.trust import Addresses, signing_config, trusted_root

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""From when on the instance's certificates and keys hold."""
AT = datetime(2026, 6, 1, 12, 0, 30, tzinfo=timezone.utc)
"""When everything is signed, unless told otherwise."""
BUNDLE_V03 = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
SIGNED = "https://sigstore.dev/cosign/sign/v1"
DIGEST = hashlib.sha256(b"an artifact on paper").hexdigest()
"""The subject of statements, in hex, unless told otherwise."""
GITHUB_JOB = Identity.from_github(github_claims(iat=int(AT.timestamp())))
GITLAB_JOB = Identity.from_gitlab(gitlab_claims(iat=int(AT.timestamp())))
Version = Literal[1, 2]


@dataclass(frozen=True)
class Leaf:
    """A signing certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Paper:
    """One instance: Fulcio with its CT log, Rekor v1, Rekor v2 and a timestamp authority.

    Args:
        name: Part of every name in it; two instances differ by their keys at least.
        log_key: What Rekor v2 signs with, `ed25519` or `ecdsa`.
        authorities: Other keys and chains than new ones; the Rekor key in it is version 2's.
    """

    def __init__(
        self, name: str = "paper.test", log_key: str = "ed25519", authorities: Authorities | None = None
    ) -> None:
        key = ed25519.Ed25519PrivateKey.generate() if log_key == "ed25519" else new_key()
        self.name = name
        self.authorities = authorities or make_authorities(START, key, name)
        self.ct = CtLog(self.authorities.ct)
        self.tsa = PaperTSA(self.authorities.tsa)
        self.rekor: dict[int, PaperLog] = {
            1: PaperLog(1, new_key(), f"rekor1.{name}"),
            2: PaperLog(2, self.authorities.rekor, f"rekor2.{name}"),
        }

    def sign(
        self,
        statement: bytes,
        identity: Identity = GITHUB_JOB,
        *,
        rekor: Version = 2,
        timestamp: bool = True,
        at: datetime = AT,
        leaf: Leaf | None = None,
        payload_type: str = IN_TOTO,
    ) -> bytes:
        """A bundle's JSON; see `draw`."""
        document = self.draw(
            statement, identity, rekor=rekor, timestamp=timestamp, at=at, leaf=leaf, payload_type=payload_type
        )
        return write(document)

    def draw(
        self,
        statement: bytes,
        identity: Identity = GITHUB_JOB,
        *,
        rekor: Version = 2,
        timestamp: bool = True,
        at: datetime = AT,
        leaf: Leaf | None = None,
        payload_type: str = IN_TOTO,
    ) -> Document:
        """A bundle as a document, to be changed at will.

        Args:
            statement: The payload, taken as it is.
            identity: What the certificate says.
            rekor: Which log takes the entry.
            timestamp: Whether the authority's timestamp is in it.
            at: When the certificate is issued, the entry logged and the signature stamped.
            leaf: A certificate to sign with instead of a new one.
            payload_type: What the envelope calls the payload.
        """
        leaf = leaf or self.leaf(identity, at)
        envelope = self.envelope(statement, leaf.key, payload_type)
        entry = self.entry(envelope, leaf.certificate, rekor, at)
        stamps = [self.tsa.stamp(signature_of(envelope), at)] if timestamp else []
        return self.bundle(leaf.certificate, envelope, [entry], stamps)

    def leaf(self, identity: Identity = GITHUB_JOB, at: datetime = AT, **faults: Any) -> Leaf:
        """A fresh key with a certificate; `faults` as `authorities.issue` takes them."""
        key = new_key()
        faults = {"logs": [self.ct], **faults}
        return Leaf(issue(self.authorities, key.public_key(), identity, at, **faults), key)

    def envelope(self, payload: bytes, key: ec.EllipticCurvePrivateKey, payload_type: str = IN_TOTO) -> Document:
        """A DSSE envelope with one signature."""
        signature = key.sign(pae(payload, payload_type), ec.ECDSA(hashes.SHA256()))
        return {"payload": b64(payload), "payloadType": payload_type, "signatures": [{"sig": b64(signature)}]}

    def entry(
        self, envelope: Document, certificate: x509.Certificate, rekor: Version = 2, at: datetime = AT
    ) -> Document:
        """A new log entry for an envelope, as a bundle carries it."""
        payload, signature = payload_of(envelope), signature_of(envelope)
        if rekor == 1:
            return self.rekor[1].log(dsse_body(json.dumps(envelope), payload, [signature], certificate), at)
        digest = hashlib.sha256(pae(payload, envelope["payloadType"])).digest()
        return self.rekor[2].log(hashedrekord_body(digest, signature, verifier_of(certificate)), at)

    def bundle(
        self,
        certificate: x509.Certificate,
        envelope: Document,
        entries: Sequence[Document],
        stamps: Sequence[bytes],
    ) -> Document:
        """The parts put together."""
        material: Document = {"certificate": {"rawBytes": b64(der(certificate))}, "tlogEntries": list(entries)}
        if stamps:
            shown = [{"signedTimestamp": b64(stamp)} for stamp in stamps]
            material["timestampVerificationData"] = {"rfc3161Timestamps": shown}
        return {"mediaType": BUNDLE_V03, "verificationMaterial": material, "dsseEnvelope": envelope}

    def trusted_root(self) -> bytes:
        """The instance's trusted_root.json, both logs in it."""
        return write(self.draw_root())

    def draw_root(self) -> Document:
        """The trusted root as a document, to be changed at will."""
        addresses = Addresses(fulcio=f"https://fulcio.{self.name}", tsa=f"https://tsa.{self.name}/api/v1/timestamp")
        root = trusted_root(self.authorities, addresses, self.rekor[2].origin)
        first = self.rekor[1]
        since = {"start": START.strftime("%Y-%m-%dT%H:%M:%SZ")}
        key = {"rawBytes": b64(spki(first.key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
        root["tlogs"].insert(
            0,
            {
                "baseUrl": f"https://{first.origin}",
                "hashAlgorithm": "SHA2_256",
                "logId": {"keyId": b64(first.log_id)},
                "publicKey": key,
            },
        )
        # Parts of it are one object in several places; a change is to be in one.
        alone: Document = json.loads(write(root))
        return alone

    def signing_config(self, base_url: str, rekor: Version = 2) -> bytes:
        """A signing_config.json for an instance that is served at one address (`paper_server`)."""
        addresses = Addresses(fulcio=base_url, rekor=base_url, tsa=f"{base_url}/api/v1/timestamp")
        return write(signing_config(addresses, [GITHUB, GITLAB], START, rekor))


@functools.cache
def the_paper(log_key: str = "ed25519") -> Paper:
    """One instance for the whole process: bundles are cheap, but there is no need to make keys again."""
    return Paper(log_key=log_key)


def about(
    digest: str = DIGEST, predicate_type: str = SIGNED, predicate: Mapping[str, Any] | None = None, **more: Any
) -> bytes:
    """A statement about one digest.

    Args:
        digest: SHA-256 in hex.
        predicate_type: What kind of statement.
        predicate: What it says.
        more: Other top-level fields, or other values for them.
    """
    document = {
        "_type": STATEMENT,
        "subject": [{"name": "_", "digest": {"sha256": digest}}],
        "predicateType": predicate_type,
        "predicate": dict(predicate or {}),
        **more,
    }
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def pae(payload: bytes, payload_type: str = IN_TOTO) -> bytes:
    """What a DSSE signature covers."""
    kind = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def payload_of(envelope: Document) -> bytes:
    """An envelope's payload."""
    return unb64(envelope["payload"])


def signature_of(envelope: Document) -> bytes:
    """An envelope's first signature."""
    return unb64(envelope["signatures"][0]["sig"])


def write(document: Document) -> bytes:
    """A document as JSON."""
    return json.dumps(document, separators=(",", ":")).encode()

"""Transparency logs on paper: Rekor v1 and Rekor v2 with keys of our own, as bundles carry their entries.

Version 1 has no light server, so its shapes are made here after those that the public log answers: a canonicalized
`dsse` 0.0.1 body, an integrated time, a signed entry timestamp over the RFC 8785 form of the entry, and a proof in the
shard with an index of its own. Version 2 is the Rekor v2 specification: `hashedrekord` 0.0.2 over the PAE of an envelope,
a proof, a checkpoint, and no time at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import RekorKey, der, pem
from tests.fakes.sigstore.paper_tree import Tree, leaf_hash
from tests.fakes.sigstore.trust import rekor_log_id

Document = dict[str, Any]
TREE_ID = 0x108E9186E8C5677A
"""The shard of a v1 log: part of its checkpoints' origin and of entry ids."""
SHARDS_BEFORE = 4_163_431
"""How many entries a v1 log's older shards hold: `logIndex` counts them, the proof's own index does not."""


@dataclass(frozen=True)
class Body:
    """What is logged.

    Attributes:
        kind: `dsse` or `hashedrekord`, or what a fault wants.
        version: Its version.
        content: The canonicalized entry.
    """

    kind: str
    version: str
    content: bytes


class AlreadyLoggedError(Exception):
    """The log has an equal entry.

    Args:
        entry: The entry that is there, as a bundle carries it.
    """

    def __init__(self, entry: Document) -> None:
        super().__init__(f"an equivalent entry exists at index {entry['logIndex']}")
        self.entry = entry


class PaperLog:
    """One log, with three entries of strangers in it from the start.

    Args:
        version: The major version of its API.
        key: Its key: ECDSA P-256, or for version 2 Ed25519 too.
        origin: Its name, a host.
    """

    def __init__(self, version: Literal[1, 2], key: RekorKey, origin: str) -> None:
        self.version = version
        self.key = key
        self.origin = origin
        self.tree = Tree()
        self._bodies: list[tuple[Body, int]] = []
        self._lock = threading.Lock()
        for number in range(3):
            self._take(Body("hashedrekord", "0.0.1", canonical({"stranger": number})), 0)

    @property
    def log_id(self) -> bytes:
        """Its name in entries and trusted roots."""
        return rekor_log_id(self.key.public_key(), self.origin)

    @property
    def entries(self) -> int:
        """How many entries were logged, the strangers' left out."""
        return len(self._bodies) - 3

    def log(self, body: Body, at: datetime) -> Document:
        """Log one entry, as a bundle's `tlogEntries` carries it.

        Args:
            body: The entry.
            at: The integrated time; version 2 does not say it.

        Raises:
            AlreadyLoggedError: There is an equal one.
        """
        with self._lock:
            known = [index for index, (each, _) in enumerate(self._bodies) if each.content == body.content]
            if known:
                raise AlreadyLoggedError(self._show(known[0]))
            return self._show(self._take(body, int(at.timestamp())))

    def find(self, entry_id: str) -> Document | None:
        """The entry with this id (version 1: tree id and leaf hash, or the leaf hash alone), as a bundle carries it."""
        with self._lock:
            for index, (body, _) in enumerate(self._bodies[3:], 3):
                if entry_id[-64:] == leaf_hash(body.content).hex():
                    return self._show(index)
        return None

    def checkpoint(self, size: int, root: bytes) -> str:
        """A signed note over a tree head (C2SP tlog-checkpoint)."""
        origin = f"{self.origin} - {TREE_ID}" if self.version == 1 else self.origin
        note = f"{origin}\n{size}\n{b64(root)}\n"
        signature = self.log_id[:4] + self.sign(note.encode())
        return f"{note}\n— {self.origin} {b64(signature)}\n"

    def promise(self, body: bytes, integrated: int, index: int) -> bytes:
        """A signed entry timestamp: the log's word, given before the entry is in the tree (version 1)."""
        payload = {"body": b64(body), "integratedTime": integrated, "logID": self.log_id.hex(), "logIndex": index}
        return self.sign(canonical(payload))

    def sign(self, content: bytes) -> bytes:
        """Sign with the log's key."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(content, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(content)

    def _take(self, body: Body, integrated: int) -> int:
        self._bodies.append((body, integrated))
        return self.tree.append(body.content)

    def _show(self, index: int) -> Document:
        body, integrated = self._bodies[index]
        entry: Document = {
            "logIndex": str(index),
            "logId": {"keyId": b64(self.log_id)},
            "kindVersion": {"kind": body.kind, "version": body.version},
            "inclusionProof": self._prove(index),
            "canonicalizedBody": b64(body.content),
        }
        if self.version == 1:
            seen = SHARDS_BEFORE + index
            promise = {"signedEntryTimestamp": b64(self.promise(body.content, integrated, seen))}
            entry.update(logIndex=str(seen), integratedTime=str(integrated), inclusionPromise=promise)
        return entry

    def _prove(self, index: int) -> Document:
        size, root = len(self.tree), self.tree.root()
        return {
            "logIndex": str(index),
            "rootHash": b64(root),
            "treeSize": str(size),
            "hashes": [b64(each) for each in self.tree.proof(index)],
            "checkpoint": {"envelope": self.checkpoint(size, root)},
        }


def dsse_body(envelope: str, payload: bytes, signatures: list[bytes], certificate: x509.Certificate) -> Body:
    """A `dsse` 0.0.1 entry, as Rekor v1 makes it of the envelope it was shown.

    Args:
        envelope: The envelope's JSON, exactly as it was sent.
        payload: Its payload.
        signatures: Its signatures.
        certificate: Whose they are.
    """
    shown = [{"signature": b64(each), "verifier": b64(pem(certificate))} for each in signatures]
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(envelope.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
        "signatures": sorted(shown, key=lambda each: each["signature"]),
    }
    return Body("dsse", "0.0.1", canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}))


def v1_hashedrekord_body(digest: bytes, signature: bytes, certificate: x509.Certificate) -> Body:
    """A `hashedrekord` 0.0.1 entry of Rekor v1, as signatures over plain bytes have it (the older `.sig` form)."""
    public_key = {"content": b64(pem(certificate))}
    spec = {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {"content": b64(signature), "publicKey": public_key},
    }
    return Body("hashedrekord", "0.0.1", canonical({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}))


def hashedrekord_body(digest: bytes, signature: bytes, verifier: Mapping[str, Any]) -> Body:
    """A `hashedrekord` 0.0.2 entry of Rekor v2.

    Args:
        digest: What was signed, hashed: for an envelope its PAE.
        signature: The signature.
        verifier: The certificate or key, as `verifier_of` writes it.
    """
    spec = {
        "data": {"algorithm": "SHA2_256", "digest": b64(digest)},
        "signature": {"content": b64(signature), "verifier": dict(verifier)},
    }
    body = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": spec}}
    return Body("hashedrekord", "0.0.2", canonical(body))


def verifier_of(certificate: x509.Certificate) -> Document:
    """A certificate as Rekor v2 writes it."""
    return {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(der(certificate))}}


def spki(key: RekorKey) -> bytes:
    """The public half as SubjectPublicKeyInfo in DER."""
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, shape)


def canonical(document: Mapping[str, Any]) -> bytes:
    """RFC 8785, for documents of ASCII names, strings and whole numbers."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(content: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(content).decode()


def unb64(text: str) -> bytes:
    """Base64 back."""
    return base64.b64decode(text, validate=True)

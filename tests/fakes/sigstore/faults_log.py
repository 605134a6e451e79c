"""Log entries that are of something else, of nothing, or of another log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization
from tests.fakes.sigstore.authorities import new_key
from tests.fakes.sigstore.fault import (
    CHECKPOINT,
    ENTRIES,
    ENTRY,
    LOG,
    PROOF,
    Case,
    Change,
    Fault,
    Make,
    body_of,
    case,
    changed,
    drop,
    flip,
    logged,
    put,
    rooted,
    stranger,
)
from tests.fakes.sigstore.paper import AT, Leaf, Paper, about, pae, payload_of, signature_of
from tests.fakes.sigstore.paper_log import (
    Body,
    Document,
    b64,
    canonical,
    dsse_body,
    hashedrekord_body,
    unb64,
    v1_hashedrekord_body,
    verifier_of,
)

OTHER = about("0" * 64)
"""A statement about something else."""
PROMISE = f"{ENTRY}.inclusionPromise.signedEntryTimestamp"
ENDED, NOT_BEGUN = "2026-03-01T00:00:00Z", "2026-09-01T00:00:00Z"
Rebody = Callable[[Document], None]
_SPKI = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _another_entry(paper: Paper, leaf: Leaf, _: Document) -> list[Document]:
    """A true entry of the same certificate over another envelope."""
    return [paper.entry(paper.envelope(OTHER, leaf.key), leaf.certificate)]


def _another_entry_v1(paper: Paper) -> Case:
    leaf = paper.leaf()
    document = paper.draw(about(), rekor=1, leaf=leaf)
    document["verificationMaterial"]["tlogEntries"] = [
        paper.entry(paper.envelope(OTHER, leaf.key), leaf.certificate, 1)
    ]
    return case(paper, document)


def _over(digest: Callable[[Document], bytes]) -> Make:
    """An entry that names another digest."""

    def entries(paper: Paper, leaf: Leaf, envelope: Document) -> list[Document]:
        body = hashedrekord_body(digest(envelope), signature_of(envelope), verifier_of(leaf.certificate))
        return [paper.rekor[2].log(body, AT)]

    return logged(entries)


def _by_another_certificate(paper: Paper, leaf: Leaf, envelope: Document) -> list[Document]:
    del leaf
    return [paper.entry(envelope, paper.leaf().certificate)]


def _by_a_bare_key(paper: Paper, leaf: Leaf, envelope: Document) -> list[Document]:
    """The entry names the right key, without its certificate."""
    raw = verifier_of(leaf.certificate)
    raw["publicKey"] = {"rawBytes": b64(leaf.certificate.public_key().public_bytes(*_SPKI))}
    del raw["x509Certificate"]
    digest = hashlib.sha256(pae(payload_of(envelope))).digest()
    return [paper.rekor[2].log(hashedrekord_body(digest, signature_of(envelope), raw), AT)]


def _of_another_signature(paper: Paper, leaf: Leaf, envelope: Document) -> list[Document]:
    """The same key signed the same bytes once more, and that is what was logged."""
    return [paper.entry(paper.envelope(payload_of(envelope), leaf.key), leaf.certificate)]


def _of_kind(kind: str, version: str) -> Make:
    """A true body under another name."""

    def entries(paper: Paper, leaf: Leaf, envelope: Document) -> list[Document]:
        true = paper.entry(envelope, leaf.certificate)
        return [paper.rekor[2].log(Body(kind, version, canonical({**body_of(true), "kind": kind})), AT)]

    return logged(entries)


def _named(kind: str, version: str) -> Make:
    return changed(put(f"{ENTRY}.kindVersion", {"kind": kind, "version": version}))


def _plain_in_v1(paper: Paper) -> Case:
    """Rekor v1 with the form for plain bytes, where an envelope was signed."""
    leaf = paper.leaf()
    document = paper.draw(about(), rekor=1, leaf=leaf)
    envelope = document["dsseEnvelope"]
    digest = hashlib.sha256(pae(payload_of(envelope))).digest()
    entry = paper.rekor[1].log(v1_hashedrekord_body(digest, signature_of(envelope), leaf.certificate), AT)
    document["verificationMaterial"]["tlogEntries"] = [entry]
    return case(paper, document)


def _dsse(change: Rebody) -> Make:
    """Rekor v1 with a body that was false when it was logged."""

    def make(paper: Paper) -> Case:
        leaf = paper.leaf()
        document = paper.draw(about(), rekor=1, leaf=leaf)
        envelope = document["dsseEnvelope"]
        true = dsse_body("another spelling", payload_of(envelope), [signature_of(envelope)], leaf.certificate)
        body: Document = json.loads(true.content)
        change(body)
        document["verificationMaterial"]["tlogEntries"] = [
            paper.rekor[1].log(Body("dsse", "0.0.1", canonical(body)), AT)
        ]
        return case(paper, document)

    return make


def _of_another_log(rekor: int) -> Make:
    """Logged truly, in a log of the same name that the root does not know."""

    def make(paper: Paper) -> Case:
        leaf, version = paper.leaf(), 1 if rekor == 1 else 2
        document = paper.draw(about(), rekor=1, leaf=leaf) if rekor == 1 else paper.draw(about(), leaf=leaf)
        entry = stranger().entry(document["dsseEnvelope"], leaf.certificate, 1 if version == 1 else 2)
        document["verificationMaterial"]["tlogEntries"] = [entry]
        return case(paper, document)

    return make


def _checkpoint(make_note: Callable[[Paper, Document], str], rekor: int = 2) -> Make:
    """Another checkpoint beside the true proof."""

    def make(paper: Paper) -> Case:
        document = paper.draw(about(), rekor=1 if rekor == 1 else 2)
        proof = document["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
        proof["checkpoint"]["envelope"] = make_note(paper, proof)
        return case(paper, document)

    return make


def _head(proof: Document) -> tuple[int, bytes]:
    return int(proof["treeSize"]), unb64(proof["rootHash"])


def _larger_head(paper: Paper, proof: Document) -> str:
    size, root = _head(proof)
    return paper.rekor[2].checkpoint(size + 1, root)


def _later_head(paper: Paper, proof: Document) -> str:
    """A true checkpoint, of the tree as it was one entry later."""
    del proof
    later = paper.entry(paper.envelope(OTHER, new_key()), paper.leaf().certificate)
    note: str = later["inclusionProof"]["checkpoint"]["envelope"]
    return note


def _under_another_origin(paper: Paper, proof: Document) -> str:
    """Signed by the right key, in the name of another log."""
    log = paper.rekor[2]
    size, root = _head(proof)
    note = f"elsewhere.test\n{size}\n{b64(root)}\n"
    return f"{note}\n— elsewhere.test {b64(log.log_id[:4] + log.sign(note.encode()))}\n"


def _promise(make_promise: Callable[[Paper, bytes, int, int], bytes]) -> Make:
    """Rekor v1 with another signed entry timestamp."""

    def make(paper: Paper) -> Case:
        document = paper.draw(about(), rekor=1, timestamp=False)
        entry = document["verificationMaterial"]["tlogEntries"][0]
        body, integrated, index = (
            unb64(entry["canonicalizedBody"]),
            int(entry["integratedTime"]),
            int(entry["logIndex"]),
        )
        entry["inclusionPromise"]["signedEntryTimestamp"] = b64(make_promise(paper, body, integrated, index))
        return case(paper, document)

    return make


def _plus(number: int) -> Callable[[str], str]:
    return lambda text: str(int(text) + number)


def _first(change: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda values: [change(values[0]), *values[1:]]


def _v1(*changes: Change, **drawn: Any) -> Make:
    return changed(*changes, rekor=1, **{"timestamp": False, **drawn})


_FAULTS: dict[str, Make] = {
    "no-entry": changed(put(ENTRIES, [])),
    "two-entries": changed(put(ENTRIES, lambda entries: entries * 2)),
    "two-entries-of-two-logs": logged(
        lambda paper, leaf, envelope: [paper.entry(envelope, leaf.certificate, version) for version in (1, 2)]
    ),
    "entry-of-another-bundle": logged(_another_entry),
    "entry-of-another-bundle-v1": _another_entry_v1,
    "entry-of-another-digest": _over(lambda _: hashlib.sha256(pae(OTHER)).digest()),
    "entry-over-the-payload-alone": _over(lambda envelope: hashlib.sha256(payload_of(envelope)).digest()),
    "entry-by-another-certificate": logged(_by_another_certificate),
    "entry-by-a-bare-key": logged(_by_a_bare_key),
    "entry-of-another-signature": logged(_of_another_signature),
    "entry-of-another-log": _of_another_log(2),
    "entry-of-another-log-v1": _of_another_log(1),
    "entry-of-an-unknown-log-id": changed(put(f"{ENTRY}.logId.keyId", flip)),
    "entry-without-body": changed(drop(f"{ENTRY}.canonicalizedBody")),
    "entry-body-tampered": changed(put(f"{ENTRY}.canonicalizedBody", flip)),
    "entry-of-plain-bytes-v1": _plain_in_v1,
    "entry-payload-hash-v1": _dsse(lambda body: body["spec"]["payloadHash"].update(value="0" * 64)),
    "entry-signature-v1": _dsse(lambda body: body["spec"]["signatures"][0].update(signature=b64(b"another"))),
    "entry-verifier-v1": _dsse(lambda body: body["spec"]["signatures"][0].update(verifier=b64(b"another"))),
    "entry-of-two-signatures-v1": _dsse(lambda body: body["spec"]["signatures"].append(body["spec"]["signatures"][0])),
    "kind-intoto": _of_kind("intoto", "0.0.2"),
    "kind-unknown": _of_kind("helm", "0.0.1"),
    "kind-version-unknown": _named("hashedrekord", "0.0.3"),
    "kind-other-than-the-body": _named("dsse", "0.0.1"),
    "proof-missing": changed(drop(PROOF)),
    "proof-tampered": changed(put(f"{PROOF}.hashes", _first(flip))),
    "proof-cut": changed(put(f"{PROOF}.hashes", lambda hashes: hashes[:-1])),
    "proof-with-one-more": changed(put(f"{PROOF}.hashes", lambda hashes: [*hashes, hashes[0]])),
    "proof-empty": changed(put(f"{PROOF}.hashes", [])),
    "proof-of-the-neighbour": changed(put(f"{PROOF}.logIndex", _plus(-1))),
    "proof-index-outside": changed(put(f"{PROOF}.logIndex", "999999999")),
    "proof-size-changed": changed(put(f"{PROOF}.treeSize", _plus(64))),
    "root-hash-wrong": changed(put(f"{PROOF}.rootHash", flip)),
    "root-hash-short": changed(put(f"{PROOF}.rootHash", b64(b"short"))),
    "log-index-other-than-the-proof": changed(put(f"{ENTRY}.logIndex", _plus(1))),
    "log-index-changed-v1": _v1(put(f"{ENTRY}.logIndex", _plus(1))),
    "checkpoint-missing": changed(drop(f"{PROOF}.checkpoint")),
    "checkpoint-of-another-log": _checkpoint(lambda _, proof: stranger().rekor[2].checkpoint(*_head(proof))),
    "checkpoint-of-another-log-v1": _checkpoint(lambda _, proof: stranger().rekor[1].checkpoint(*_head(proof)), 1),
    "checkpoint-of-the-other-version": _checkpoint(lambda paper, proof: paper.rekor[1].checkpoint(*_head(proof))),
    "checkpoint-of-another-origin": _checkpoint(_under_another_origin),
    "checkpoint-of-another-root": _checkpoint(
        lambda paper, proof: paper.rekor[2].checkpoint(_head(proof)[0], b"\0" * 32)
    ),
    "checkpoint-of-another-size": _checkpoint(_larger_head),
    "checkpoint-of-later": _checkpoint(_later_head),
    "checkpoint-unsigned": changed(put(CHECKPOINT, lambda note: note.split("—")[0])),
    "checkpoint-tampered": changed(put(CHECKPOINT, lambda note: note[:-6] + "AAAA=\n")),
    "checkpoint-no-note": changed(put(CHECKPOINT, "a note")),
    "promise-tampered": _v1(put(PROMISE, flip)),
    "promise-of-another-log": _promise(lambda _, *said: stranger().rekor[1].promise(*said)),
    "promise-of-another-time": _promise(
        lambda paper, body, integrated, index: paper.rekor[1].promise(body, integrated - 1, index)
    ),
    "promise-of-another-index": _promise(
        lambda paper, body, integrated, index: paper.rekor[1].promise(body, integrated, index - 1)
    ),
    "promise-of-another-entry": _promise(
        lambda paper, body, integrated, index: paper.rekor[1].promise(body + b" ", integrated, index)
    ),
    "integrated-time-changed": _v1(put(f"{ENTRY}.integratedTime", _plus(60))),
    "integrated-time-changed-beside-a-timestamp": _v1(put(f"{ENTRY}.integratedTime", _plus(60)), timestamp=True),
    "root-of-another-log-key": rooted(
        put("tlogs.1.publicKey.rawBytes", lambda _: stranger().draw_root()["tlogs"][1]["publicKey"]["rawBytes"])
    ),
    "root-without-logs": rooted(put("tlogs", [])),
    "root-without-this-log": rooted(drop("tlogs.1")),
    "log-ended-in-root": rooted(put("tlogs.1.publicKey.validFor.end", ENDED)),
    "log-not-begun-in-root": rooted(put("tlogs.1.publicKey.validFor.start", NOT_BEGUN)),
    "log-ended-in-root-v1": rooted(put("tlogs.0.publicKey.validFor.end", ENDED), rekor=1),
}

FAULTS = tuple(Fault(name, make, LOG) for name, make in _FAULTS.items())

"""What a fault is, and the tools to make one: change a true bundle, or the trusted root it is judged by."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from tests.fakes.sigstore.claims import GITHUB
from tests.fakes.sigstore.paper import AT, DIGEST, GITHUB_JOB, Leaf, Paper, about, signature_of, write
from tests.fakes.sigstore.paper_log import Document, b64, unb64

FORMAT = "bundle.1-format"
CERTIFICATE = "bundle.2-certificate"
TIME = "bundle.3-time"
SCT = "bundle.4-sct"
LOG = "bundle.5-log"
SIGNATURE = "bundle.6-signature"
IDENTITY = "bundle.7-identity"
PAYLOAD = "bundle.8-payload"
SUBJECT = "bundle.9-subject"
CHECKS = (FORMAT, CERTIFICATE, TIME, SCT, LOG, SIGNATURE, IDENTITY, PAYLOAD, SUBJECT)

LEAF = "verificationMaterial.certificate.rawBytes"
ENTRIES = "verificationMaterial.tlogEntries"
ENTRY = f"{ENTRIES}.0"
PROOF = f"{ENTRY}.inclusionProof"
CHECKPOINT = f"{PROOF}.checkpoint.envelope"
STAMPS = "verificationMaterial.timestampVerificationData.rfc3161Timestamps"
STAMP = f"{STAMPS}.0.signedTimestamp"
LATER = AT + timedelta(hours=1)
"""When the certificate of a bundle made `AT` has long ended."""

Change = Callable[[Document], None]
Word = Literal["foreign", "invalid", "missing"]


@dataclass(frozen=True)
class Case:
    """A bundle, and what a verifier is told.

    Attributes:
        bundle: The bundle's bytes.
        trusted_root: The trusted root's JSON.
        digest: The SHA-256, in hex, that the bundle must be about.
        identity: The subject alternative name that must have signed.
        issuer: The issuer of its token.
    """

    bundle: bytes
    trusted_root: bytes
    digest: str = DIGEST
    identity: str = GITHUB_JOB.subject
    issuer: str = GITHUB


Make = Callable[[Paper], Case]


@dataclass(frozen=True)
class Fault:
    """One way to be wrong, all else being right.

    Attributes:
        name: The fault's name.
        make: Makes a fresh case of it.
        check: The numbered check that must refuse it.
        word: What the evidence is then: somebody else's (`foreign`), or ours and broken (`invalid`).
    """

    name: str
    make: Make
    check: str
    word: Word = "invalid"


def true_case(paper: Paper, **drawn: Any) -> Case:
    """A case without any fault; `drawn` as `Paper.draw` takes it."""
    return case(paper, paper.draw(about(), **drawn))


def case(paper: Paper, document: Document) -> Case:
    """A bundle's document with the instance's own root."""
    return Case(write(document), paper.trusted_root())


def changed(*changes: Change, **drawn: Any) -> Make:
    """A true bundle that was changed afterwards; `drawn` as `Paper.draw` takes it."""

    def make(paper: Paper) -> Case:
        document = paper.draw(about(), **drawn)
        for change in changes:
            change(document)
        return case(paper, document)

    return make


def signed(statement: bytes, **drawn: Any) -> Make:
    """A bundle that is true in everything but what it says."""
    return lambda paper: case(paper, paper.draw(statement, **drawn))


def certified(make_leaf: Callable[[Paper], Leaf]) -> Make:
    """A bundle by another certificate."""
    return lambda paper: case(paper, paper.draw(about(), leaf=make_leaf(paper)))


def rooted(*changes: Change, **drawn: Any) -> Make:
    """A true bundle under a trusted root that was changed."""

    def make(paper: Paper) -> Case:
        root = paper.draw_root()
        for change in changes:
            change(root)
        return Case(paper.sign(about(), **drawn), write(root))

    return make


def logged(make_entries: Callable[[Paper, Leaf, Document], list[Document]]) -> Make:
    """A bundle whose log entries are of another making.

    Args:
        make_entries: From the instance, the certificate and the envelope to the entries.
    """

    def make(paper: Paper) -> Case:
        leaf = paper.leaf()
        envelope = paper.envelope(about(), leaf.key)
        stamps = [paper.tsa.stamp(signature_of(envelope), AT)]
        return case(paper, paper.bundle(leaf.certificate, envelope, make_entries(paper, leaf, envelope), stamps))

    return make


def stamped(make_stamps: Callable[[Paper, bytes], list[bytes]]) -> Make:
    """A bundle whose timestamps are of another making.

    Args:
        make_stamps: From the instance and the signature to the timestamps.
    """

    def make(paper: Paper) -> Case:
        leaf = paper.leaf()
        envelope = paper.envelope(about(), leaf.key)
        stamps = make_stamps(paper, signature_of(envelope))
        return case(paper, paper.bundle(leaf.certificate, envelope, [paper.entry(envelope, leaf.certificate)], stamps))

    return make


def raw(make_bytes: Callable[[bytes], bytes]) -> Make:
    """A true bundle's bytes, changed."""
    return lambda paper: Case(make_bytes(paper.sign(about())), paper.trusted_root())


def put(path: str, value: Any) -> Change:
    """Put a value in the place; a function is given the old value."""

    def change(document: Document) -> None:
        parent, name = _place(document, path)
        parent[name] = value(parent[name]) if callable(value) else value

    return change


def drop(path: str) -> Change:
    """Take what is in the place away."""

    def change(document: Document) -> None:
        parent, name = _place(document, path)
        del parent[name]

    return change


def flip(text: str) -> str:
    """Base64 with another last byte."""
    content = bytearray(unb64(text))
    content[-1] ^= 1
    return b64(bytes(content))


def edit(old: bytes, new: bytes) -> Callable[[str], str]:
    """Base64 in which one run of bytes is another."""

    def edited(text: str) -> str:
        content = unb64(text)
        assert old in content, f"{old!r} is not in it"
        return b64(content.replace(old, new, 1))

    return edited


@functools.cache
def stranger() -> Paper:
    """Another instance, with the same names and with keys of its own."""
    return Paper()


def body_of(entry: Document) -> Document:
    """A log entry's body."""
    body: Document = json.loads(unb64(entry["canonicalizedBody"]))
    return body


def _place(document: Document, path: str) -> tuple[Any, Any]:
    *parents, last = (int(part) if part.lstrip("-").isdigit() else part for part in path.split("."))
    found: Any = document
    for part in parents:
        found = found[part]
    return found, last

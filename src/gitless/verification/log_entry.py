"""One transparency log entry of a bundle, read as strictly as Flux reads it (sigstore-go 1.2, pkg/tlog).

These checks stand beside sigstore-python's: it looks neither at the name a checkpoint carries nor at the log id an
entry gives, and both decide in Flux.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gitless.model.canonical import read_base64
from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import Log, TrustedRoot

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")  # as protobuf's JSON reads it: no sign, no leading zero
_TREE = re.compile(r".* - [0-9]+")
_SIGNATURE = re.compile(r"— (\S+) (\S+)")
_MAX_INT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head (C2SP tlog-checkpoint).

    Attributes:
        origin: The log's name for it; Rekor v1 adds the tree's id.
        size: Entries in the tree.
        root: The tree's root hash.
        signatures: (name, first four bytes of the key's id) of each signature.
    """

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a signed note.

        Raises:
            RefusedError: It is no signed checkpoint.
        """
        body, blank, signed = text.partition("\n\n")
        lines = body.split("\n")
        if not blank or not signed.endswith("\n") or "\n\n" in signed or len(lines) < 3 or not lines[0]:
            raise _refused("The log's checkpoint is malformed.")
        if not _NUMBER.fullmatch(lines[1]):
            raise _refused("The log's checkpoint has no tree size.")
        return cls(lines[0], _integer(lines[1]), _bytes(lines[2]), tuple(map(_signature, signed[:-1].split("\n"))))

    @property
    def has_tree_id(self) -> bool:
        """Whether it is a Rekor v1 checkpoint."""
        return bool(_TREE.fullmatch(self.origin))


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The entry.

    Attributes:
        log_id: The log it names.
        index: Its number in the log.
        version: The entry type's version: `0.0.1` (Rekor v1) or `0.0.2` (Rekor v2).
        integrated: The time the log gives it, if it gives one.
        has_promise: Whether there is a signed entry timestamp.
        proof_index: Its number in the tree of the proof.
        proof_size: The size of that tree.
        proof_root: The root hash of that tree.
        checkpoint: The signed head of that tree.
    """

    log_id: bytes
    index: int
    version: str
    integrated: datetime | None
    has_promise: bool
    proof_index: int
    proof_size: int
    proof_root: bytes
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, entries: Any) -> LogEntry:
        """Read the only entry of a bundle.

        Args:
            entries: `verificationMaterial.tlogEntries`.

        Raises:
            RefusedError: There is none, there are several, or it is malformed.
        """
        if not isinstance(entries, list) or len(entries) != 1:
            raise _refused(
                f"Exactly one log entry is expected, not {len(entries) if isinstance(entries, list) else 0}."
            )
        entry = _object(entries[0], "log entry")
        proof = _object(entry.get("inclusionProof"), "inclusion proof")
        text = _object(proof.get("checkpoint"), "checkpoint").get("envelope")
        if not isinstance(text, str):
            raise _refused("The log entry has no checkpoint.")
        _bytes(entry.get("canonicalizedBody"))
        for each in _list(proof.get("hashes", [])):
            _bytes(each)
        seconds = _integer(entry.get("integratedTime", "0"))
        promise = entry.get("inclusionPromise")
        return cls(
            log_id=_bytes(_object(entry.get("logId"), "log id").get("keyId")),
            index=_integer(entry.get("logIndex", "0")),
            version=str(_object(entry.get("kindVersion"), "kind").get("version")),
            integrated=_moment(seconds) if seconds else None,
            has_promise=promise is not None and bool(_bytes(_object(promise, "promise").get("signedEntryTimestamp"))),
            proof_index=_integer(proof.get("logIndex", "0")),
            proof_size=_integer(proof.get("treeSize", "0")),
            proof_root=_bytes(proof.get("rootHash")),
            checkpoint=Checkpoint.parse(text),
        )

    def check(self, root: TrustedRoot) -> Log:
        """Everything Flux asks beside proofs and signatures.

        Returns:
            The log that the entry names.

        Raises:
            RefusedError: The log is not known, or time, proof and checkpoint do not fit together.
        """
        log = root.tlogs.get(self.log_id)
        if log is None:
            raise _refused("The log entry names a log that the trusted root does not know.")
        if self.has_promise != (self.integrated is not None):
            raise RefusedError(
                "bundle.3-time", "The log's time comes without its promise, or the promise without a time."
            )
        if (self.checkpoint.size, self.checkpoint.root) != (self.proof_size, self.proof_root):
            raise _refused("The checkpoint is not of the tree of the inclusion proof.")
        if self.version == "0.0.1":
            self._check_version_1(log)
        else:
            self._check_version_2(log)
        return log

    def _check_version_1(self, log: Log) -> None:
        if not self.checkpoint.has_tree_id:
            raise _refused("The checkpoint is not one of Rekor v1, but the entry is.")
        key = hashlib.sha256(log.key).digest()[:4]
        if any(found != key for _, found in self.checkpoint.signatures):
            raise _refused("The checkpoint is signed by another log.")

    def _check_version_2(self, log: Log) -> None:
        origin = log.host
        if not origin or self.checkpoint.origin != origin:
            raise _refused("The checkpoint's origin is not the host of the log's baseUrl in the trusted root.")
        if (origin, _key_hash(origin, log.key)) not in self.checkpoint.signatures:
            raise _refused("The checkpoint is not signed by the log.")
        if self.has_promise or self.index != self.proof_index:
            raise _refused("The log entry of Rekor v2 has a promise, or another index than its proof.")


def _key_hash(origin: str, spki: bytes) -> bytes:
    """How a checkpoint's signature names the key (C2SP signed-note for Ed25519; the key's hash for ECDSA)."""
    key = serialization.load_der_public_key(spki)
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return hashlib.sha256(f"{origin}\n\x01".encode() + raw).digest()[:4]
    return hashlib.sha256(spki).digest()[:4] if isinstance(key, ec.EllipticCurvePublicKey) else b""


def _signature(line: str) -> tuple[str, bytes]:
    found = _SIGNATURE.fullmatch(line)
    if not found:
        raise _refused("The log's checkpoint has a malformed signature.")
    return found[1], _bytes(found[2])[:4]


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _refused(f"The log entry has no {what}.")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _refused("The inclusion proof has no hashes.")
    return value


def _integer(value: Any) -> int:
    # protobuf's JSON writes 64-bit numbers as text; Go reads both
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise RefusedError("bundle.1-format", "A number in the log entry is malformed.")
    if int(text) > _MAX_INT:
        raise RefusedError("bundle.1-format", "A number in the log entry is too large.")
    return int(text)


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, tz=timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise _refused("The integrated time is no time.") from error


def _bytes(value: Any) -> bytes:
    try:
        return read_base64(value)
    except ValueError as error:
        raise _refused("The log entry holds something that is not base64.") from error


def _refused(what: str) -> RefusedError:
    return RefusedError("bundle.5-log", what)

"""in-toto statements v1: what is said about which digest (in-toto attestation spec, statement.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.canonical import canonical_json, read_json_object
from gitless.model.digest import Digest
from gitless.model.media_types import STATEMENT_V1

MAX_SUBJECTS = 64
# what Flux's verifier reads; it refuses a statement with any other field (protobuf's JSON, in-toto attestation v1)
_FIELDS = {"_type", "subject", "predicateType", "predicate"}
_SUBJECT_TEXTS = {"name", "uri", "content", "downloadLocation", "mediaType"}
_SUBJECT_FIELDS = {"digest", "annotations"} | _SUBJECT_TEXTS
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")


@dataclass(frozen=True)
class Statement:
    """One predicate about one or more digests; the raw bytes stay beside the parsed fields.

    Attributes:
        content: The exact bytes that are or were signed.
        predicate_type: The predicate's type URI.
        subjects: The sha256 digests it is about.
        predicate: The predicate's object.
    """

    content: bytes
    predicate_type: str
    subjects: tuple[Digest, ...]
    predicate: Mapping[str, Any]

    @classmethod
    def about(cls, digest: Digest, predicate_type: str, predicate: Mapping[str, Any]) -> Statement:
        """Say `predicate` about one digest, in canonical bytes.

        The subject is named `_`, in-toto's word for a name without meaning: some readers demand a name.
        """
        document = {
            "_type": STATEMENT_V1,
            "subject": [{"name": "_", "digest": {"sha256": digest.hex}}],
            "predicateType": predicate_type,
            "predicate": dict(predicate),
        }
        return cls(canonical_json(document), predicate_type, (digest,), predicate)

    @classmethod
    def parse(cls, content: bytes) -> Statement:
        """Read a statement from outside.

        Raises:
            UntrustedContentError: It is no in-toto statement v1 with sha256 subjects and a predicate object.
        """
        document = read_json_object(content, "The statement")
        if document.get("_type") not in (STATEMENT_V1, "https://in-toto.io/Statement/v0.1"):
            raise UntrustedContentError("The signed payload is not an in-toto statement v1.")
        if not document.keys() <= _FIELDS:
            raise UntrustedContentError("The statement has fields that statements do not have.")
        predicate_type, predicate = document.get("predicateType"), document.get("predicate")
        if not isinstance(predicate_type, str) or not isinstance(predicate, dict):
            raise UntrustedContentError("The statement lacks predicateType or predicate.")
        return cls(content, predicate_type, _subjects(document.get("subject")), predicate)


def _subjects(value: Any) -> tuple[Digest, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_SUBJECTS:
        raise UntrustedContentError("The statement names no subject, or too many.")
    digests = []
    for item in value:
        hashes = item.get("digest") if isinstance(item, dict) else None
        if not isinstance(hashes, dict) or not _is_resource(item):
            raise UntrustedContentError("A subject of the statement has no digest, or unknown fields.")
        try:
            digests.append(Digest.parse(f"sha256:{hashes.get('sha256', '')}"))
        except UsageError as error:
            raise UntrustedContentError("A subject of the statement has no sha256 digest.") from error
    return tuple(digests)


def _is_resource(item: Mapping[str, Any]) -> bool:
    """Whether a subject is shaped as Flux's verifier reads it: every digest in it, of whatever algorithm, is hex."""
    return (
        item.keys() <= _SUBJECT_FIELDS
        and all(isinstance(item.get(name, ""), str | None) for name in _SUBJECT_TEXTS)
        and isinstance(item.get("annotations", {}), dict | None)
        and all(isinstance(value, str) and _HEX.fullmatch(value) for value in item["digest"].values())
    )

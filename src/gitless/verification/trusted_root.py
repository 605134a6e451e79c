"""trusted_root.json: whose certificates, logs and timestamps count (sigstore_trustroot.proto).

`narrowed` writes the same root again with only the one log and the one certificate log in it that a bundle names:
a verifier that tries every key it knows then cannot accept a signature of a log that the entry does not name, which
Flux refuses.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.canonical import canonical_json, read_base64, read_json_object

MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
MAX_TRUSTED_ROOT_BYTES = 1024 * 1024
# what sigstore-go reads; it refuses the whole root for any other
_KEY_TYPES: Mapping[str, type] = {
    "PKCS1_RSA_PKCS1V5": rsa.RSAPublicKey,
    "PKIX_ECDSA_P256_SHA_256": ec.EllipticCurvePublicKey,
    "PKIX_ECDSA_P384_SHA_384": ec.EllipticCurvePublicKey,
    "PKIX_ECDSA_P521_SHA_512": ec.EllipticCurvePublicKey,
    "PKIX_ED25519": ed25519.Ed25519PublicKey,
    **{f"PKIX_RSA_PKCS1V15_{bits}_SHA256": rsa.RSAPublicKey for bits in (2048, 3072, 4096)},
}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@\s]*@)?([A-Za-z0-9._-]+)(?::[0-9]*)?(?:[/?#]\S*)?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when; both ends belong to it, an open end is None."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` is inside."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment <= self.end)


@dataclass(frozen=True, slots=True)
class Log:
    """A transparency log or a certificate log.

    Attributes:
        key_id: Its name in entries and certificates.
        base_url: Where it is; of a Rekor v2 log the host is also the origin of its checkpoints.
        key: Its public key, SubjectPublicKeyInfo DER.
        valid: When its key was in use.
        document: As the root has it.
    """

    key_id: bytes
    base_url: str
    key: bytes
    valid: Period
    document: Mapping[str, Any] = field(repr=False)

    @property
    def host(self) -> str:
        """The host of the base URL as Go reads it: capitals stay; empty where there is none that is a name."""
        found = _URL.fullmatch(self.base_url)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate or timestamp authority.

    Attributes:
        chain: Its certificates, the one that signs first, the root last.
        valid: When it was in use.
        document: As the root has it.
    """

    chain: tuple[x509.Certificate, ...]
    valid: Period
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """Everything a Sigstore instance is trusted by.

    Attributes:
        tlogs: Transparency logs by their key id.
        ctlogs: Certificate logs by their key id.
        authorities: Certificate authorities (Fulcio).
        timestamp_authorities: Timestamp authorities; may be empty for Rekor v1.
    """

    tlogs: Mapping[bytes, Log]
    ctlogs: Mapping[bytes, Log]
    authorities: tuple[Authority, ...]
    timestamp_authorities: tuple[Authority, ...]

    @classmethod
    def parse(cls, content: bytes, name: str = "The trusted root") -> TrustedRoot:
        """Read and check trusted_root.json.

        Args:
            content: The file.
            name: What to call it in errors.

        Raises:
            UsageError: It is no trusted root that Flux would accept for keyless evidence.
        """
        try:
            root = _read(content)
        except (UntrustedContentError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{name} is not usable.",
                why=error.why or error.what if isinstance(error, UntrustedContentError) else _why(error),
                hint="Take trusted_root.json as the Sigstore instance's operator publishes it.",
            ) from error
        _check_complete(root, name)
        return root

    def narrowed(self, tlog: Log, ctlog: Log) -> bytes:
        """The root with these two logs only, in sigstore-python's spelling.

        Args:
            tlog: The log that the entry names.
            ctlog: The log that the certificate's timestamp names.
        """
        return canonical_json(
            {
                "mediaType": MEDIA_TYPE,
                "tlogs": [tlog.document],
                "ctlogs": [ctlog.document],
                "certificateAuthorities": [item.document for item in self.authorities],
                "timestampAuthorities": [_inclusive(item) for item in self.timestamp_authorities],
            }
        )


def _check_complete(root: TrustedRoot, name: str) -> None:
    missing = [
        what
        for what, there in (
            ("no transparency log (tlogs)", root.tlogs),
            ("no certificate log (ctlogs)", root.ctlogs),
            ("no certificate authority (certificateAuthorities)", root.authorities),
            ("no transparency log with a baseUrl", any(log.base_url for log in root.tlogs.values())),
        )
        if not there
    ]
    if missing:
        raise UsageError(
            f"{name} is not complete.",
            why=f"It has {missing[0]}, and Flux refuses every certificate then.",
            hint="Take trusted_root.json as the Sigstore instance's operator publishes it.",
        )


def _read(content: bytes) -> TrustedRoot:
    if len(content) > MAX_TRUSTED_ROOT_BYTES:
        raise ValueError(f"it is longer than {MAX_TRUSTED_ROOT_BYTES} bytes")
    document = read_json_object(content, "The trusted root")
    if document.get("mediaType") != MEDIA_TYPE:
        raise ValueError(f"its mediaType is {str(document.get('mediaType'))[:80]!r}, not {MEDIA_TYPE}")
    return TrustedRoot(
        _logs(document.get("tlogs", [])),
        _logs(document.get("ctlogs", [])),
        _authorities(document.get("certificateAuthorities", [])),
        _authorities(document.get("timestampAuthorities", [])),
    )


def _logs(items: Sequence[Mapping[str, Any]]) -> dict[bytes, Log]:
    found = {}
    if not isinstance(items, list):
        raise TypeError
    for item in items:
        key_id = _bytes(item["logId"]["keyId"])
        key = item["publicKey"]
        if item["hashAlgorithm"] != "SHA2_256":
            raise ValueError("a log's hashAlgorithm is not SHA2_256")
        _check_key(_bytes(key["rawBytes"]), key["keyDetails"])
        if not isinstance(item.get("baseUrl", ""), str):
            raise TypeError
        valid = _period(key["validFor"])
        if valid.start is None:
            raise ValueError("a log's key has no start")
        kept = {name: item[name] for name in ("baseUrl", "hashAlgorithm", "logId", "publicKey") if name in item}
        kept.setdefault("baseUrl", "")
        # as in Flux, the last one with this id counts
        found[key_id] = Log(key_id, str(kept["baseUrl"]), _bytes(key["rawBytes"]), valid, kept)
    return found


def _check_key(content: bytes, details: str) -> None:
    try:
        key = serialization.load_der_public_key(content)
    except Exception as error:  # the parser's errors have no common base
        raise ValueError("a log's key is not readable") from error
    if details not in _KEY_TYPES or not isinstance(key, _KEY_TYPES[details]):
        raise ValueError("a log's key is not of the type that its keyDetails say")


def _authorities(items: Sequence[Mapping[str, Any]]) -> tuple[Authority, ...]:
    if not isinstance(items, list):
        raise TypeError
    return tuple(_authority(item) for item in items)


def _authority(item: Mapping[str, Any]) -> Authority:
    chain = [_bytes(each["rawBytes"]) for each in item["certChain"]["certificates"]]
    if not chain:
        raise ValueError("an authority has no certificate")
    valid, subject = _object(item.get("validFor")), _object(item.get("subject"))
    if not isinstance(item.get("uri", ""), str):
        raise TypeError
    document = {
        "subject": subject or {"organization": "", "commonName": ""},
        "uri": str(item.get("uri", "")),
        "certChain": {"certificates": [{"rawBytes": base64.b64encode(each).decode()} for each in chain]},
        "validFor": {"start": "1970-01-01T00:00:00Z", **valid},  # sigstore-python wants a start, Flux does not
    }
    return Authority(tuple(map(_certificate, chain)), _period(valid), document)


def _object(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise TypeError
    return value or {}


def _certificate(content: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(content)
        len(certificate.extensions)  # parsed on first use, with errors of their own
    except Exception as error:  # the parser's errors have no common base
        raise ValueError("a certificate in it is malformed") from error
    return certificate


def _inclusive(authority: Authority) -> Mapping[str, Any]:
    """sigstore-python leaves the end out of the period, Flux does not: the smallest step later is the same again."""
    if authority.valid.end is None:
        return authority.document
    end = (authority.valid.end + timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")
    return {**authority.document, "validFor": {**authority.document["validFor"], "end": end}}


def _period(value: Mapping[str, Any]) -> Period:
    return Period(*(_time(value[name]) if value.get(name) else None for name in ("start", "end")))


def _time(text: str) -> datetime:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no time")
    zone = "+00:00" if found[3] == "Z" else found[3]
    moment = datetime.fromisoformat(found[1] + zone).astimezone(timezone.utc)
    return moment + timedelta(microseconds=int((found[2] or "0").ljust(9, "0")[:6]))


def _bytes(text: str) -> bytes:
    content = read_base64(text)
    if not content:
        raise ValueError("a key or certificate in it is empty")
    return content


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error)[:200] if isinstance(error, ValueError) else "it is not shaped like a trusted root"

"""A certificate transparency log that signs what it is shown (RFC 6962, section 3.2) and keeps it in memory.

`Loopback(log.answer)` serves it to Fulcio at `…/ct`; there is no Merkle tree, as no client asks for one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from tests.fakes.sigstore.loopback import Answer, Request

PATH = "/ct"
SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_POISON = bytes.fromhex("060a2b06010401d679020403")
_EXTENSIONS_TAG = 0xA3


@dataclass(frozen=True)
class Sct:
    """A signed certificate timestamp."""

    log_id: bytes
    milliseconds: int
    extensions: bytes
    signature: bytes

    def to_json(self) -> dict[str, str | int]:
        """As a log answers it."""
        return {
            "sct_version": 0,
            "id": _base64(self.log_id),
            "timestamp": self.milliseconds,
            "extensions": _base64(self.extensions),
            "signature": _base64(self.signature),
        }

    def to_bytes(self) -> bytes:
        """As TLS writes it."""
        head = b"\0" + self.log_id + struct.pack(">QH", self.milliseconds, len(self.extensions))
        return head + self.extensions + self.signature


class CtLog:
    """The log.

    Args:
        key: Its key, ECDSA P-256.
        indexed: Whether SCTs carry a leaf index, as static-CT logs write it.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, indexed: bool = True) -> None:
        self.key = key
        self.indexed = indexed
        self.precertificates: list[bytes] = []
        self._size = 0

    @property
    def public_key(self) -> bytes:
        """Its key as SubjectPublicKeyInfo in DER."""
        return public_der(self.key.public_key())

    @property
    def log_id(self) -> bytes:
        """Its name: the hash of its key."""
        return hashlib.sha256(self.public_key).digest()

    def stamp(self, tbs: bytes, issuer_key: bytes, milliseconds: int) -> Sct:
        """Sign one precertificate.

        Args:
            tbs: Its TBSCertificate in DER, without poison and without SCTs.
            issuer_key: The SubjectPublicKeyInfo of its issuer in DER.
            milliseconds: The time, since 1970.
        """
        index, self._size = self._size, self._size + 1
        extensions = b"\0\0\x05" + index.to_bytes(5, "big") if self.indexed else b""
        entry = hashlib.sha256(issuer_key).digest() + len(tbs).to_bytes(3, "big") + tbs
        signed = struct.pack(">BBQH", 0, 0, milliseconds, 1) + entry
        signed += struct.pack(">H", len(extensions)) + extensions
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return Sct(self.log_id, milliseconds, extensions, b"\x04\x03" + struct.pack(">H", len(signature)) + signature)

    def answer(self, request: Request) -> Answer:
        """The log's one endpoint, `POST /ct/ct/v1/add-pre-chain`."""
        if (request.method, request.path) != ("POST", f"{PATH}/ct/v1/add-pre-chain"):
            return Answer(404)
        precertificate, issuer = (base64.b64decode(each) for each in json.loads(request.body)["chain"][:2])
        issuer_key = public_der(x509.load_der_x509_certificate(issuer).public_key())
        sct = self.stamp(without_poison(precertificate), issuer_key, int(time.time() * 1000))
        self.precertificates.append(precertificate)
        return Answer.of(sct.to_json())


def sct_extension(*scts: Sct) -> x509.UnrecognizedExtension:
    """The certificate extension that holds these SCTs."""
    entries = b"".join(struct.pack(">H", len(entry)) + entry for entry in map(Sct.to_bytes, scts))
    return x509.UnrecognizedExtension(SCT_LIST, _der(0x04, struct.pack(">H", len(entries)) + entries))


def without_poison(precertificate: bytes) -> bytes:
    """The TBSCertificate of a precertificate without its poison extension, all else as it was."""
    tbs = x509.load_der_x509_certificate(precertificate).tbs_certificate_bytes
    fields = list(_children(tbs))
    (extensions,) = (part for part in fields if part[0] == _EXTENSIONS_TAG)
    (sequence,) = _children(extensions)
    kept = b"".join(part for part in _children(sequence) if _POISON not in part)
    return _der(
        0x30, b"".join(_der(_EXTENSIONS_TAG, _der(0x30, kept)) if part is extensions else part for part in fields)
    )


def public_der(key: CertificatePublicKeyTypes) -> bytes:
    """A public key as SubjectPublicKeyInfo in DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _children(element: bytes) -> list[bytes]:
    content, found = element[_head(element) :], []
    while content:
        end = _head(content) + _length(content)
        found.append(content[:end])
        content = content[end:]
    return found


def _head(element: bytes) -> int:
    return 2 if element[1] < 0x80 else 2 + (element[1] & 0x7F)


def _length(element: bytes) -> int:
    return element[1] if element[1] < 0x80 else int.from_bytes(element[2 : _head(element)], "big")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

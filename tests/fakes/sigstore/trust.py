"""What clients are told of a Sigstore instance: whom to trust (trusted_root.json), where to sign (signing_config.json)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from tests.fakes.sigstore.authorities import Authorities, der
from tests.fakes.sigstore.ctlog import public_der

ORIGIN = "rekor.local.test"
"""The log's name: the first line of its checkpoints, and the host of its `baseUrl`."""
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class Addresses:
    """Where an instance's services are; the names of a paper instance need not resolve."""

    fulcio: str = "https://fulcio.local.test"
    rekor: str = f"https://{ORIGIN}"
    tsa: str = "https://tsa.local.test/api/v1/timestamp"
    ct: str = "https://ct.local.test/ct"


def trusted_root(authorities: Authorities, addresses: Addresses | None = None, origin: str = ORIGIN) -> dict[str, Any]:
    """The trusted root, version 0.1, of one instance.

    Args:
        authorities: Its keys and chains.
        addresses: Where it is.
        origin: The log's name.
    """
    addresses = addresses or Addresses()
    since = _since(authorities.start)
    log, ct = authorities.rekor.public_key(), authorities.ct.public_key()
    fulcio = [authorities.fulcio.certificate, authorities.fulcio_root.certificate]
    tsa = [authorities.tsa.certificate, authorities.tsa_root.certificate]
    return {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [_log(f"https://{origin}", log, rekor_log_id(log, origin), since)],
        "certificateAuthorities": [_authority(addresses.fulcio, fulcio, since)],
        "ctlogs": [_log(addresses.ct, ct, hashlib.sha256(public_der(ct)).digest(), since)],
        "timestampAuthorities": [_authority(addresses.tsa, tsa, since)],
    }


def signing_config(
    addresses: Addresses, issuers: Sequence[str], start: datetime, rekor_version: int = 2
) -> dict[str, Any]:
    """The signing configuration, version 0.2, of one instance.

    Args:
        addresses: Where it is.
        issuers: Whose tokens Fulcio takes.
        start: From when on all of it holds.
        rekor_version: The major version of the log's API.
    """

    def at(url: str, version: int = 1) -> dict[str, Any]:
        return {"url": url, "majorApiVersion": version, "validFor": _since(start), "operator": "local.test"}

    return {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [at(addresses.fulcio)],
        "oidcUrls": [at(issuer) for issuer in issuers],
        "rekorTlogUrls": [at(addresses.rekor, rekor_version)],
        "tsaUrls": [at(addresses.tsa)],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }


def client_trust_config(root: dict[str, Any], signing: dict[str, Any]) -> dict[str, Any]:
    """Both in one document, as sigstore-python takes them."""
    media_type = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
    return {"mediaType": media_type, "trustedRoot": root, "signingConfig": signing}


def rekor_log_id(key: PublicKey, origin: str = ORIGIN) -> bytes:
    """The log's id: a C2SP note key id, all 32 bytes, for Ed25519; the key's hash for ECDSA."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return hashlib.sha256(public_der(key)).digest()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(f"{origin}\n\x01".encode() + raw).digest()


def _log(url: str, key: PublicKey, log_id: bytes, since: dict[str, str]) -> dict[str, Any]:
    details = "PKIX_ECDSA_P256_SHA_256" if isinstance(key, ec.EllipticCurvePublicKey) else "PKIX_ED25519"
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "logId": {"keyId": _base64(log_id)},
        "publicKey": {"rawBytes": _base64(public_der(key)), "keyDetails": details, "validFor": since},
    }


def _authority(url: str, chain: Sequence[x509.Certificate], since: dict[str, str]) -> dict[str, Any]:
    (organization,) = chain[-1].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    (common_name,) = chain[-1].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "subject": {"organization": organization.value, "commonName": common_name.value},
        "uri": url,
        "certChain": {"certificates": [{"rawBytes": _base64(der(certificate))} for certificate in chain]},
        "validFor": since,
    }


def _since(start: datetime) -> dict[str, str]:
    return {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

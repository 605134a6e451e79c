"""RFC 3161 timestamps over a signature, against the trusted root's timestamp authorities."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
from cryptography.x509.oid import ExtendedKeyUsageOID

from gitless.model.canonical import read_base64
from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import Authority

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

MAX_TIMESTAMPS = 32  # as sigstore-go
_LOG = logging.getLogger(__name__)


def read_tokens(material: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The timestamp responses of a bundle's verification material, DER.

    Raises:
        RefusedError: They are malformed, or too many (bundle.3-time).
    """
    data = material.get("timestampVerificationData")
    if data is None:
        return ()
    items = data.get("rfc3161Timestamps", []) if isinstance(data, dict) else None
    if not isinstance(items, list) or len(items) > MAX_TIMESTAMPS:
        raise RefusedError("bundle.3-time", "The timestamps are malformed, or too many.")
    return tuple(_token(item) for item in items)


def verified_times(tokens: Sequence[bytes], signature: bytes, authorities: Sequence[Authority]) -> list[datetime]:
    """When the signature existed, said by authorities of the trusted root; others' timestamps are passed over.

    Args:
        tokens: Timestamp responses, DER.
        signature: What they must be about.
        authorities: Whose count.

    Raises:
        RefusedError: A token cannot be read (bundle.3-time).
    """
    if not tokens:
        return []
    from rfc3161_client import decode_timestamp_response

    times = []
    for token in tokens:
        try:
            response = decode_timestamp_response(token)
        except Exception as error:  # a parser of hostile bytes
            raise RefusedError("bundle.3-time", "A timestamp is malformed.") from error
        times += [moment for item in authorities if (moment := _time(response, signature, item)) is not None][:1]
    return times


def _time(response: TimeStampResponse, signature: bytes, authority: Authority) -> datetime | None:
    if len(authority.chain) < 2 or not _stamps_only(authority):
        return None
    from rfc3161_client.verify import VerifierBuilder

    leaf, *between, root = authority.chain
    verifier = VerifierBuilder(tsa_certificate=leaf, intermediates=between, roots=[root]).build()
    try:
        verifier.verify_message(response, signature)
        moment: datetime = response.tst_info.gen_time
    except Exception as error:  # its own and those of its parsers
        _LOG.debug("a timestamp does not verify: %s", error)
        return None
    return moment if authority.valid.holds(moment) else None


def _stamps_only(authority: Authority) -> bool:
    """Flux wants the signing certificate's key usage critical, and nothing but time stamping."""
    try:
        usage = authority.chain[0].extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound:
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _token(item: Any) -> bytes:
    try:
        return read_base64(item["signedTimestamp"])
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError("bundle.3-time", "A timestamp is malformed.") from error

"""Who issued a signing certificate, and whether that authority was in use (sigstore-go 1.2, pkg/root)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gitless.verification.trust import RefusedError
from gitless.verification.trusted_root import Authority

_CODE_SIGNING = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


def check_issuer(certificate: x509.Certificate, authorities: Sequence[Authority], times: Sequence[datetime]) -> None:
    """An authority of the root issued the certificate, and it and all of its certificates were valid at each time.

    sigstore-python takes every certificate of the root as an anchor and asks neither for the authority's period nor for
    the certificates above the one that issued; Flux asks for both.

    Args:
        certificate: The signing certificate.
        authorities: Certificate authorities of the trusted root.
        times: When it is known to have signed.

    Raises:
        RefusedError: No authority fits (bundle.2-certificate).
    """
    issuers = [item for item in authorities if _issued(certificate, item)]
    if not issuers:
        raise RefusedError(
            "bundle.2-certificate", "The certificate was not issued by an authority of the trusted root."
        )
    for moment in times:
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise RefusedError("bundle.2-certificate", "The certificate was not valid when it signed.")
        if not any(_in_use(item, moment) for item in issuers):
            raise RefusedError("bundle.2-certificate", "The certificate's authority was not in use when it signed.")


def _issued(certificate: x509.Certificate, authority: Authority) -> bool:
    links = zip((certificate, *authority.chain), authority.chain, strict=False)
    return all(_is_issuer(issuer, issued) for issued, issuer in links) and all(map(_may_sign_code, authority.chain))


def _is_issuer(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except Exception:  # another name, another key, a key of a type that is not known
        return False
    return True


def _may_sign_code(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return not _CODE_SIGNING.isdisjoint(usage)


def _in_use(authority: Authority, moment: datetime) -> bool:
    return authority.valid.holds(moment) and all(
        item.not_valid_before_utc <= moment <= item.not_valid_after_utc for item in authority.chain
    )

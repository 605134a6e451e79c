"""Who issued a signing certificate, and whether that authority was in use (sigstore-go 1.2, pkg/root)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import Authority

_CODE_SIGNING = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


def find_issuers(certificate: x509.Certificate, authorities: Sequence[Authority]) -> tuple[Authority, ...]:
    """The authorities of the root that issued a certificate for signing code.

    Args:
        certificate: The signing certificate.
        authorities: Certificate authorities of the trusted root.

    Raises:
        RefusedError: There is none, or the certificate is for something else (bundle.2-certificate).
    """
    if not _signs(certificate) or not _may_sign_code(certificate, if_silent=False):
        raise RefusedError("bundle.2-certificate", "The certificate is not for signing code.")
    issuers = tuple(item for item in authorities if _issued(certificate, item))
    if not issuers:
        raise RefusedError(
            "bundle.2-certificate", "The certificate was not issued by an authority of the trusted root."
        )
    return issuers


def check_times(certificate: x509.Certificate, issuers: Sequence[Authority], times: Sequence[datetime]) -> None:
    """The certificate, its authority and all of the authority's certificates were valid at each time.

    sigstore-python takes every certificate of the root as an anchor and asks neither for the authority's period nor for
    the certificates above the one that issued; Flux asks for both.

    Args:
        certificate: The signing certificate.
        issuers: Who issued it.
        times: When it is known to have signed.

    Raises:
        RefusedError: It was not (bundle.2-certificate).
    """
    for moment in times:
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise RefusedError("bundle.2-certificate", "The certificate was not valid when it signed.")
        if not any(_in_use(item, moment) for item in issuers):
            raise RefusedError("bundle.2-certificate", "The certificate's authority was not in use when it signed.")


def _signs(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return False


def _issued(certificate: x509.Certificate, authority: Authority) -> bool:
    links = zip((certificate, *authority.chain), authority.chain, strict=False)
    return all(_is_issuer(issuer, issued) for issued, issuer in links) and all(
        _may_sign_code(item, if_silent=True) for item in authority.chain
    )


def _is_issuer(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except Exception:  # another name, another key, a key of a type that is not known
        return False
    return True


def _may_sign_code(certificate: x509.Certificate, *, if_silent: bool) -> bool:
    """Whether its extended key usage allows it; an authority without one may do everything."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return if_silent
    return not _CODE_SIGNING.isdisjoint(usage)


def _in_use(authority: Authority, moment: datetime) -> bool:
    return authority.valid.holds(moment) and all(
        item.not_valid_before_utc <= moment <= item.not_valid_after_utc for item in authority.chain
    )

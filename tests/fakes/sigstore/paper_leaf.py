"""Certificates that Fulcio would never issue, made from one that it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.sigstore.authorities import Authority
from tests.fakes.sigstore.ctlog import SCT_LIST, public_der, sct_extension
from tests.fakes.sigstore.paper import AT, Leaf, Paper

Extension = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""
SELF = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-signed")])


def reissued(
    paper: Paper, leaf: Leaf, *extensions: Extension, issuer: Authority | None = None, without: Sequence[str] = ()
) -> Leaf:
    """The same certificate with other extensions, logged again and signed again.

    Args:
        paper: The instance whose intermediate signs and whose CT log vouches.
        leaf: The certificate.
        extensions: Extensions to put in, in the place of those of the same kind.
        issuer: Who signs instead.
        without: OIDs of extensions to leave out.
    """
    issuer = issuer or paper.authorities.fulcio
    builder = _builder(leaf.certificate, issuer.certificate.subject)
    gone = {*without, SCT_LIST.dotted_string, *(extension.oid.dotted_string for extension, _ in extensions)}
    kept = [each for each in leaf.certificate.extensions if each.oid.dotted_string not in gone]
    for value, critical in (*((each.value, each.critical) for each in kept), *extensions):
        builder = builder.add_extension(value, critical)
    return Leaf(_logged(paper, builder, issuer.key, leaf.certificate.not_valid_before_utc), leaf.key)


def self_signed(paper: Paper, leaf: Leaf) -> Leaf:
    """The same certificate with itself as its issuer."""
    builder = _builder(leaf.certificate, SELF).subject_name(SELF)
    for each in leaf.certificate.extensions:
        if each.oid != SCT_LIST:
            # With a subject of its own, a critical subject alternative name would be a fault more.
            critical = each.critical and not isinstance(each.value, x509.SubjectAlternativeName)
            builder = builder.add_extension(each.value, critical)
    return Leaf(_logged(paper, builder, leaf.key, AT), leaf.key)


def key_usage(**said: bool) -> x509.KeyUsage:
    """A key usage that says only this."""
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    names += " key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: said.get(name, False) for name in names.split()})


def _builder(certificate: x509.Certificate, issuer: x509.Name) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        public_key=certificate.public_key(),
        serial_number=certificate.serial_number,
        not_valid_before=certificate.not_valid_before_utc,
        not_valid_after=certificate.not_valid_after_utc,
    )
    return builder if issuer == SELF else builder.subject_name(certificate.subject)


def _logged(
    paper: Paper, builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, at: datetime
) -> x509.Certificate:
    tbs = builder.sign(key, hashes.SHA256()).tbs_certificate_bytes
    sct = paper.ct.stamp(tbs, public_der(key.public_key()), int(at.timestamp() * 1000))
    return builder.add_extension(sct_extension(sct), critical=False).sign(key, hashes.SHA256())

"""Keys and certificate chains of a Sigstore instance, and certificates as its Fulcio issues them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.fakes.sigstore.ctlog import CtLog, public_der, sct_extension
from tests.fakes.sigstore.identities import Identity

RekorKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
LEAF_LIFETIME = timedelta(minutes=10)
_YEARS = timedelta(days=3650)


@dataclass(frozen=True)
class Authority:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authorities:
    """Everything that an instance's trust rests on.

    Attributes:
        start: From when on the certificates hold.
        fulcio_root: Fulcio's root.
        fulcio: The intermediate that issues.
        tsa_root: The timestamp authority's root.
        tsa: The certificate and key that sign timestamps.
        rekor: The transparency log's key.
        ct: The certificate transparency log's key.
    """

    start: datetime
    fulcio_root: Authority
    fulcio: Authority
    tsa_root: Authority
    tsa: Authority
    rekor: RekorKey
    ct: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Tls:
    """A server's key and chain, and the root to trust for it; all PEM."""

    key: bytes
    chain: bytes
    root: bytes


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh ECDSA P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def make_authorities(
    start: datetime | None = None, rekor: RekorKey | None = None, name: str = "local.test"
) -> Authorities:
    """A new instance.

    Args:
        start: From when on its certificates hold; an hour ago when not given.
        rekor: The log's key; Ed25519 when not given, as Rekor v2 has it (v1: ECDSA P-256).
        name: The organization in all its certificates.
    """
    start = start or datetime.fromtimestamp(int(time.time()) - 3600, timezone.utc)
    fulcio_root, tsa_root = make_root(f"{name} fulcio root", start), make_root(f"{name} tsa root", start)
    return Authorities(
        start=start,
        fulcio_root=fulcio_root,
        fulcio=make_intermediate(fulcio_root, f"{name} fulcio intermediate", start),
        tsa_root=tsa_root,
        tsa=make_timestamper(tsa_root, f"{name} tsa", start),
        rekor=rekor or ed25519.Ed25519PrivateKey.generate(),
        ct=new_key(),
    )


def make_root(name: str, start: datetime) -> Authority:
    """A root of its own."""
    key = new_key()
    builder = _builder(name, key.public_key(), start, start + _YEARS, name, key.public_key())
    return Authority(_signing(builder, path_length=None).sign(key, hashes.SHA256()), key)


def make_intermediate(parent: Authority, name: str, start: datetime) -> Authority:
    """What Fulcio issues with; its extended key usage binds all below it to code signing."""
    key = new_key()
    builder = _below(parent, name, key.public_key(), start, start + _YEARS)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return Authority(_signing(builder, path_length=0).sign(parent.key, hashes.SHA256()), key)


def make_timestamper(parent: Authority, name: str, start: datetime) -> Authority:
    """What signs timestamps (RFC 3161, section 2.3: one extended key usage, critical)."""
    key = new_key()
    builder = _below(parent, name, key.public_key(), start, start + _YEARS)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Authority(_leaf(builder).sign(parent.key, hashes.SHA256()), key)


def issue(
    authorities: Authorities,
    public_key: ec.EllipticCurvePublicKey,
    identity: Identity,
    at: datetime,
    *,
    lifetime: timedelta = LEAF_LIFETIME,
    logs: Sequence[CtLog] | None = None,
    names: Sequence[x509.GeneralName] | None = None,
    usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.CODE_SIGNING,),
) -> x509.Certificate:
    """A signing certificate as Fulcio issues it: without a subject, for ten minutes, with one SCT.

    Args:
        authorities: Whose intermediate signs, and whose CT log vouches.
        public_key: Whose certificate it is.
        identity: What it says.
        at: From when on it holds, and when it was logged.
        lifetime: How long it holds.
        logs: Other logs to vouch; an empty list for none.
        names: Other subject alternative names than the identity's; an empty list for no such extension.
        usages: Other extended key usages.
    """
    builder = _below(authorities.fulcio, None, public_key, at, at + lifetime)
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False) if usages else builder
    names = [x509.UniformResourceIdentifier(identity.subject)] if names is None else names
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True) if names else builder
    for extension in identity.extensions():
        builder = builder.add_extension(extension, critical=False)
    builder = builder.add_extension(_key_usage(certificates=False), critical=True)
    logs = [CtLog(authorities.ct)] if logs is None else logs
    if logs:
        tbs = builder.sign(authorities.fulcio.key, hashes.SHA256()).tbs_certificate_bytes
        issuer = public_der(authorities.fulcio.key.public_key())
        milliseconds = int(at.timestamp() * 1000)
        scts = [log.stamp(tbs, issuer, milliseconds) for log in logs]
        builder = builder.add_extension(sct_extension(*scts), critical=False)
    return builder.sign(authorities.fulcio.key, hashes.SHA256())


def make_tls(names: Sequence[str], start: datetime | None = None) -> Tls:
    """A server certificate for these DNS names, from a root of its own."""
    start = start or datetime.fromtimestamp(int(time.time()) - 3600, timezone.utc)
    root, key = make_root("local.test tls root", start), new_key()
    builder = _below(root, names[0], key.public_key(), start, start + timedelta(days=365))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    certificate = _leaf(builder).sign(root.key, hashes.SHA256())
    return Tls(private_pem(key), pem(certificate), pem(root.certificate))


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as PEM, one after the other."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def der(certificate: x509.Certificate) -> bytes:
    """One certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def private_pem(key: RekorKey) -> bytes:
    """A private key as PKCS#8 PEM, not encrypted."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _builder(
    name: str | None,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
    issuer: str | x509.Name,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    issuer_name = _name(issuer) if isinstance(issuer, str) else issuer
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name) if name else x509.Name([]))
        .issuer_name(issuer_name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _below(
    parent: Authority, name: str | None, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return _builder(name, key, start, end, parent.certificate.subject, parent.key.public_key())


def _name(common_name: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name.split()[0])
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _signing(builder: x509.CertificateBuilder, path_length: int | None) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(certificates=True), critical=True)


def _leaf(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.add_extension(_key_usage(certificates=False), critical=True)


def _key_usage(certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )

"""Signatures of no known time, and certificates that no certificate transparency log vouches for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from tests.fakes.sigstore.authorities import Authority
from tests.fakes.sigstore.ctlog import SCT_LIST, CtLog
from tests.fakes.sigstore.fault import (
    ENTRY,
    SCT,
    STAMP,
    STAMPS,
    TIME,
    Case,
    Fault,
    Make,
    certified,
    changed,
    drop,
    edit,
    flip,
    put,
    rooted,
    stamped,
    stranger,
)
from tests.fakes.sigstore.paper import AT, Leaf, Paper, about
from tests.fakes.sigstore.paper_leaf import reissued
from tests.fakes.sigstore.paper_log import b64

TSA_VALIDITY = "timestampAuthorities.0.validFor"
CT_VALIDITY = "ctlogs.0.publicKey.validFor"
ENDED, NOT_BEGUN = "2026-03-01T00:00:00Z", "2026-09-01T00:00:00Z"
TOO_MANY = 33


def _unfit_timestamper(paper: Paper) -> Case:
    """The root trusts, for timestamps, a certificate that is not for them."""
    true = paper.authorities
    held = Leaf(true.tsa.certificate, true.tsa.key)
    weak = reissued(paper, held, issuer=true.tsa_root, without=[x509.ExtendedKeyUsage.oid.dotted_string])
    there = Paper(authorities=replace(true, tsa=Authority(weak.certificate, true.tsa.key)))
    return Case(there.sign(about()), there.trusted_root())


def _scts(*logs: CtLog) -> Make:
    return certified(lambda paper: paper.leaf(logs=logs))


def _two_scts(paper: Paper) -> Leaf:
    return paper.leaf(logs=[paper.ct, paper.ct])


def _moved_sct(paper: Paper) -> Leaf:
    """The SCT of another certificate."""
    from_there = paper.leaf().certificate.extensions.get_extension_for_oid(SCT_LIST)
    return _with_sct(paper, from_there.value.public_bytes())


def _tampered_sct(paper: Paper) -> Leaf:
    leaf = paper.leaf()
    true = bytearray(leaf.certificate.extensions.get_extension_for_oid(SCT_LIST).value.public_bytes())
    true[-1] ^= 1
    return _with_sct(paper, bytes(true))


def _with_sct(paper: Paper, content: bytes) -> Leaf:
    leaf = paper.leaf(logs=[])
    builder = x509.CertificateBuilder(
        leaf.certificate.issuer,
        leaf.certificate.subject,
        leaf.certificate.public_key(),
        leaf.certificate.serial_number,
        leaf.certificate.not_valid_before_utc,
        leaf.certificate.not_valid_after_utc,
        list(leaf.certificate.extensions),
    )
    builder = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, content), critical=False)
    return Leaf(builder.sign(paper.authorities.fulcio.key, hashes.SHA256()), leaf.key)


def _same_twice(paper: Paper, signature: bytes) -> list[bytes]:
    return [paper.tsa.stamp(signature, AT)] * 2


def _too_many(paper: Paper, signature: bytes) -> list[bytes]:
    return [paper.tsa.stamp(signature, AT + timedelta(seconds=second)) for second in range(TOO_MANY)]


_TIME: dict[str, Make] = {
    "no-time-at-all": stamped(lambda *_: []),
    "no-time-but-an-integrated-one-nobody-signed": changed(drop(f"{ENTRY}.inclusionPromise"), rekor=1, timestamp=False),
    "integrated-time-zero": changed(put(f"{ENTRY}.integratedTime", "0"), rekor=1, timestamp=False),
    "timestamps-empty": changed(put(STAMPS, [])),
    "timestamp-of-another-authority": stamped(lambda _, signature: [stranger().tsa.stamp(signature, AT)]),
    "timestamp-over-other-bytes": stamped(lambda paper, _: [paper.tsa.stamp(b"other bytes", AT)]),
    "timestamp-over-the-payload": stamped(lambda paper, _: [paper.tsa.stamp(about(), AT)]),
    "timestamp-not-granted": stamped(lambda paper, signature: [paper.tsa.stamp(signature, AT, status=2)]),
    "timestamp-no-der": stamped(lambda *_: [b"half past nine"]),
    "timestamp-not-base64": changed(put(STAMP, "%%%")),
    "timestamp-tampered": changed(put(STAMP, flip)),
    "timestamp-time-changed": changed(put(STAMP, edit(AT.strftime("%Y%m%d%H%M%SZ").encode(), b"20260601120031Z"))),
    "timestamp-twice": stamped(_same_twice),
    "timestamps-too-many": stamped(_too_many),
    "timestamper-unfit": _unfit_timestamper,
    "timestamper-ended-in-root": rooted(put(f"{TSA_VALIDITY}.end", ENDED)),
    "timestamper-not-begun-in-root": rooted(put(f"{TSA_VALIDITY}.start", NOT_BEGUN)),
    "root-without-timestampers": rooted(put("timestampAuthorities", [])),
}

_SCT: dict[str, Make] = {
    "sct-missing": _scts(),
    "sct-of-another-log": certified(lambda paper: paper.leaf(logs=[stranger().ct])),
    "sct-of-another-certificate": certified(_moved_sct),
    "sct-tampered": certified(_tampered_sct),
    "sct-list-empty": certified(lambda paper: _with_sct(paper, b"\x04\x02\0\0")),
    "two-scts": certified(_two_scts),
    "root-without-ct-logs": rooted(put("ctlogs", [])),
    "ct-log-of-another-key-in-root": rooted(
        put("ctlogs.0.publicKey.rawBytes", lambda _: b64(stranger().ct.public_key))
    ),
    "ct-log-ended-in-root": rooted(put(f"{CT_VALIDITY}.end", ENDED)),
    "ct-log-not-begun-in-root": rooted(put(f"{CT_VALIDITY}.start", NOT_BEGUN)),
}

FAULTS = (
    *(Fault(name, make, TIME) for name, make in _TIME.items()),
    *(Fault(name, make, SCT) for name, make in _SCT.items()),
)

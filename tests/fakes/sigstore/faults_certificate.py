"""Certificates that are nobody's, not for signing, not of that time, and certificates of somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.fakes.sigstore.authorities import Authority, der, make_authorities
from tests.fakes.sigstore.claims import GITLAB, github_claims
from tests.fakes.sigstore.fault import (
    CERTIFICATE,
    IDENTITY,
    LATER,
    LEAF,
    Case,
    Fault,
    Make,
    case,
    certified,
    changed,
    flip,
    put,
    rooted,
    signed,
    stranger,
)
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.paper import AT, GITHUB_JOB, GITLAB_JOB, Leaf, Paper, about, write
from tests.fakes.sigstore.paper_leaf import key_usage, reissued, self_signed
from tests.fakes.sigstore.paper_log import Document, b64, unb64

LONG_AGO = datetime(2010, 1, 1, tzinfo=timezone.utc)
CA_VALIDITY = "certificateAuthorities.0.validFor"
CHAIN = "certificateAuthorities.0.certChain.certificates"
SUBJECT = GITHUB_JOB.subject


def _signed_at(leaf_at: datetime, at: datetime, rekor: int) -> Make:
    """A certificate of one time under a signature of another."""

    def make(paper: Paper) -> Case:
        leaf = paper.leaf(at=leaf_at)
        return case(paper, paper.draw(about(), rekor=1 if rekor == 1 else 2, timestamp=rekor != 1, at=at, leaf=leaf))

    return make


def _by_the_issuer(paper: Paper) -> Leaf:
    """Signed with the intermediate's own key, its certificate in the leaf's place."""
    return Leaf(paper.authorities.fulcio.certificate, paper.authorities.fulcio.key)


def _authority_as_leaf(paper: Paper) -> Leaf:
    usage = key_usage(digital_signature=True, key_cert_sign=True)
    return reissued(paper, paper.leaf(), (x509.BasicConstraints(ca=True, path_length=None), True), (usage, True))


def _namesake(paper: Paper) -> Leaf:
    """Signed by an intermediate with the true one's name and another key."""
    false = Authority(paper.authorities.fulcio.certificate, stranger().authorities.fulcio.key)
    return reissued(paper, paper.leaf(), issuer=false)


def _elsewhere(paper: Paper) -> Case:
    """True in every part, of another instance; without a timestamp, so that the time is not the first to be missed."""
    return Case(stranger().sign(about(), rekor=1, timestamp=False), paper.trusted_root())


def _forbidden_issuer(paper: Paper) -> Case:
    """The root trusts an intermediate that may not sign certificates."""
    true = paper.authorities
    usage = (key_usage(digital_signature=True), True)
    held = Leaf(true.fulcio.certificate, true.fulcio.key)
    weak = reissued(paper, held, usage, issuer=true.fulcio_root)
    return _under(paper, replace(true.fulcio, certificate=weak.certificate))


def _ended_issuer(paper: Paper) -> Case:
    """Root and intermediate ended long before the signature."""
    old = make_authorities(LONG_AGO)
    there = Paper(authorities=replace(paper.authorities, fulcio=old.fulcio, fulcio_root=old.fulcio_root))
    return Case(there.sign(about()), there.trusted_root())


def _under(paper: Paper, fulcio: Authority) -> Case:
    there = Paper(authorities=replace(paper.authorities, fulcio=fulcio))
    return Case(there.sign(about()), there.trusted_root())


def _usages(*usages: x509.ObjectIdentifier) -> Make:
    return certified(lambda paper: paper.leaf(usages=usages))


def _names(*names: x509.GeneralName) -> Make:
    return certified(lambda paper: paper.leaf(names=names))


def _uris(*names: str) -> Make:
    return _names(*(x509.UniformResourceIdentifier(name) for name in names))


def _job(subject: str = SUBJECT, **values: str) -> Make:
    """By another job: `_8="…"` for another value of extension 8, empty for none."""
    said = {**GITHUB_JOB.values, **{int(number[1:]): value for number, value in values.items()}}
    identity = Identity(subject, {number: value for number, value in said.items() if value})
    return signed(about(), identity=identity)


def _issued_by(issuer: str) -> Make:
    return _job(_1=issuer, _8=issuer)


def _key_bundle(paper: Paper) -> Case:
    document: Document = paper.draw(about())
    document["verificationMaterial"] = {"publicKey": {"hint": b64(b"some key")}}
    return Case(write(document), paper.trusted_root())


def _logged_key_bundle(paper: Paper) -> Case:
    document: Document = paper.draw(about())
    del document["verificationMaterial"]["certificate"]
    document["verificationMaterial"]["publicKey"] = {"hint": b64(b"some key")}
    return Case(write(document), paper.trusted_root())


def _trailing(text: str) -> str:
    return b64(unb64(text) + b"\0")


def _foreign(names: dict[str, Make]) -> Sequence[Fault]:
    return [Fault(name, make, IDENTITY, "foreign") for name, make in names.items()]


_BROKEN: dict[str, Make] = {
    "certificate-not-der": changed(put(LEAF, b64(b"no certificate"))),
    "certificate-empty": changed(put(LEAF, "")),
    "certificate-with-bytes-behind": changed(put(LEAF, _trailing)),
    "certificate-signature-tampered": changed(put(LEAF, flip)),
    "self-signed-leaf": certified(lambda paper: self_signed(paper, paper.leaf())),
    "leaf-of-another-authority": certified(lambda _: stranger().leaf()),
    "leaf-of-a-namesake-authority": certified(_namesake),
    "all-of-another-instance": _elsewhere,
    "issuer-in-place-of-leaf": certified(_by_the_issuer),
    "leaf-is-an-authority": certified(_authority_as_leaf),
    "issuer-may-not-sign-certificates": _forbidden_issuer,
    "issuer-ended": _ended_issuer,
    "root-knows-no-issuer": rooted(
        put(CHAIN, lambda _: [{"rawBytes": b64(der(stranger().authorities.fulcio_root.certificate))}])
    ),
    "authority-ended-in-root": rooted(put(f"{CA_VALIDITY}.end", "2026-03-01T00:00:00Z")),
    "authority-not-begun-in-root": rooted(put(f"{CA_VALIDITY}.start", "2026-09-01T00:00:00Z")),
    "leaf-without-extended-usage": _usages(),
    "leaf-for-servers": _usages(ExtendedKeyUsageOID.SERVER_AUTH),
    "leaf-for-timestamps": _usages(ExtendedKeyUsageOID.TIME_STAMPING),
    "leaf-not-for-signatures": certified(
        lambda paper: reissued(paper, paper.leaf(), (key_usage(key_agreement=True), True))
    ),
    "leaf-without-key-usage": certified(
        lambda paper: reissued(paper, paper.leaf(), without=[x509.KeyUsage.oid.dotted_string])
    ),
    "leaf-with-unknown-critical-extension": certified(
        lambda paper: reissued(
            paper, paper.leaf(), (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)
        )
    ),
    "timestamp-after-certificate": _signed_at(AT, LATER, 2),
    "timestamp-before-certificate": _signed_at(LATER, AT, 2),
    "integrated-after-certificate": _signed_at(AT, LATER, 1),
    "integrated-before-certificate": _signed_at(LATER, AT, 1),
    "no-subject": _names(),
    "two-subjects-of-certificate": _uris(SUBJECT, f"{SUBJECT}2"),
    "two-subjects-of-certificate-ours-last": _uris(
        "https://github.com/evil/apps/.github/workflows/x.yaml@refs/heads/x", SUBJECT
    ),
    "two-kinds-of-subject": _names(x509.UniformResourceIdentifier(SUBJECT), x509.RFC822Name("alice@acme.example")),
}

_SOMEBODY_ELSE: dict[str, Make] = {
    "another-workflow": signed(about(), identity=Identity.from_github(github_claims(path=".github/workflows/x.yaml"))),
    "another-branch": signed(about(), identity=Identity.from_github(github_claims(ref="refs/heads/next"))),
    "a-tag-named-like-the-branch": signed(about(), identity=Identity.from_github(github_claims(ref="refs/tags/main"))),
    "a-pull-request": signed(
        about(), identity=Identity.from_github(github_claims(ref="refs/pull/7/merge", event_name="pull_request"))
    ),
    "another-platform": signed(about(), identity=GITLAB_JOB),
    "subject-with-more-behind": _uris(f"{SUBJECT}2"),
    "subject-with-more-before": _uris(f"x-{SUBJECT}"),
    "subject-cut": _uris(SUBJECT[:-1]),
    "subject-of-a-host-with-ours-as-prefix": _uris(SUBJECT.replace("github.com", "github.com.evil.example")),
    "subject-with-another-character-for-a-dot": _uris(SUBJECT.replace("github.com", "githubxcom")),
    "subject-in-capitals": _uris(SUBJECT.replace("acme", "Acme")),
    "subject-percent-encoded": _uris(SUBJECT.replace("@", "%40")),
    "subject-over-http": _uris(SUBJECT.replace("https:", "http:")),
    "subject-with-newline-behind": _uris(f"{SUBJECT}\n"),
    "subject-on-a-second-line": _uris(f"https://evil.example/\n{SUBJECT}"),
    "subject-with-a-zero-byte": _uris(f"{SUBJECT}\0.evil.example"),
    "subject-is-a-person": _names(x509.RFC822Name("alice@acme.example")),
    "subject-is-a-host": _names(x509.DNSName("github.com")),
    "issuer-with-slash-behind": _issued_by("https://token.actions.githubusercontent.com/"),
    "issuer-over-http": _issued_by("http://token.actions.githubusercontent.com"),
    "issuer-in-capitals": _issued_by("https://token.actions.GitHubUserContent.com"),
    "issuer-with-more-behind": _issued_by("https://token.actions.githubusercontent.com.evil.example"),
    "issuer-of-an-enterprise": _issued_by("https://token.actions.githubusercontent.com/acme"),
    "issuer-of-another-platform": _issued_by(GITLAB),
    "issuer-missing": _job(_1="", _8=""),
    "issuer-ours-in-the-old-place-only": _job(_8="https://evil.example"),
    "key-instead-of-certificate": _key_bundle,
    "key-instead-of-certificate-logged": _logged_key_bundle,
}

FAULTS = (*(Fault(name, make, CERTIFICATE) for name, make in _BROKEN.items()), *_foreign(_SOMEBODY_ELSE))

"""Weighing single bundles: what Flux asks beside sigstore-python, and bytes that nobody meant."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore.errors import VerificationError
from tests.fakes.certified import GITHUB_PATTERN, artifact_of, trust
from tests.fakes.sigstore.fault import stranger
from tests.fakes.sigstore.paper import AT, DIGEST, GITHUB_JOB, GITLAB_JOB, Paper, about, signature_of, the_paper, write
from tests.fakes.sigstore.paper_log import b64, unb64

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.bundle import Bundle
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.identity import Identity
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import Evidence, judge_evidence
from gitless.verification.expressions import IdentityExpression, exactly, go_expression
from gitless.verification.refused import RefusedError
from gitless.verification.sigstore_python import SigstorePython
from gitless.verification.sigstore_python import _numbered as numbered
from gitless.verification.trust import Weight
from gitless.verification.trusted_root import TrustedRoot

EVERYBODY = IdentityExpression(go_expression(".*", "--x"), go_expression(".*", "--x"))


def weigh(document, root=None):
    content = document if isinstance(document, bytes) else write(document)
    who = CertificateTrust(GITHUB_PATTERN, root) if root else trust()
    return who.weigh(Bundle.parse(content))


def judged(content: bytes, who=None):
    evidence = Evidence(Descriptor("m", Digest.of(content), 1), content)
    return judge_evidence(evidence, Digest(DIGEST), [who or trust()])


def test_a_bundle_says_who_signed_where_and_when():
    found = weigh(the_paper().draw(about()))
    assert (found.standing, found.signed_at, found.timestamped) == ("valid", AT.replace(microsecond=0), True)
    assert found.workload.identity == Identity(GITHUB_PATTERN.issuer, GITHUB_PATTERN.subject)
    assert (found.workload.source_uri, found.workload.trigger) == ("https://github.com/acme/d2-apps", "push")


def test_the_log_s_time_counts_where_there_is_no_timestamp():
    found = weigh(the_paper().draw(about(), rekor=1, timestamp=False))
    assert (found.standing, found.signed_at, found.timestamped) == ("valid", AT, False)


def test_a_timestamp_of_a_stranger_is_passed_over_where_the_log_says_the_time():
    paper = the_paper()
    document = paper.draw(about(), rekor=1, timestamp=False)
    stamp = stranger().tsa.stamp(signature_of(document["dsseEnvelope"]), AT)
    document["verificationMaterial"]["timestampVerificationData"] = {
        "rfc3161Timestamps": [{"signedTimestamp": b64(stamp)}]
    }
    assert (weigh(document).standing, weigh(document).timestamped) == ("valid", False)


def test_the_end_of_a_timestamp_authority_s_time_still_belongs_to_it():
    paper = the_paper()
    root = paper.draw_root()
    root["timestampAuthorities"][0]["validFor"]["end"] = AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert weigh(paper.draw(about()), write(root)).standing == "valid"
    before = (AT - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    root["timestampAuthorities"][0]["validFor"]["end"] = before
    assert weigh(paper.draw(about()), write(root)).check == "bundle.3-time"


def test_zeros_that_go_leaves_out_are_read_as_zeros():
    from tests.fakes.sigstore.paper_log import PaperLog

    paper = Paper()
    paper.rekor[2] = PaperLog(2, paper.authorities.rekor, f"rekor2.{paper.name}")
    document = paper.draw(about())
    entry = document["verificationMaterial"]["tlogEntries"][0]
    entry["inclusionProof"]["treeSize"] = int(entry["inclusionProof"]["treeSize"])
    entry["integratedTime"] = "0"
    assert weigh(document, paper.trusted_root()).standing == "valid"


def test_a_log_s_name_in_the_root_decides_as_in_flux():
    """sigstore-python looks at neither; Flux refuses both."""
    paper = the_paper()
    for place, value in (("baseUrl", "https://elsewhere.test"), ("logId", {"keyId": b64(b"x" * 32)})):
        root = paper.draw_root()
        root["tlogs"][1][place] = value
        assert weigh(paper.draw(about()), write(root)).check == "bundle.5-log"


@pytest.mark.parametrize(
    "names", [("dsseEnvelope", "dsse_envelope"), ("verificationMaterial", "verification_material")]
)
def test_a_field_in_two_spellings_never_brings_in_another_payload(names):
    """sigstore-python reads either spelling: one payload must not be verified and another one believed."""
    paper = the_paper()
    document, other = paper.draw(about()), paper.draw(about(predicate={"other": True}))
    for first, second in (names, reversed(names)):
        twice = {**document, first: document[names[0]], second: other[names[0]]}
        if names[0] in twice:
            assert weigh({**twice, names[0]: document[names[0]]}).standing == "invalid"


def test_one_verifier_serves_many_threads():
    who = trust()
    bundles = [Bundle.parse(the_paper().sign(about(), rekor=1 + number % 2)) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        assert {found.standing for found in pool.map(who.weigh, bundles)} == {"valid"}


def test_a_root_that_sigstore_python_cannot_read_is_the_user_s_fault():
    root = the_paper().draw_root()
    root["certificateAuthorities"][0]["validFor"] = {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-12-01T00:00:00.1+01:00",
    }
    root["timestampAuthorities"][0]["subject"] = {"organization": 7}
    with pytest.raises(UsageError, match="trusted root is not usable"):
        weigh(the_paper().draw(about()), write(root))


def test_several_trusts_weigh_a_bundle_that_was_never_read():
    bundle = Bundle.parse(the_paper().sign(about()))
    made = Bundle(bundle.envelope, None, bundle.certificate)
    assert trust().weigh(made).check == "bundle.1-format"


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("acme", "https://github.com/acme/x", True),
        ("^acme", "https://github.com/acme/x", False),
        (r"^https://github\.com/acme/.*@refs/tags/v[0-9]+$", "https://github.com/acme/w@refs/tags/v1", True),
        (r"^https://github\.com/acme/.*$", "https://github.com/evil", False),
        (r"(?i)ACME", "acme", True),
        (r"\d", "٣", False),
    ],
)
def test_expressions_are_found_anywhere_as_flux_finds_them(expression, text, found):
    pattern = IdentityExpression(go_expression(".", "--x"), go_expression(expression, "--x"))
    assert pattern.matches(Identity("https://issuer", text)) is found


@pytest.mark.parametrize(
    "expression",
    ["(", "(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "(?P<n>a)(?P=n)", "(?>a)", "a*+", "[[:alpha:]]", "a{,3}", r"a\Z", "\\u0061", "a" * 5000],
)  # fmt: skip
def test_expressions_that_go_reads_otherwise_are_refused(expression):
    with pytest.raises(UsageError, match="--certificate-identity-regexp"):
        go_expression(expression, "--certificate-identity-regexp")


def test_exact_text_is_no_expression():
    pattern = IdentityExpression(exactly("https://issuer"), exactly("a.b"))
    assert pattern.matches(Identity("https://issuer", "a.b"))
    assert not pattern.matches(Identity("https://issuer", "axb"))
    assert not pattern.matches(Identity("https://issuer", "a.b\n"))
    assert not pattern.matches(Identity("https://issuer.evil", "a.b"))


GOOD = {rekor: the_paper().sign(about(), rekor=rekor) for rekor in (1, 2)}
OTHER = the_paper().draw(about("0" * 64), GITLAB_JOB)
WHO = trust()
ANYONE = CertificateTrust(EVERYBODY, the_paper().trusted_root())


def check_mutation(content: bytes) -> None:
    """Never an exception, and never `valid` for another payload."""
    for who in (WHO, ANYONE):
        found = judged(content, who)
        assert found.standing in ("valid", "foreign", "invalid")
        if found.standing == "valid":
            assert found.statement.content == about()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([1, 2]), st.data())
def test_changed_bytes_are_never_believed(rekor, data):
    content = bytearray(GOOD[rekor])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    check_mutation(bytes(content))


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.binary(max_size=40).map(b64),
    st.just([]), st.just({}), st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from places(inner, (*path, name))


def changed_at(document, path, value):
    for name in path[:-1]:
        document = document[name]
    document[path[-1]] = value


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([1, 2]), st.data())
def test_changed_values_are_never_believed(rekor, data):
    document = json.loads(GOOD[rekor])
    path = data.draw(st.sampled_from([path for path in places(document) if path]))
    changed_at(document, path, data.draw(VALUES))
    check_mutation(json.dumps(document).encode())


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([1, 2]), st.integers(0, 2**32))
def test_flipped_bits_inside_base64_are_never_believed(rekor, seed):
    """One byte of a decoded field: certificate, body, hashes, timestamp, signature."""
    chance, document = random.Random(seed), json.loads(GOOD[rekor])
    texts = [path for path in places(document) if path and path[-1] in ("rawBytes", "sig", "payload", "rootHash", "keyId",
             "canonicalizedBody", "signedTimestamp", "signedEntryTimestamp")]  # fmt: skip
    path = chance.choice(texts)
    value = document
    for name in path:
        value = value[name]
    content = bytearray(unb64(value))
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    changed_at(document, path, b64(bytes(content)))
    check_mutation(json.dumps(document).encode())


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_parts_of_two_true_bundles_are_never_one(data):
    document = json.loads(GOOD[data.draw(st.sampled_from([1, 2]))])
    path = data.draw(st.sampled_from([path for path in places(OTHER) if path]))
    value = OTHER
    try:
        for name in path:
            value = value[name]
        changed_at(document, path, value)
    except (KeyError, IndexError):
        return
    check_mutation(json.dumps(document).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_certificates_of_any_bytes_are_weighed(content):
    document = json.loads(GOOD[2])
    document["verificationMaterial"]["certificate"]["rawBytes"] = b64(content)
    try:
        bundle = Bundle.parse(json.dumps(document).encode())
    except UntrustedContentError:
        return
    assert ANYONE.weigh(bundle).standing == "invalid"


def test_artifact_and_job_of_the_fixtures_fit():
    assert artifact_of(GITHUB_JOB).annotations["org.opencontainers.image.source"] == GITHUB_PATTERN.source


def test_what_was_verified_must_be_what_was_read(monkeypatch):
    who, bundle = trust(), Bundle.parse(GOOD[2])
    monkeypatch.setattr(who._sigstore, "verify_envelope", lambda *_: (bundle.envelope.payload_type, b"other"))
    assert who.weigh(bundle) == Weight("invalid", "The bundle holds two payloads.", "bundle.1-format")


def test_another_certificate_than_the_one_whose_identity_was_read_is_refused():
    root = TrustedRoot.parse(the_paper().trusted_root())
    (ctlog,), tlog = root.ctlogs.values(), list(root.tlogs.values())[1]
    with pytest.raises(RefusedError, match="two certificates"):
        SigstorePython(root).verify_envelope(GOOD[2], b"another", tlog, ctlog)


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (VerificationError("failed to verify SCT on signing certificate: x"), "bundle.4-sct"),
        (VerificationError("invalid log entry: SET: invalid inclusion promise: x"), "bundle.5-log"),
        (VerificationError("duplicate timestamp found"), "bundle.3-time"),
        (VerificationError("not enough sources of verified time"), "bundle.3-time"),
        (VerificationError("Signature is invalid for input"), "bundle.6-signature"),
        (VerificationError("something new"), "bundle.1-format"),
        (ValueError("invalid log entry"), "bundle.1-format"),
    ],
)
def test_messages_of_sigstore_python_have_numbers(error, check):
    def fail():
        raise error

    with pytest.raises(RefusedError) as refused:
        numbered(fail)
    assert refused.value.check == check


def test_keys_of_other_kinds_are_refused():
    """As Fulcio may certify them; Flux's verifier takes elliptic curves and others, our signatures are of the former."""
    paper = the_paper()
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from tests.fakes.sigstore.authorities import der, issue

    key = ed25519.Ed25519PrivateKey.generate()
    certificate = issue(paper.authorities, key.public_key(), GITHUB_JOB, AT, logs=[paper.ct])
    document = json.loads(GOOD[2])
    document["verificationMaterial"]["certificate"]["rawBytes"] = b64(der(certificate))
    assert weigh(document).check == "bundle.2-certificate"

"""Bundles about files."""

from __future__ import annotations

import pytest
from tests.fakes.certified import blob, key_blob, trust
from tests.fakes.sigstore.authorities import new_key
from tests.fakes.sigstore.paper import GITLAB_JOB, about, the_paper, write
from tests.fakes.sigstore.paper_log import b64

from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES
from gitless.model.digest import Digest
from gitless.verification.files import weigh_file
from gitless.verification.keys import TrustedKey

ARTIFACT = b"a file"
DIGEST = Digest.of(ARTIFACT)
KEY = new_key()
OURS = TrustedKey(KEY.public_key(), "k")


def weigh(document, who=None):
    content = document if isinstance(document, bytes) else write(document)
    found = weigh_file(content, DIGEST, who or trust())
    return found.standing, found.check


@pytest.mark.parametrize(
    "make",
    [
        lambda: blob(ARTIFACT),
        lambda: the_paper().sign(about(DIGEST.hex)),
        lambda: the_paper().sign(
            about(subject=[{"name": "x", "digest": {"sha256": item}} for item in ("0" * 64, DIGEST.hex)])
        ),
    ],
)
def test_true_bundles_are_valid(make):
    assert weigh(make()) == ("valid", "bundle.6-signature")


def test_a_certificate_in_an_older_chain_is_read():
    document = the_paper().draw(about(DIGEST.hex), rekor=1, timestamp=False)
    material = document["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}
    document["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"
    assert weigh(document) == ("valid", "bundle.6-signature")


def test_keys_sign_files_and_statements():
    assert weigh(key_blob(KEY, ARTIFACT), OURS) == ("valid", "bundle.6-signature")
    envelope = the_paper().envelope(about(DIGEST.hex), KEY)
    statement = {**key_blob(KEY, ARTIFACT), "dsseEnvelope": envelope}
    del statement["messageSignature"]
    assert weigh(statement, OURS) == ("valid", "bundle.6-signature")
    assert weigh(key_blob(new_key(), ARTIFACT), OURS) == ("invalid", "bundle.6-signature")
    assert weigh(blob(ARTIFACT), OURS) == ("foreign", "bundle.7-identity")
    assert weigh(key_blob(KEY, ARTIFACT)) == ("foreign", "bundle.7-identity")


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: blob(b"another"), ("invalid", "bundle.6-signature")),
        (lambda: blob(ARTIFACT, GITLAB_JOB), ("foreign", "bundle.7-identity")),
        (lambda: blob(ARTIFACT, logged=b"\0" * 32), ("invalid", "bundle.5-log")),
        (lambda: {**blob(ARTIFACT), "messageSignature": {"signature": ""}}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "messageSignature": {"signature": "%"}}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "messageSignature": 7}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "dsseEnvelope": {}}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "mediaType": "x"}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "mediaType": []}, ("invalid", "bundle.1-format")),
        (lambda: {**blob(ARTIFACT), "verificationMaterial": {}}, ("invalid", "bundle.2-certificate")),
        (lambda: {**blob(ARTIFACT), "verificationMaterial": []}, ("invalid", "bundle.1-format")),
        (lambda: b" " * (MAX_FOREIGN_BUNDLE_BYTES + 1), ("invalid", "bundle.1-format")),
        (lambda: b"{", ("invalid", "bundle.1-format")),
        (lambda: the_paper().sign(about("0" * 64)), ("invalid", "bundle.9-subject")),
        (lambda: the_paper().sign(about(DIGEST.hex), payload_type="text/plain"), ("invalid", "bundle.8-payload")),
        (lambda: the_paper().sign(b"{}"), ("invalid", "bundle.8-payload")),
    ],
)
def test_false_bundles_are_refused_by_number(make, found):
    assert weigh(make()) == found


def test_a_digest_that_the_bundle_itself_contradicts_is_refused():
    document = blob(ARTIFACT)
    document["messageSignature"]["messageDigest"]["digest"] = b64(b"\0" * 32)
    assert weigh(document) == ("invalid", "bundle.6-signature")

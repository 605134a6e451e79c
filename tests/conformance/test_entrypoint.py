"""The entry point that sigstore-conformance runs, as a process of its own, on bundles of the paper instance."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from tests.fakes.certified import blob, key_blob
from tests.fakes.keyless import unsigned
from tests.fakes.signed import make_signer
from tests.fakes.sigstore.authorities import new_key
from tests.fakes.sigstore.claims import GITHUB, github_claims
from tests.fakes.sigstore.paper import GITHUB_JOB, GITLAB_JOB, about, the_paper, write
from tests.fakes.sigstore.paper_log import b64
from tests.fakes.sigstore.paper_server import PaperServer

ENTRYPOINT = Path(__file__).with_name("entrypoint")
ARTIFACT = b"an artifact\n"
SHA256 = hashlib.sha256(ARTIFACT).hexdigest()


def run(*words, **env):
    environment = {**os.environ, "GITLESS_PYTHON": sys.executable, "CONFORMANCE_OFFLINE": "1", **env}
    done = subprocess.run([ENTRYPOINT, *map(str, words)], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def place(tmp_path):
    (tmp_path / "a.txt").write_bytes(ARTIFACT)
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    return tmp_path


def verify(place, content, *more, identity=GITHUB_JOB.subject, target=None):
    (place / "bundle.json").write_bytes(content if isinstance(content, bytes) else write(content))
    who = more or ("--certificate-identity", identity, "--certificate-oidc-issuer", GITHUB)
    root = ("--trusted-root", place / "root.json")
    return run("verify-bundle", "--bundle", place / "bundle.json", *who, *root, target or place / "a.txt")


@pytest.mark.parametrize("target", ["file", "digest"])
def test_true_bundles_about_a_file_verify(place, target):
    named = None if target == "file" else f"sha256:{SHA256}"
    for content in (blob(ARTIFACT), the_paper().sign(about(SHA256)), the_paper().sign(about(SHA256), rekor=1)):
        done = verify(place, content, target=named)
        assert (done.returncode, done.stderr.split(":")[0]) == (0, "valid"), done.stderr


FALSE = {
    "other-file": (lambda: blob(b"another"), "bundle.6-signature"),
    "other-signer": (lambda: blob(ARTIFACT, GITLAB_JOB), "bundle.7-identity"),
    "logged-as-another-file": (lambda: blob(ARTIFACT, logged=hashlib.sha256(b"another").digest()), "bundle.5-log"),
    "message-digest-of-another-file": (
        lambda: {**blob(ARTIFACT), "messageSignature": {**blob(ARTIFACT)["messageSignature"], "messageDigest": {"algorithm": "SHA2_256", "digest": b64(b"\0" * 32)}}},
        "bundle.6-signature",
    ),
    "no-signature": (lambda: {**blob(ARTIFACT), "messageSignature": {}}, "bundle.1-format"),
    "empty-signature": (lambda: {**blob(ARTIFACT), "messageSignature": {"signature": ""}}, "bundle.1-format"),
    "signature-no-base64": (lambda: {**blob(ARTIFACT), "messageSignature": {"signature": "%"}}, "bundle.1-format"),
    "two-contents": (lambda: {**blob(ARTIFACT), **the_paper().draw(about(SHA256))}, "bundle.1-format"),
    "unknown-version": (lambda: {**blob(ARTIFACT), "mediaType": "application/vnd.dev.sigstore.bundle.v9+json"}, "bundle.1-format"),
    "empty-chain": (
        lambda: {**blob(ARTIFACT), "verificationMaterial": {"x509CertificateChain": {"certificates": []}}}, "bundle.1-format"
    ),
    "no-material": (lambda: {**blob(ARTIFACT), "verificationMaterial": []}, "bundle.1-format"),
    "no-json": (lambda: b"{", "bundle.1-format"),
    "statement-about-another-file": (lambda: the_paper().sign(about("0" * 64)), "bundle.9-subject"),
    "statement-of-another-type": (lambda: the_paper().sign(about(SHA256), payload_type="text/plain"), "bundle.8-payload"),
    "no-statement": (lambda: the_paper().sign(b"{}"), "bundle.8-payload"),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_false_bundles_about_a_file_are_refused_by_number(place, name):
    make, check = FALSE[name]
    done = verify(place, make())
    assert done.returncode == 1, done.stderr
    assert check in done.stderr


def test_managed_keys(place):
    key = new_key()
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    (place / "key.pub").write_bytes(key.public_key().public_bytes(*form))
    (place / "other.pub").write_bytes(make_signer().public_key_pem)
    assert verify(place, key_blob(key, ARTIFACT), "--key", place / "key.pub").returncode == 0
    assert "bundle.6-signature" in verify(place, key_blob(key, ARTIFACT), "--key", place / "other.pub").stderr
    assert "bundle.6-signature" in verify(place, key_blob(key, b"x"), "--key", place / "key.pub").stderr
    assert "bundle.7-identity" in verify(place, blob(ARTIFACT), "--key", place / "key.pub").stderr
    assert "bundle.7-identity" in verify(place, key_blob(key, ARTIFACT)).stderr
    assert verify(place, key_blob(key, ARTIFACT), "--key", place / "root.json").returncode == 2


def test_older_versions_with_a_chain_verify(place):
    document = the_paper().draw(about(SHA256), rekor=1, timestamp=False)
    leaf = document["verificationMaterial"].pop("certificate")
    document["verificationMaterial"]["x509CertificateChain"] = {"certificates": [leaf]}
    for version in ("0.1", "0.2"):
        document["mediaType"] = f"application/vnd.dev.sigstore.bundle+json;version={version}"
        done = verify(place, document)
        assert done.returncode == 0, done.stderr


def test_wrong_command_lines_are_2(place):
    assert run("verify-bundle", "--bundle", place / "a.txt", place / "a.txt").returncode == 2
    both = ("--key", "k", "--certificate-identity", "i", "--certificate-oidc-issuer", "u")
    assert run("verify-bundle", "--bundle", place / "a.txt", *both, place / "a.txt").returncode == 2
    assert run("nonsense").returncode == 2


@pytest.mark.parametrize("staging", [False, True])
def test_the_public_instances_roots_come_with_sigstore(place, staging):
    (place / "bundle.json").write_bytes(write(blob(ARTIFACT)))
    who = ("--certificate-identity", GITHUB_JOB.subject, "--certificate-oidc-issuer", GITHUB)
    words = ("verify-bundle", *(["--staging"] if staging else []), "--bundle", place / "bundle.json", *who)
    done = run(*words, place / "a.txt")
    assert "not issued by an authority of the trusted root" in done.stderr


@pytest.mark.parametrize("in_toto", [False, True])
def test_what_it_signs_it_verifies(place, in_toto):
    with PaperServer() as server:
        (place / "root.json").write_bytes(server.paper.trusted_root())
        (place / "signing.json").write_bytes(server.paper.signing_config(server.url))
        claims = github_claims(iat=int(time.time()))
        (place / "in").write_bytes(about(SHA256) if in_toto else ARTIFACT)
        done = run(
            "sign-bundle", *(["--in-toto"] if in_toto else []), "--identity-token", unsigned(claims),
            "--bundle", place / "made.json", "--trusted-root", place / "root.json",
            "--signing-config", place / "signing.json", place / "in",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = (place / "made.json").read_bytes()
    assert ("dsseEnvelope" in json.loads(made)) is in_toto
    assert verify(place, made).returncode == 0

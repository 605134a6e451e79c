"""Key files: which are read, and what is said about the others."""

import base64
import hashlib
import json
import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from nacl.secret import SecretBox
from tests.fakes.signed import make_key_pem, make_signer

from gitless.errors import DefectError, UsageError
from gitless.model.bundle import Bundle
from gitless.model.digest import Digest
from gitless.model.secret import Secret
from gitless.model.statement import Statement
from gitless.signing.key_signer import KeySigner
from gitless.signing.keys import load_private_key
from gitless.verification.keys import TrustedKey


def cosign_key(password, label="ENCRYPTED SIGSTORE PRIVATE KEY", n=1024, cipher="nacl/secretbox"):
    """A key file in cosign's form, made here with a cheap key derivation."""
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, nonce = os.urandom(32), os.urandom(24)
    key = hashlib.scrypt(password, salt=salt, n=min(n, 1024), r=8, p=1, dklen=32)
    document = {
        "kdf": {"name": "scrypt", "params": {"N": n, "r": 8, "p": 1}, "salt": base64.b64encode(salt).decode()},
        "cipher": {"name": cipher, "nonce": base64.b64encode(nonce).decode()},
        "ciphertext": base64.b64encode(SecretBox(key).encrypt(der, nonce).ciphertext).decode(),
    }
    body = base64.encodebytes(json.dumps(document).encode()).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


@pytest.mark.parametrize("label", ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"])
def test_cosign_key_opens_with_its_passphrase(label):
    assert load_private_key(cosign_key(b"pw", label), Secret("pw")).curve.name == "secp256r1"


def test_cosign_key_made_by_cosign_itself_opens(golden_cosign_key):
    signer = KeySigner(golden_cosign_key["private"], Secret("demo"))
    assert signer.public_key_pem == golden_cosign_key["public"]


@pytest.fixture
def golden_cosign_key(pytestconfig):
    folder = pytestconfig.rootpath / "tests" / "golden" / "signing"
    return {"private": (folder / "cosign.key").read_bytes(), "public": (folder / "cosign.pub").read_bytes()}


@pytest.mark.parametrize(
    ("content", "password", "words"),
    [
        (cosign_key(b"pw"), None, "encrypted"),
        (cosign_key(b"pw"), Secret("wrong-passphrase"), "not readable"),
        (cosign_key(b"pw", n=2**30), Secret("pw"), "not readable"),
        (cosign_key(b"pw", cipher="rot13"), Secret("pw"), "not readable"),
        (b"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\nAAAA\n-----END-----", Secret("pw"), "not readable"),
        (make_key_pem(b"pw"), None, "encrypted"),
        (make_key_pem(b"pw"), Secret("wrong-passphrase"), "not readable"),
        (b"hello", None, "not readable"),
        (b"", None, "not readable"),
        (b"x" * 70_000, None, "not readable"),
    ],
)
def test_key_that_cannot_be_used_is_refused_without_showing_it(content, password, words):
    with pytest.raises(UsageError, match=words) as caught:
        load_private_key(content, password)
    assert "wrong-passphrase" not in str(caught.value)


def test_pkcs8_keys_plain_and_encrypted():
    assert load_private_key(make_key_pem(), None)
    assert load_private_key(make_key_pem(b"pw"), Secret("pw"))


def test_other_kinds_of_keys_are_refused():
    for key in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with pytest.raises(UsageError, match="wrong type"):
            load_private_key(pem, None)


def test_bundle_verifies_under_the_signers_public_key():
    signer = make_signer()
    statement = Statement.about(Digest.of(b"x"), "https://example.test/p", {})
    bundle = Bundle.parse(signer.sign(statement.content))
    key = TrustedKey.from_pem(signer.public_key_pem)
    assert bundle.envelope.payload == statement.content
    assert bundle.key_hint == key.hint
    assert key.signed(bundle.envelope)


def test_bundle_over_three_mebibytes_is_a_defect():
    with pytest.raises(DefectError, match="limit"):
        make_signer().sign(b"x" * (3 * 1024 * 1024))

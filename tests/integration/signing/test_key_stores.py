"""AWS KMS and Vault, played on loopback, through their own client libraries where those are installed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from tests.fakes.sigstore.loopback import Answer, Loopback, Request

from gitless.errors import RemoteError, UsageError
from gitless.model.bundle import Bundle
from gitless.model.digest import Digest
from gitless.model.statement import Statement
from gitless.verification.keys import TrustedKey
from gitless.wiring.keys import make_signer

STATEMENT = Statement.about(Digest.parse("sha256:" + "a" * 64), "https://example.test/v1", {}).content
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
DER = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Kms:
    """AWS KMS with one key."""

    algorithms = ("ECDSA_SHA_256",)

    def __call__(self, request: Request) -> Answer:
        asked = json.loads(request.body)
        if asked["KeyId"] != "alias/fleet":
            return Answer.of({"__type": "NotFoundException", "message": "no such key"}, 400)
        if request.headers["x-amz-target"].endswith("GetPublicKey"):
            return Answer.of({"PublicKey": _b64(DER), "SigningAlgorithms": list(self.algorithms)})
        assert asked["MessageType"] == "DIGEST"
        digest = base64.b64decode(asked["Message"])
        return Answer.of({"Signature": _b64(KEY.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))})


class Vault:
    """Vault's transit engine with an ECDSA key in version 2, an Ed25519 one in version 1."""

    def __call__(self, request: Request) -> Answer:
        if request.method == "GET" and request.path == "/v1/transit/keys/fleet":
            keys = {"1": {"public_key": _b64(b"0" * 32)}, "2": {"public_key": PEM.decode()}}
            return Answer.of({"data": {"keys": keys}})
        if request.path.startswith("/v1/transit/sign/fleet"):
            asked = json.loads(request.body)
            assert asked["key_version"] == 2
            signature = KEY.sign(base64.b64decode(asked["input"]), ec.ECDSA(hashes.SHA256()))
            return Answer.of({"data": {"signature": f"vault:v2:{_b64(signature)}"}})
        return Answer.of({"errors": ["permission denied"]}, 403)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'gitless-gitops[awskms]'")
    kms = Kms()
    with Loopback(kms) as server:
        variables = {"ENDPOINT_URL": server.url, "DEFAULT_REGION": "eu-central-1", "MAX_ATTEMPTS": "1"}
        for name, value in {**variables, "ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "canary"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield kms


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pytest.importorskip("hvac", reason="hvac is not installed: pip install 'gitless-gitops[vault]'")
    with Loopback(Vault()) as server:
        monkeypatch.setenv("VAULT_ADDR", server.url)
        monkeypatch.setenv("VAULT_TOKEN", "canary")
        yield


def _signs(location: str) -> None:
    signer = make_signer(location, {})
    assert signer.public_key_pem == PEM
    bundle = Bundle.parse(signer.sign(STATEMENT))
    assert TrustedKey.from_pem(PEM).weigh(bundle).standing == "valid"


@pytest.mark.parametrize("location", ["awskms:alias/fleet", "awskms:///alias/fleet"])
def test_aws_signs(aws: Kms, location: str) -> None:
    _signs(location)


def test_an_rsa_key_in_aws_is_refused(aws: Kms) -> None:
    aws.algorithms = ("RSASSA_PSS_SHA_256",)
    with pytest.raises(UsageError, match="Cannot open the key in AWS KMS"):
        make_signer("awskms:alias/fleet", {})


def test_a_key_that_aws_does_not_know(aws: Kms) -> None:
    with pytest.raises(RemoteError) as caught:
        make_signer("awskms:alias/other", {})
    assert "no such key" in caught.value.why


def test_vault_signs(vault: None) -> None:
    _signs("hv:fleet/2")


@pytest.mark.parametrize("location", ["hv:fleet", "hv:fleet/two", "hv:/2"])
def test_an_address_in_vault_needs_a_version(vault: None, location: str) -> None:
    with pytest.raises(UsageError, match="hv:NAME/VERSION"):
        _show(lambda: make_signer(location, {}))


@pytest.mark.parametrize("location", ["hv:fleet/1", "hv:fleet/3"])
def test_an_ed25519_key_or_none_in_vault_is_refused(vault: None, location: str) -> None:
    with pytest.raises(UsageError, match="wrong type"):
        make_signer(location, {})


def test_a_key_that_vault_does_not_give(vault: None) -> None:
    with pytest.raises(RemoteError) as caught:
        make_signer("hv:other/1", {})
    assert "permission denied" in caught.value.why
    assert "canary" not in str(caught.value)


def _show(action: Callable[[], object]) -> None:
    """The whole text of a failure as its message."""
    try:
        action()
    except UsageError as error:
        raise UsageError(str(error)) from error


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()

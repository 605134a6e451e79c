"""Signing with a key on a PKCS#11 token: SoftHSM2, a token in software, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitless.errors import UsageError
from gitless.model.bundle import Bundle
from gitless.model.digest import Digest
from gitless.model.statement import Statement
from gitless.verification.keys import TrustedKey
from gitless.wiring.keys import make_signer

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install 'gitless-gitops[pkcs11]'")

PIN = "7305-canary"
TOKEN = "fleet signing"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so", "/usr/lib64/pkcs11/libsofthsm2.so")
STATEMENT = Statement.about(Digest.parse("sha256:" + "a" * 64), "https://example.test/v1", {}).content
ENV = {"GITLESS_PKCS11_PIN": PIN}


@pytest.fixture(scope="module", autouse=True)
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A token with one P-256 key (id 2) and one P-384 key (id 3)."""
    module = next((path for path in MODULES if Path(path).is_file()), None)
    if shutil.which("softhsm2-util") is None or module is None:
        pytest.skip("SoftHSM2 is missing: on Debian and Ubuntu apt-get install softhsm2")
    home = tmp_path_factory.mktemp("softhsm")
    (home / "tokens").mkdir()
    config = home / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {home / 'tokens'}\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(config))
        patch.setenv("PYKCS11LIB", module)
        arguments = ["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "1234"]
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=30)
        _make_key(module, 2, "secp256r1")
        _make_key(module, 3, "secp384r1")
        yield


def _make_key(module: str, number: int, curve: str) -> None:
    from pkcs11.util.ec import encode_named_curve_parameters

    with pkcs11.lib(module).get_token(token_label=TOKEN).open(user_pin=PIN, rw=True) as session:
        attributes = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, attributes, local=True)
        parameters.generate_keypair(id=bytes([number]), label=curve, store=True)


@pytest.mark.parametrize("location", ["hsm:2?label=fleet+signing", "pkcs11:token=fleet%20signing;id=%02"])
def test_a_token_signs_side_by_side(location: str) -> None:
    signer = make_signer(location, ENV)
    key = TrustedKey.from_pem(signer.public_key_pem)
    with ThreadPoolExecutor(4) as pool:
        bundles = list(pool.map(signer.sign, [STATEMENT] * 8))
    assert {key.weigh(Bundle.parse(content)).standing for content in bundles} == {"valid"}


def test_a_wrong_pin_is_tried_once_and_not_shown() -> None:
    signer = make_signer("hsm:2", {"GITLESS_PKCS11_PIN": "wrong-canary"})
    for _ in range(5):
        with pytest.raises(UsageError) as caught:
            signer.sign(STATEMENT)
        assert "PinIncorrect" in caught.value.why
        assert "wrong-canary" not in str(caught.value)
    # SoftHSM2 locks a token after a few wrong ones; this one is open
    assert make_signer("hsm:2", ENV).sign(STATEMENT)


def test_another_curve_is_refused() -> None:
    with pytest.raises(UsageError, match="wrong type"):
        make_signer("hsm:3", ENV)


@pytest.mark.parametrize("location", ["hsm:9", "hsm:2?label=elsewhere", "pkcs11:token=elsewhere;id=%02"])
def test_a_key_or_token_that_is_not_there(location: str) -> None:
    with pytest.raises(UsageError, match="Cannot open the key in the PKCS#11 token"):
        make_signer(location, ENV)


def test_the_module_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYKCS11LIB")
    assert "PYKCS11LIB" not in os.environ
    with pytest.raises(UsageError, match="PYKCS11LIB environment variable must be set"):
        make_signer("hsm:2", ENV)

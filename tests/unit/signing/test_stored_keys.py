"""Keys in stores: securesystemslib's in-process signer stands for them; addresses, missing extras, bad days."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import CryptoSigner, SSlibKey

from gitless.errors import RemoteError, UsageError
from gitless.model.bundle import Bundle
from gitless.model.digest import Digest
from gitless.model.statement import Statement
from gitless.signing.key_store import KINDS, open_key_store
from gitless.signing.stored_key import signer_of
from gitless.verification.keys import TrustedKey
from gitless.wiring.keys import KEY_STORES, make_signer

STATEMENT = Statement.about(Digest.parse("sha256:" + "a" * 64), "https://example.test/v1", {}).content


def test_the_wiring_knows_the_same_stores() -> None:
    assert set(KEY_STORES) == set(KINDS)


def test_a_bundle_of_a_stored_key_verifies() -> None:
    signer = signer_of(CryptoSigner.generate_ecdsa(), "a test")
    key = TrustedKey.from_pem(signer.public_key_pem)
    with ThreadPoolExecutor(3) as pool:
        bundles = list(pool.map(signer.sign, [STATEMENT] * 3))
    assert {key.weigh(Bundle.parse(content)).standing for content in bundles} == {"valid"}


@pytest.mark.parametrize(
    "store", [CryptoSigner.generate_ed25519(), CryptoSigner.generate_rsa()], ids=["ed25519", "rsa"]
)
def test_other_types_of_keys_are_refused(store: Any) -> None:
    with pytest.raises(UsageError, match="The key in a test has the wrong type"):
        signer_of(store, "a test")


def test_p384_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(UsageError, match="wrong type"):
        signer_of(CryptoSigner(key, SSlibKey.from_crypto(key.public_key())), "a test")


class Store:
    """A store that fails, or signs with another key than it shows."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked = 0
        self.public_key = CryptoSigner.generate_ecdsa().public_key
        self._other = CryptoSigner.generate_ecdsa()
        self._error = error

    def sign(self, payload: bytes) -> Any:
        self.asked += 1
        if self._error:
            raise self._error
        return self._other.sign(payload)


def test_a_signature_of_another_key_is_not_used() -> None:
    with pytest.raises(RemoteError, match="does not verify with its own public key"):
        signer_of(Store(), "a test").sign(STATEMENT)


def test_a_store_that_fails_is_asked_again_next_time() -> None:
    store = Store(OSError("no route, password=hunter2"))
    signer = signer_of(store, "a test")
    for _ in range(2):
        with pytest.raises(RemoteError) as caught:
            signer.sign(STATEMENT)
        assert "hunter2" not in str(caught.value)
        assert "OSError: no route" in caught.value.why
    assert store.asked == 2


class PinIncorrect(Exception):  # noqa: N818  # the name the PKCS#11 library gives it
    pass


@pytest.mark.parametrize("error", [PinIncorrect(), ValueError("no such key")])
def test_a_wrong_pin_is_tried_once(error: Exception) -> None:
    store = Store(error)
    signer = signer_of(store, "a test")
    for _ in range(3):
        with pytest.raises(UsageError):
            signer.sign(STATEMENT)
    assert store.asked == 1


@pytest.mark.parametrize("location", ["awskms:alias/fleet", "gcpkms:projects/p", "azurekms://v", "hv:fleet/1"])
def test_a_missing_extra_is_named(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, KINDS[location.partition(":")[0]].module, None)
    with pytest.raises(UsageError) as caught:
        make_signer(location, {})
    extra = KINDS[location.partition(":")[0]].extra
    assert caught.value.hint == f"pip install 'gitless-gitops[{extra}]'"


@pytest.mark.parametrize(
    "location",
    [
        "hsm:two",
        "pkcs11:",
        "pkcs11:token=fleet",
        "pkcs11:token=fleet;id=%02?pin-value=1234",
        "pkcs11:token=fleet;id=%02;object=key",
    ],
)
def test_an_address_that_is_not_readable_shows_its_form(location: str) -> None:
    with pytest.raises(UsageError, match="is not readable") as caught:
        open_key_store(location, {"GITLESS_PKCS11_PIN": "1234"})
    assert "It has this form" in caught.value.hint
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize("location", ["hsm:2", "hsm:", "pkcs11:token=fleet;id=%02"])
def test_a_pin_that_is_not_set_names_its_variable(location: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_key_store(location, {})
    assert "GITLESS_PKCS11_PIN" in caught.value.hint

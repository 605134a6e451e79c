"""Keys that stay where they are: cloud key stores, Vault and PKCS#11 tokens, through securesystemslib's signers.

ECDSA P-256 with SHA-256 only, as for key files.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from cryptography.hazmat.primitives import serialization

from gitless.errors import UsageError
from gitless.model.secret import Secret
from gitless.signing.key_signer import BundleSigner
from gitless.signing.stored_key import SCHEME, signer_of, store_errors

PIN_VARIABLES = ("GITLESS_PKCS11_PIN", "COSIGN_PKCS11_PIN")
_MODULE_VARIABLE = "PYKCS11LIB"  # read by securesystemslib itself


@dataclass(frozen=True)
class _Kind:
    """One kind of store: the extra that brings its library, and the module that shows whether it is there."""

    extra: str
    module: str
    words: str


KINDS: Mapping[str, _Kind] = {
    "awskms": _Kind("awskms", "boto3", "AWS KMS"),
    "gcpkms": _Kind("gcpkms", "google.cloud.kms", "Google Cloud KMS"),
    "azurekms": _Kind("azurekms", "azure.keyvault.keys", "Azure Key Vault"),
    "hv": _Kind("vault", "hvac", "HashiCorp Vault"),
    "hsm": _Kind("pkcs11", "pkcs11", "the PKCS#11 token"),
    "pkcs11": _Kind("pkcs11", "pkcs11", "the PKCS#11 token"),
}


def open_key_store(location: str, env: Mapping[str, str]) -> BundleSigner:
    """The signer of a key in a store; its public key is read from there.

    Args:
        location: `awskms:KEY`, `gcpkms:projects/…/cryptoKeyVersions/N`, `azurekms://VAULT.vault.azure.net/keys/NAME`,
            `hv:NAME/VERSION`, `hsm:ID?label=TOKEN` or `pkcs11:token=TOKEN;id=%02`.
        env: The environment; a PIN is read from it, and nowhere else.

    Raises:
        UsageError: The extra is not installed, the location is malformed, or the key is of another type.
        RemoteError: The store failed.
    """
    scheme = location.partition(":")[0]
    kind = KINDS[scheme]
    _check_installed(kind)
    opener = {
        "awskms": _open_aws,
        "gcpkms": _open_gcp,
        "azurekms": _open_azure,
        "hv": _open_vault,
        "hsm": _open_hsm,
        "pkcs11": _open_pkcs11,
    }[scheme]
    with store_errors(f"open the key in {kind.words}"):
        signer = opener(location, _pin(env))
    return signer_of(signer, kind.words)


def _check_installed(kind: _Kind) -> None:
    try:
        importlib.import_module(kind.module)
        _signers()
    except ImportError as error:
        raise UsageError(
            f"Signing with a key in {kind.words} needs an extra that is not installed.",
            hint=f"pip install 'gitless-gitops[{kind.extra}]'",
        ) from error


def _pin(env: Mapping[str, str]) -> Secret | None:
    return next((Secret(env[name]) for name in PIN_VARIABLES if env.get(name)), None)


def _rest(location: str) -> str:
    return location.partition(":")[2].lstrip("/")


def _open_aws(location: str, pin: Secret | None) -> Any:
    del pin
    uri, key = _signers().AWSSigner.import_(_rest(location), SCHEME)
    return _signers().AWSSigner.from_priv_key_uri(uri, key)


def _open_gcp(location: str, pin: Secret | None) -> Any:
    del pin
    uri, key = _signers().GCPSigner.import_(_rest(location))
    return _signers().GCPSigner.from_priv_key_uri(uri, key)


def _open_azure(location: str, pin: Secret | None) -> Any:
    del pin
    parts = urlsplit(location)
    vault, _, domain = (parts.hostname or "").partition(".")
    folders = parts.path.strip("/").split("/")
    if domain != "vault.azure.net" or len(folders) not in (2, 3) or folders[0] != "keys":
        raise _malformed(location, "azurekms://VAULT.vault.azure.net/keys/NAME[/VERSION]")
    uri, key = _signers().AzureSigner.import_(vault, folders[1])
    if len(folders) == 3 and not uri.endswith(f"/{folders[2]}"):
        raise UsageError(
            "The key in Azure Key Vault is not the newest version.",
            why=f"The newest is {uri[:200]}.",
            hint="Only the newest version of a key can be used.",
        )
    return _signers().AzureSigner.from_priv_key_uri(uri, key)


def _open_vault(location: str, pin: Secret | None) -> Any:
    del pin
    name, _, version = _rest(location).partition("/")
    if not name or not version.isdigit():
        raise _malformed(location, "hv:NAME/VERSION")
    # securesystemslib reads Ed25519 keys only; signing takes any type
    found = importlib.import_module("hvac").Client().secrets.transit.read_key(name)["data"]["keys"].get(version)
    if not isinstance(found, dict) or "BEGIN PUBLIC KEY" not in str(found.get("public_key")):
        raise UsageError(
            "The key in HashiCorp Vault has the wrong type.",
            why=f"Version {version} of {name[:80]!r} is missing, or no ECDSA key.",
            hint=f"vault write transit/keys/{quote(name)} type=ecdsa-p256",
        )
    public = serialization.load_pem_public_key(found["public_key"].encode())
    return _signers().VaultSigner.from_priv_key_uri(f"hv:{name}/{version}", _signers().SSlibKey.from_crypto(public))


def _open_hsm(location: str, pin: Secret | None) -> Any:
    parts = urlsplit(location)
    if parts.path and not parts.path.isdigit():
        raise _malformed(location, "hsm:ID?label=TOKEN")
    label = dict(parse_qsl(parts.query)).get("label")
    return _open_token(int(parts.path) if parts.path else None, label, pin)


def _open_pkcs11(location: str, pin: Secret | None) -> Any:
    """The subset of RFC 7512 that names one key by token and id."""
    form = f"pkcs11:token=TOKEN;id=%02, the module in {_MODULE_VARIABLE} and the PIN in {PIN_VARIABLES[0]}"
    path = location.partition(":")[2]
    attributes = dict(part.partition("=")[::2] for part in path.split(";") if part)
    if "?" in path or not set(attributes) <= {"token", "id"} or not attributes.get("id"):
        raise _malformed(location.partition("?")[0], form)
    number = int.from_bytes(unquote(attributes["id"], "latin-1").encode("latin-1"), "big")
    return _open_token(number, unquote(attributes.get("token", "")) or None, pin)


def _open_token(number: int | None, label: str | None, pin: Secret | None) -> Any:
    if pin is None:
        raise UsageError("The PKCS#11 token's PIN is not set.", hint=f"Hand it to the job as {PIN_VARIABLES[0]}.")

    def give(name: str) -> str:
        del name
        return pin.reveal()

    uri, key = _signers().HSMSigner.import_(number, label, give)
    return _signers().HSMSigner.from_priv_key_uri(uri, key, give)


def _signers() -> Any:
    """The library, imported when a key store is used."""
    return importlib.import_module("securesystemslib.signer")


def _malformed(location: str, form: str) -> UsageError:
    return UsageError(
        f"The signing key's address {location[:120]!r} is not readable.", hint=f"It has this form: {form}."
    )

"""Private keys from files: PKCS#8 PEM, plain or encrypted, and cosign's encrypted key files."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import UsageError
from gitless.model.secret import Secret

_COSIGN_LABELS = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
_MAX_KEY_BYTES = 64 * 1024
_MAX_SCRYPT_BYTES = 256 * 1024 * 1024  # cosign uses N=65536, r=8: 64 MiB
_PASSWORD_HINT = "Set GITLESS_KEY_PASSWORD (or COSIGN_PASSWORD) to the key's passphrase."  # noqa: S105


def load_private_key(content: bytes, password: Secret | None) -> ec.EllipticCurvePrivateKey:
    """Read an ECDSA P-256 private key.

    Args:
        content: PEM bytes: PKCS#8, SEC1 or cosign's `ENCRYPTED SIGSTORE PRIVATE KEY`.
        password: The passphrase; None where none is set.

    Raises:
        UsageError: Not such a key, another curve, or a missing or wrong passphrase.
    """
    if len(content) > _MAX_KEY_BYTES:
        raise UsageError("The signing key is not readable.", why=f"It is longer than {_MAX_KEY_BYTES} bytes.")
    label = _pem_label(content)
    if label in _COSIGN_LABELS:
        return _parse(_open_cosign(_pem_body(content), password), None, der=True)
    if label == "ENCRYPTED PRIVATE KEY":
        if password is None:
            raise UsageError("The signing key is encrypted.", hint=_PASSWORD_HINT)
        return _parse(content, password, der=False)
    return _parse(content, None, der=False)


def _parse(content: bytes, password: Secret | None, *, der: bool) -> ec.EllipticCurvePrivateKey:
    load = serialization.load_der_private_key if der else serialization.load_pem_private_key
    try:
        key = load(content, password.reveal().encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = "The passphrase is wrong or the file is damaged." if password else "It is no PEM private key."
        hint = _PASSWORD_HINT if password else _key_hint()
        raise UsageError("The signing key is not readable.", why=why, hint=hint) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(
            "The signing key has the wrong type.",
            why="gitless signs with ECDSA on the curve P-256, which Flux and cosign verify.",
            hint=_key_hint(),
        )
    return key


def _open_cosign(body: bytes, password: Secret | None) -> bytes:
    if password is None:
        raise UsageError("The cosign signing key is encrypted.", hint=_PASSWORD_HINT)
    try:
        document = json.loads(base64.b64decode(body))
        key = _scrypt(document["kdf"], password)
        cipher = document["cipher"]
        if cipher["name"] != "nacl/secretbox":
            raise ValueError("unknown cipher")
        return _open_box(key, base64.b64decode(cipher["nonce"]), base64.b64decode(document["ciphertext"]))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise UsageError(
            "The cosign signing key is not readable.",
            why="The passphrase is wrong or the file is damaged.",
            hint=_PASSWORD_HINT,
        ) from error


def _scrypt(kdf: dict[str, Any], password: Secret) -> bytes:
    parameters = kdf["params"]
    n, r, p = (int(parameters[name]) for name in ("N", "r", "p"))
    if kdf["name"] != "scrypt" or not 0 < 128 * n * r <= _MAX_SCRYPT_BYTES or not 0 < p <= 16:
        raise ValueError("unknown or oversized key derivation")
    return hashlib.scrypt(
        password.reveal().encode(),
        salt=base64.b64decode(kdf["salt"]),
        n=n,
        r=r,
        p=p,
        maxmem=_MAX_SCRYPT_BYTES + 2**20,
        dklen=32,
    )


def _open_box(key: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        return SecretBox(key).decrypt(ciphertext, nonce)
    except CryptoError as error:
        raise ValueError("secretbox") from error


def _pem_label(content: bytes) -> str:
    first = content.lstrip().split(b"\n", 1)[0].strip().decode("ascii", "replace")
    return first.removeprefix("-----BEGIN ").removesuffix("-----") if first.startswith("-----BEGIN ") else ""


def _pem_body(content: bytes) -> bytes:
    return b"".join(line.strip() for line in content.splitlines() if b"-----" not in line)


def _key_hint() -> str:
    return (
        "Make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` or `cosign generate-key-pair`."
    )

"""A key that stays in a store, behind securesystemslib's signer for it.

Every signature is verified with the store's own public key before it is used. A wrong PIN is tried once: tokens lock
themselves after a few.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import GitlessError, RemoteError, UsageError
from gitless.model.redaction import redact
from gitless.signing.key_signer import BundleSigner

SCHEME = "ecdsa-sha2-nistp256"


def signer_of(store: Any, words: str) -> BundleSigner:
    """A signer over any of securesystemslib's.

    Args:
        store: The signer there.
        words: What it is, for error texts.

    Raises:
        UsageError: Its key is not ECDSA P-256.
    """
    public = _public_key(store.public_key, words)
    return BundleSigner(public, _Store(store, words, public).sign)


class _Store:
    """One store, asked by one thread at a time; after a failed login it is not asked again."""

    def __init__(self, store: Any, words: str, public: ec.EllipticCurvePublicKey) -> None:
        self._store, self._words, self._public = store, words, public
        self._lock = threading.Lock()
        self._failure: UsageError | None = None

    def sign(self, payload: bytes) -> bytes:
        with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                with store_errors(f"sign with the key in {self._words}"):
                    signature = bytes.fromhex(self._store.sign(payload).signature)
            except UsageError as error:
                self._failure = error
                raise
        try:
            self._public.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise RemoteError(
                f"Cannot sign with the key in {self._words}.",
                why="Its signature does not verify with its own public key.",
                hint="Name the version of the key in its address.",
            ) from error
        return signature


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn what a store's library raises into our own errors; secrets in its words are taken out.

    Args:
        doing: What it is for, after "Cannot".
    """
    try:
        yield
    except GitlessError:
        raise
    except Exception as error:
        # six libraries without a common base
        raise _explained(doing, error) from error


def _explained(doing: str, error: Exception) -> GitlessError:
    name = type(error).__name__
    what, why = f"Cannot {doing}.", f"{name}: {redact(str(error), 300)}".strip(": ")
    if name.startswith("Pin"):
        return UsageError(what, why=why, hint="Check the PIN; it was tried once, since tokens lock themselves.")
    if isinstance(error, ValueError) or name.startswith("Unsupported"):
        return UsageError(what, why=why)
    return RemoteError(what, why=why)


def _public_key(key: Any, words: str) -> ec.EllipticCurvePublicKey:
    public = serialization.load_pem_public_key(key.keyval["public"].encode()) if key.scheme == SCHEME else None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise UsageError(
            f"The key in {words} has the wrong type.",
            why=f"It is {key.scheme[:60]}; gitless signs with ECDSA on the curve P-256 and SHA-256, which Flux and "
            "cosign verify.",
        )
    return public

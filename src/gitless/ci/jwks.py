"""The public keys of the configured issuer: its discovery document and its key set (OpenID Connect Discovery)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gitless.ci.documents import Documents
from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.web import check_web_address
from gitless.web.beside import beside

MAX_DISCOVERY_BYTES = 64 * 1024
MAX_JWKS_BYTES = 512 * 1024
MAX_KEYS = 100
RSA_BITS = range(2048, 8193)


@dataclass(frozen=True)
class IssuerKey:
    """A key of an issuer.

    Attributes:
        algorithm: The one algorithm it signs with: `RS256` or `ES256`.
        key: The public key.
    """

    algorithm: str
    key: RSAPublicKey | EllipticCurvePublicKey


class IssuerKeys:
    """The keys of an issuer, fetched once; safe to ask from several threads.

    Args:
        issuer: The configured issuer; what a token says about its own never gets here.
        documents: How to ask.
    """

    def __init__(self, issuer: str, documents: Documents) -> None:
        self.issuer = issuer
        self._documents = documents
        self._lock = threading.Lock()
        self._pending: Future[Mapping[str, IssuerKey]] | None = None

    def prepare(self) -> None:
        """Begin to fetch the keys beside other work; what fails is said when a key is asked for."""
        with self._lock:
            self._start()

    def find(self, kid: str) -> IssuerKey | None:
        """The key of this name, looked for twice: an issuer may have changed its keys since they were fetched.

        Raises:
            RemoteError: The issuer's documents cannot be had.
            UntrustedContentError: They are not what they must be.
        """
        with self._lock:
            was_there = self._pending is not None
            keys = self._read()
            if kid not in keys and was_there:
                self._pending = None
                keys = self._read()
            return keys.get(kid)

    def _start(self) -> Future[Mapping[str, IssuerKey]]:
        if self._pending is None:
            self._pending = beside(self._fetch)
        return self._pending

    def _read(self) -> Mapping[str, IssuerKey]:
        try:
            return self._start().result()
        except RemoteError:
            self._pending = None
            raise

    def _fetch(self) -> Mapping[str, IssuerKey]:
        doing = f"get the OpenID configuration of {self.issuer}"
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self._documents.get(url, doing, MAX_DISCOVERY_BYTES)
        if document.get("issuer") != self.issuer:
            raise UntrustedContentError(
                f"The OpenID configuration of {self.issuer} is another issuer's.",
                why="Its field issuer must be equal to the address it was asked at.",
                hint="Check `server` and `issuer` in gitless.yaml.",
            )
        address = _checked_address(self.issuer, document.get("jwks_uri"))
        keys = self._documents.get(address, f"get the keys of {self.issuer}", MAX_JWKS_BYTES).get("keys")
        return _read_keys(self.issuer, keys)


def _checked_address(issuer: str, value: Any) -> str:
    try:
        return check_web_address(value if isinstance(value, str) else "")
    except ValueError as error:
        raise UntrustedContentError(
            f"The OpenID configuration of {issuer} cannot be used.", why=f"Its jwks_uri {error}."
        ) from error


def _read_keys(issuer: str, values: Any) -> dict[str, IssuerKey]:
    what = f"The key set of {issuer} cannot be used."
    if not isinstance(values, list) or len(values) > MAX_KEYS:
        raise UntrustedContentError(what, why=f"It must list at most {MAX_KEYS} keys.")
    keys: dict[str, IssuerKey] = {}
    for value in values:
        key = _read_key(value)
        if key is None:
            continue
        if value["kid"] in keys:
            raise UntrustedContentError(what, why="Two of its keys have the same name.")
        keys[value["kid"]] = key
    return keys


def _read_key(value: Any) -> IssuerKey | None:
    """A key that may sign tokens; None for every other, since a set may hold keys for other uses."""
    if not isinstance(value, dict) or not isinstance(value.get("kid"), str) or value.get("use", "sig") != "sig":
        return None
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(value.get("kty")))
    if algorithm is None or value.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(value, algorithm).key
    except (PyJWTError, ValueError, TypeError):
        return None
    is_rsa = isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS
    is_p256 = isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    return IssuerKey(algorithm, key) if is_rsa or is_p256 else None

"""The signer of key mode: DSSE over ECDSA P-256 in a Sigstore bundle that Flux and cosign read."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import DefectError
from gitless.model.bundle import MAX_BUNDLE_BYTES, Bundle, key_hint
from gitless.model.dsse import Envelope, pae
from gitless.model.media_types import IN_TOTO
from gitless.model.secret import Secret
from gitless.signing.keys import load_private_key


class KeySigner:
    """Signs statements with one private key; implements the port `Signer`.

    Args:
        content: The key file's bytes (see `keys.load_private_key`).
        password: Its passphrase, if it has one.
    """

    def __init__(self, content: bytes, password: Secret | None = None) -> None:
        self._key = load_private_key(content, password)
        public = self._key.public_key()
        self._hint = key_hint(
            public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        self._pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def public_key_pem(self) -> bytes:
        """The public key, PEM."""
        return self._pem

    def sign(self, statement: bytes) -> bytes:
        """Sign in-toto statement bytes; returns the bundle's JSON bytes.

        Raises:
            DefectError: The bundle would pass 3 MiB; whoever made the statement should have bounded it.
        """
        signature = self._key.sign(pae(statement), ec.ECDSA(hashes.SHA256()))
        content = Bundle(Envelope(statement, IN_TOTO, signature), self._hint).to_bytes()
        if len(content) > MAX_BUNDLE_BYTES:
            raise DefectError(f"A signed bundle would be {len(content)} bytes long; the limit is {MAX_BUNDLE_BYTES}.")
        return content

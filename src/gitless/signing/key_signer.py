"""The signers of key mode: DSSE over ECDSA P-256 in a Sigstore bundle that Flux and cosign read."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import DefectError
from gitless.model.bundle import MAX_BUNDLE_BYTES, Bundle, key_hint
from gitless.model.dsse import Envelope, pae
from gitless.model.media_types import IN_TOTO
from gitless.model.secret import Secret
from gitless.signing.keys import load_private_key


class BundleSigner:
    """Signs statements with one key, wherever its private half is; implements the port `Signer`.

    Args:
        public: The public key.
        sign: Gives the DER signature, ECDSA with SHA-256, over a payload; called from several threads.
    """

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        self._hint = key_hint(public.public_bytes(serialization.Encoding.DER, form))
        self._pem = public.public_bytes(serialization.Encoding.PEM, form)
        self._sign = sign
        self._stamp: Callable[[bytes], bytes] | None = None

    def stamped_by(self, stamp: Callable[[bytes], bytes]) -> BundleSigner:
        """The same signer, with an RFC 3161 timestamp in each bundle.

        Args:
            stamp: Gets the timestamp over a signature (`TimestampAuthority.stamp`).
        """
        signer = copy(self)
        signer._stamp = stamp  # noqa: SLF001  # its own class
        return signer

    @property
    def public_key_pem(self) -> bytes:
        """The public key, PEM."""
        return self._pem

    def sign(self, statement: bytes) -> bytes:
        """Sign in-toto statement bytes; returns the bundle's JSON bytes.

        Raises:
            DefectError: The bundle would pass 3 MiB; whoever made the statement should have bounded it.
            RemoteError: The key store or the timestamp authority failed.
        """
        signature = self._sign(pae(statement))
        stamps = (self._stamp(signature),) if self._stamp else ()
        content = Bundle(Envelope(statement, IN_TOTO, signature), self._hint, timestamps=stamps).to_bytes()
        if len(content) > MAX_BUNDLE_BYTES:
            raise DefectError(f"A signed bundle would be {len(content)} bytes long; the limit is {MAX_BUNDLE_BYTES}.")
        return content

    def sign_payload(self, payload: bytes) -> bytes:
        """The bare DER signature over a payload, for legacy signatures.

        Raises:
            RemoteError: The key store failed.
        """
        return self._sign(payload)


class KeySigner(BundleSigner):
    """Signs with a key that is handed in.

    Args:
        content: The key file's bytes (see `keys.load_private_key`).
        password: Its passphrase, if it has one.
    """

    def __init__(self, content: bytes, password: Secret | None = None) -> None:
        key = load_private_key(content, password)
        super().__init__(key.public_key(), lambda payload: key.sign(payload, ec.ECDSA(hashes.SHA256())))

"""sigstore-python's verifier behind one door: its many exceptions become numbered refusals.

It is imported on first use (0.3 s), and built once for each pair of logs that bundles name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gitless.errors import UsageError
from gitless.model.digest import Digest
from gitless.verification.refused import RefusedError
from gitless.verification.trusted_root import Authority, Log, TrustedRoot

if TYPE_CHECKING:
    from sigstore.models import Bundle
    from sigstore.models import TrustedRoot as LibraryRoot
    from sigstore.verify import Verifier

# parts of its messages, in the order in which they are looked for; version 4.5.1, pinned
_STEPS = (
    ("failed to verify SCT", "bundle.4-sct", "The certificate's log timestamp does not verify."),
    ("failed to build timestamp certificate chain", "bundle.2-certificate", "The certificate's chain does not verify."),
    ("expired at time of signing", "bundle.2-certificate", "The certificate was not valid when it signed."),
    ("usage", "bundle.2-certificate", "The certificate is not for signing code."),
    ("invalid log entry: SET", "bundle.5-log", "The log's promise does not verify."),
    ("checkpoint", "bundle.5-log", "The log's checkpoint does not verify."),
    ("inclusion proof", "bundle.5-log", "The log's inclusion proof does not verify."),
    ("log entry", "bundle.5-log", "The log entry is not about this signature."),
    ("imestamp", "bundle.3-time", "The timestamps do not verify."),
    ("verified time", "bundle.3-time", "Nobody says when it was signed."),
    ("ntegrated time", "bundle.3-time", "The integrated time is not to be trusted for this type of entry."),
    ("ignature", "bundle.6-signature", "The signature does not verify."),
    ("digest mismatch", "bundle.6-signature", "The signature is over something else."),
    ("rtificate", "bundle.2-certificate", "The certificate does not verify."),
)
_UNREADABLE = ("bundle.1-format", "The bundle is malformed.")


class SigstorePython:
    """Verifies bundles against one trusted root; safe to call from several threads.

    Args:
        root: Whose certificates, logs and timestamps count.
    """

    def __init__(self, root: TrustedRoot) -> None:
        self._root = root
        self._verifiers: dict[tuple[bytes, bytes], Verifier] = {}
        self._lock = threading.Lock()

    def verify_envelope(self, content: bytes, certificate: bytes, tlog: Log, ctlog: Log) -> tuple[str, bytes]:
        """Verify a bundle with a DSSE envelope.

        Args:
            content: The bundle's JSON.
            certificate: The certificate that it must be signed with, DER.
            tlog: The log its entry names.
            ctlog: The log its certificate names.

        Returns:
            Type and payload that are signed.

        Raises:
            RefusedError: It does not verify.
            UsageError: The trusted root cannot be used.
        """
        verifier = self._verifier(tlog, ctlog)
        result: tuple[str, bytes] = _numbered(
            lambda: verifier.verify_dsse(_bundle(content), _ThisCertificate(certificate))
        )
        return result

    def verify_digest(self, content: bytes, certificate: bytes, tlog: Log, ctlog: Log, digest: Digest) -> None:
        """Verify a bundle with a signature over a file's digest; arguments as above.

        Args:
            content: As above.
            certificate: As above.
            tlog: As above.
            ctlog: As above.
            digest: The file's digest.

        Raises:
            RefusedError: It does not verify.
            UsageError: The trusted root cannot be used.
        """
        from sigstore.hashes import Hashed
        from sigstore_models.common.v1 import HashAlgorithm

        verifier = self._verifier(tlog, ctlog)
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(digest.hex))
        _numbered(lambda: verifier.verify_artifact(hashed, _bundle(content), _ThisCertificate(certificate)))

    def verify_log_timestamp(self, certificate: x509.Certificate, issuer: Authority, tlog: Log, ctlog: Log) -> None:
        """Verify the certificate log's timestamp alone, for signatures that are in no bundle.

        Args:
            certificate: The signing certificate.
            issuer: The authority that issued it.
            tlog: The log that has the signature.
            ctlog: The log its certificate names.

        Raises:
            RefusedError: It does not verify (bundle.4-sct).
            UsageError: The trusted root cannot be used.
        """
        # its parts are not public; the version is pinned
        from sigstore._internal.sct import verify_sct
        from sigstore._internal.trust import KeyringPurpose

        keyring = self._library_root(tlog, ctlog).ct_keyring(KeyringPurpose.VERIFY)
        try:
            verify_sct(certificate, list(issuer.chain), keyring)
        except Exception as error:  # as in `_numbered`
            raise RefusedError("bundle.4-sct", "The certificate's log timestamp does not verify.") from error

    def _verifier(self, tlog: Log, ctlog: Log) -> Verifier:
        pair = (tlog.key_id, ctlog.key_id)
        with self._lock:
            if pair not in self._verifiers:
                self._verifiers[pair] = self._build(tlog, ctlog)
            return self._verifiers[pair]

    def _build(self, tlog: Log, ctlog: Log) -> Verifier:
        from sigstore.verify import Verifier

        return Verifier(trusted_root=self._library_root(tlog, ctlog))

    def _library_root(self, tlog: Log, ctlog: Log) -> LibraryRoot:
        from sigstore.models import TrustedRoot as LibraryRoot
        from sigstore_models.trustroot.v1 import TrustedRoot as RootModel

        try:
            root = LibraryRoot(RootModel.from_json(self._root.narrowed(tlog, ctlog)))
            root.get_fulcio_certs()
            root.get_timestamp_authorities()
            return root
        except Exception as error:  # its own errors and pydantic's
            raise UsageError(
                "The trusted root is not usable.",
                why=str(error)[:300],
                hint="Take trusted_root.json as the Sigstore instance's operator publishes it.",
            ) from error


class _ThisCertificate:
    """A policy of sigstore-python: what it verified is the certificate whose identity we have read."""

    def __init__(self, certificate: bytes) -> None:
        self._certificate = certificate

    def verify(self, cert: x509.Certificate) -> None:
        """Refuse any other certificate."""
        if cert.public_bytes(Encoding.DER) != self._certificate:
            raise RefusedError("bundle.1-format", "The bundle names two certificates.")


def _bundle(content: bytes) -> Bundle:
    from sigstore.models import Bundle

    return Bundle.from_json(content)


def _numbered(verify: Callable[[], Any]) -> Any:
    try:
        return verify()
    except RefusedError:
        raise
    except Exception as error:  # sigstore's own, pydantic's, struct's, cryptography's: the input is hostile
        check, what = _step(error)
        raise RefusedError(check, what) from error


def _step(error: Exception) -> tuple[str, str]:
    """Which step a message of sigstore-python belongs to; a text that it does not say is a malformed bundle."""
    text = str(error)
    if not type(error).__module__.startswith("sigstore"):
        return _UNREADABLE
    if text.startswith("failed to load bundle"):
        return _UNREADABLE
    return next(((check, what) for part, check, what in _STEPS if part in text), _UNREADABLE)

"""Certificates that evidence may verify under: a pattern of identities and a trusted root.

The numbered steps, in the order in which they decide:

 1. `bundle.1-format`: a bundle of version 0.3 with one certificate;
 2. `bundle.2-certificate`: readable, one name, one issuer;
 7. `bundle.7-identity`: issuer and name match the pattern; a stranger's bundle is asked nothing more;
 6. `bundle.6-signature`: the certificate's key signed the payload (all that follows is about this signature);
 2. `bundle.2-certificate`: for signing code, issued by an authority of the root;
 5. `bundle.5-log`: one entry, of a log the root knows, with a checkpoint under that log's own name;
 3. `bundle.3-time`: a timestamp of the root's authorities, or the log's time with its promise;
 2. `bundle.2-certificate`: it, and that authority, were in use at each of these times;
 4. `bundle.4-sct`: one timestamp of a certificate log that the root knows;
 then sigstore-python: chain, key usage, certificate log, inclusion proof, checkpoint, promise, signature, and that the
 log entry is about this signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.model.bundle import Bundle
from gitless.model.identity import Identity
from gitless.model.workload import Workload
from gitless.verification.chain import check_times, find_issuers
from gitless.verification.extensions import claimed_identities, read_certificate, read_workload
from gitless.verification.legacy import LegacySignature
from gitless.verification.log_entry import LogEntry
from gitless.verification.refused import RefusedError
from gitless.verification.signed import Signed
from gitless.verification.sigstore_python import SigstorePython
from gitless.verification.timestamps import read_tokens, verified_times
from gitless.verification.trust import Weight
from gitless.verification.trusted_root import Log, TrustedRoot

_BY_KEY = Weight("foreign", "It is signed with a key, not with a certificate.", "bundle.7-identity")


class Matcher(Protocol):
    """Says which identities are trusted."""

    @property
    def source(self) -> str:
        """URI of the source repository a certificate must name; empty for any."""
        ...

    def matches(self, identity: Identity) -> bool:
        """Whether the identity is one of these."""
        ...


class CertificateTrust:
    """A pattern of identities whose certificates count; implements `Trust`, safe to call from several threads.

    Args:
        pattern: Which identities.
        trusted_root: trusted_root.json of the Sigstore instance.

    Raises:
        UsageError: The trusted root is not usable.
    """

    def __init__(self, pattern: Matcher, trusted_root: bytes) -> None:
        self.pattern = pattern
        self._root = TrustedRoot.parse(trusted_root)
        self._sigstore = SigstorePython(self._root)

    def weigh(self, bundle: Bundle) -> Weight:
        """Weigh a bundle; bundles signed with a key are somebody else's.

        Raises:
            UsageError: The trusted root holds keys that sigstore-python cannot use.
        """
        try:
            return self.weigh_signed(Signed.of_bundle(bundle))
        except RefusedError as refused:
            return Weight("invalid", refused.what, refused.check)

    def weigh_legacy(self, signature: LegacySignature) -> Weight:
        """Weigh a legacy signature; it has no other time than the log's promise (Rekor v1).

        Raises:
            UsageError: As `weigh`.
        """
        try:
            if not signature.certificate:
                return _BY_KEY
            certificate = read_certificate(signature.certificate)
            found = self._identify(certificate)
            return found if isinstance(found, Weight) else self._weigh_promise(signature, certificate, found)
        except RefusedError as refused:
            return Weight("invalid", refused.what, refused.check)

    def _weigh_promise(self, signature: LegacySignature, certificate: x509.Certificate, workload: Workload) -> Weight:
        if not signature.is_signed_by(_public_key(certificate)):
            raise RefusedError("bundle.6-signature", "The signature is not by the certificate's key.")
        issuers = find_issuers(certificate, self._root.authorities)
        moment, tlog = signature.promised(self._root)
        check_times(certificate, issuers, [moment])
        self._sigstore.verify_log_timestamp(certificate, issuers[0], tlog, _certificate_log(certificate, self._root))
        return Weight("valid", f"Signed by {workload.identity}.", "bundle.6-signature", workload, moment)

    def weigh_signed(self, signed: Signed) -> Weight:
        """Weigh a bundle that was taken apart.

        Raises:
            RefusedError: It is ours by its name, and one step does not hold.
            UsageError: As `weigh`.
        """
        if signed.has_key:
            return _BY_KEY
        certificate = read_certificate(signed.certificate)
        found = self._identify(certificate)
        return found if isinstance(found, Weight) else self._weigh_ours(signed, certificate, found)

    def _identify(self, certificate: x509.Certificate) -> Workload | Weight:
        """What a certificate of ours says of the job; the weight of somebody else's."""
        claimed = claimed_identities(certificate)
        if not any(map(self.pattern.matches, claimed)):
            reason = f"It is signed by {' or '.join(map(str, claimed))}, who is not trusted."
            return Weight("foreign", reason, "bundle.7-identity")
        workload = read_workload(certificate)
        if self.pattern.source not in ("", workload.source_uri):
            reason = f"It is signed for the repository {workload.source_uri}, which is not trusted."
            return Weight("foreign", reason, "bundle.7-identity")
        return workload

    def _weigh_ours(self, signed: Signed, certificate: x509.Certificate, workload: Workload) -> Weight:
        signed.check(_public_key(certificate))
        proof = Proof.read(signed.document, signed.signature, certificate, self._root)
        if signed.envelope:
            envelope = signed.envelope
            found = self._sigstore.verify_envelope(proof.content, signed.certificate, proof.tlog, proof.ctlog)
            if found != (envelope.payload_type, envelope.payload):
                raise RefusedError("bundle.1-format", "The bundle holds two payloads.")
        elif signed.digest:
            self._sigstore.verify_digest(proof.content, signed.certificate, proof.tlog, proof.ctlog, signed.digest)
        reason = f"Signed by {workload.identity}."
        return Weight("valid", reason, "bundle.6-signature", workload, proof.signed_at, proof.timestamped)


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands around a signature: log entry, times and the certificate's own log.

    Attributes:
        content: The bundle for sigstore-python.
        tlog: The log the entry names.
        ctlog: The log the certificate names.
        signed_at: When it was signed, as a timestamp authority says, or else the log.
        timestamped: Whether a timestamp authority says so.
    """

    content: bytes
    tlog: Log
    ctlog: Log
    signed_at: datetime
    timestamped: bool

    @classmethod
    def read(
        cls, document: Mapping[str, Any], signature: bytes, certificate: x509.Certificate, root: TrustedRoot
    ) -> Proof:
        """Read it and check what sigstore-python does not.

        Args:
            document: The bundle's JSON object, with an object `verificationMaterial`.
            signature: The signature that was logged and timestamped.
            certificate: The signing certificate.
            root: The trusted root.

        Raises:
            RefusedError: One step does not hold.
        """
        material = document["verificationMaterial"]
        issuers = find_issuers(certificate, root.authorities)
        entry = LogEntry.parse(material.get("tlogEntries"))
        tlog = entry.check(root)
        stamped = verified_times(read_tokens(material), signature, root.timestamp_authorities)
        times = [*stamped, *([entry.integrated] if entry.integrated else [])]
        if not times:
            raise RefusedError("bundle.3-time", "No trusted authority says when it was signed.")
        check_times(certificate, issuers, times)
        if not all(map(tlog.valid.holds, times)):
            raise RefusedError("bundle.5-log", "The log's key was not in use when it was signed.")
        ctlog = _certificate_log(certificate, root)
        return cls(_completed(document, keep_timestamps=bool(stamped)), tlog, ctlog, times[0], bool(stamped))


def _public_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    try:
        key = certificate.public_key()
    except Exception as error:  # key types that the parser does not know
        raise RefusedError("bundle.2-certificate", "The certificate's key is not readable.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise RefusedError("bundle.2-certificate", "The certificate's key is not an elliptic curve's.")
    return key


def _certificate_log(certificate: x509.Certificate, root: TrustedRoot) -> Log:
    """The log of the certificate's one embedded timestamp."""
    try:
        stamps = list(
            certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
        )
    except x509.ExtensionNotFound as error:
        raise RefusedError("bundle.4-sct", "The certificate has no timestamp of a certificate log.") from error
    if len(stamps) != 1:
        raise RefusedError("bundle.4-sct", f"The certificate has {len(stamps)} log timestamps; one is expected.")
    log = root.ctlogs.get(stamps[0].log_id)
    if log is None:
        raise RefusedError("bundle.4-sct", "The certificate is in a log that the trusted root does not know.")
    if not log.valid.holds(stamps[0].timestamp.replace(tzinfo=timezone.utc)):
        raise RefusedError("bundle.4-sct", "The certificate log's key was not in use at its timestamp.")
    return log


def _completed(document: Mapping[str, Any], *, keep_timestamps: bool) -> bytes:
    """The bundle with the zeros that Go's JSON leaves out and sigstore-python asks for.

    Timestamps that nobody in the trusted root made are left out, as Flux passes them over where it has the log's time.
    """
    material = dict(document["verificationMaterial"])
    (entry,) = material["tlogEntries"]
    proof = {"logIndex": "0", "hashes": [], **entry["inclusionProof"]}
    material["tlogEntries"] = [_as_text({"logIndex": "0", **entry, "inclusionProof": _as_text(proof)})]
    if not keep_timestamps:
        material.pop("timestampVerificationData", None)
    return json.dumps({**document, "verificationMaterial": material}).encode()


def _as_text(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in document.items()
    }

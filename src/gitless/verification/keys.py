"""Public keys that evidence may verify under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.bundle import Bundle, key_hint
from gitless.model.canonical import read_json_object
from gitless.model.dsse import Envelope
from gitless.verification.refused import RefusedError
from gitless.verification.trust import Weight

if TYPE_CHECKING:
    from gitless.verification.legacy import LegacySignature
    from gitless.verification.trusted_root import Authority


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One ECDSA P-256 public key.

    Attributes:
        key: The key itself.
        hint: What bundles made with it carry as hint.
        authorities: Timestamp authorities whose word on the time counts; none where nobody is asked. Flux asks nobody.
    """

    key: ec.EllipticCurvePublicKey
    hint: str
    authorities: tuple[Authority, ...] = ()

    @classmethod
    def from_pem(cls, content: bytes) -> TrustedKey:
        """Read a PEM public key.

        Raises:
            UsageError: It is no ECDSA P-256 public key; a private key is refused with that word.
        """
        if b"PRIVATE KEY" in content:
            raise UsageError("A private key was given where a public key belongs.", hint="Give the .pub file.")
        try:
            key = serialization.load_pem_public_key(content)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError("The public key is not readable.", why="It is no PEM public key.") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise UsageError("The public key has the wrong type.", why="Only ECDSA on P-256 is supported.")
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(key, key_hint(der))

    def signed(self, envelope: Envelope) -> bool:
        """Whether the envelope's signature is this key's over exactly its payload and type."""
        try:
            self.key.verify(envelope.signature, envelope.signed_bytes, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def weigh(self, bundle: Bundle) -> Weight:
        """Weigh a bundle; implements `Trust`. Bundles with a certificate are not a key's, as Flux sees it."""
        if bundle.has_certificate:
            return Weight("foreign", "It is signed with a certificate, not with a key.", "bundle.7-identity")
        if self.signed(bundle.envelope) and bundle.envelope.key_id:
            return Weight("invalid", "The signature names a key, and Flux refuses that.", "bundle.6-signature")
        if self.signed(bundle.envelope):
            moment = self._stamped(bundle)
            reason = "Signed by a trusted key."
            return Weight("valid", reason, "bundle.6-signature", signed_at=moment, timestamped=moment is not None)
        if bundle.key_hint == self.hint:
            reason = "Its key hint is a trusted key's, but the signature does not verify."
            return Weight("invalid", reason, "bundle.6-signature")
        return Weight("foreign", "It is not signed by a trusted key.", "bundle.7-identity")

    def _stamped(self, bundle: Bundle) -> datetime | None:
        """A verified time; timestamps that say nothing are passed over, as a key needs none."""
        if not self.authorities:
            return None
        # certificates are only parsed where somebody's timestamps count
        from gitless.verification.timestamps import read_tokens, verified_times

        try:
            material = read_json_object(bundle.content, "The bundle")["verificationMaterial"]
            times = verified_times(read_tokens(material), bundle.envelope.signature, self.authorities)
        except UntrustedContentError:
            return None
        return times[0] if times else None

    def weigh_legacy(self, signature: LegacySignature) -> Weight:
        """Weigh a legacy signature; implements `Trust`. A certificate beside it is not looked at, as in Flux."""
        try:
            if signature.is_signed_by(self.key):
                return Weight("valid", "Signed by a trusted key.", "bundle.6-signature")
        except RefusedError as refused:
            return Weight("invalid", refused.what, refused.check)
        return Weight("foreign", "It is not signed by a trusted key.", "bundle.7-identity")

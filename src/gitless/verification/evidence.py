"""One referrer with its bundle, and what it is worth under a set of keys.

Three words with three consequences: `foreign` evidence is somebody else's and ignored, `invalid` evidence claims to
be ours and does not verify, `missing` evidence is simply not there and may be completed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gitless.errors import UntrustedContentError
from gitless.model.bundle import Bundle, is_bundle_media_type
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import IN_TOTO
from gitless.model.statement import Statement
from gitless.verification.keys import TrustedKey

Standing = Literal["valid", "foreign", "invalid"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A referrer that holds a Sigstore bundle.

    Attributes:
        manifest: The referrer manifest's descriptor.
        bundle: The bundle's bytes.
    """

    manifest: Descriptor
    bundle: bytes


@dataclass(frozen=True, slots=True)
class JudgedEvidence:
    """Evidence with its standing under the trusted keys.

    Attributes:
        manifest: The referrer manifest's digest.
        standing: `valid`, `foreign` or `invalid`.
        reason: Why, in one sentence.
        statement: The statement, where it could be read; trustworthy only when the standing is `valid`.
    """

    manifest: Digest
    standing: Standing
    reason: str
    statement: Statement | None = None

    @property
    def predicate_type(self) -> str:
        """The statement's predicate type; empty where it could not be read."""
        return self.statement.predicate_type if self.statement else ""


def bundle_layer(manifest: Manifest, subject: Digest) -> Descriptor | None:
    """The bundle layer of a referrer manifest, as Flux finds it: exactly one layer, a bundle of version 0.3 or newer.

    Returns:
        The layer's descriptor; None where Flux would ignore this referrer or it refers to something else.
    """
    if manifest.subject is None or manifest.subject.digest != subject:
        return None
    layers = manifest.layers
    return layers[0] if len(layers) == 1 and is_bundle_media_type(layers[0].media_type) else None


def judge_evidence(evidence: Evidence, subject: Digest, keys: Sequence[TrustedKey]) -> JudgedEvidence:
    """Weigh one bundle: signature first, then what it says and about which digest."""
    digest = evidence.manifest.digest
    try:
        bundle = Bundle.parse(evidence.bundle)
    except UntrustedContentError as error:
        return JudgedEvidence(digest, "invalid", error.what)
    if bundle.has_certificate:
        return JudgedEvidence(digest, "foreign", "It is signed with a certificate, not with a key.", _read(bundle))
    if not any(key.signed(bundle.envelope) for key in keys):
        ours = any(key.hint == bundle.key_hint for key in keys)
        reason = "Its key hint is a trusted key's, but the signature does not verify."
        return JudgedEvidence(
            digest,
            "invalid" if ours else "foreign",
            reason if ours else "It is not signed by a trusted key.",
            _read(bundle),
        )
    return _judge_statement(digest, bundle, subject)


def _judge_statement(digest: Digest, bundle: Bundle, subject: Digest) -> JudgedEvidence:
    if bundle.envelope.payload_type != IN_TOTO:
        return JudgedEvidence(digest, "invalid", "Its payload is not an in-toto statement.")
    try:
        statement = Statement.parse(bundle.envelope.payload)
    except UntrustedContentError as error:
        return JudgedEvidence(digest, "invalid", error.what)
    if statement.subjects != (subject,):
        return JudgedEvidence(digest, "invalid", "It is about another digest.", statement)
    return JudgedEvidence(digest, "valid", "Signed by a trusted key, about this digest.", statement)


def _read(bundle: Bundle) -> Statement | None:
    try:
        return Statement.parse(bundle.envelope.payload)
    except UntrustedContentError:
        return None

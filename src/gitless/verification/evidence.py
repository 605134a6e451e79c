"""One referrer with its bundle, and what it is worth under a set of identities.

Three words with three consequences: `foreign` evidence is somebody else's and ignored, `invalid` evidence claims to
be ours and does not verify, `missing` evidence is simply not there and may be completed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gitless.errors import UntrustedContentError
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES, Bundle, is_bundle_media_type
from gitless.model.canonical import read_json_object
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import IN_TOTO
from gitless.model.simple_signing import SIMPLE_SIGNING, signed_digest
from gitless.model.statement import Statement
from gitless.model.workload import Workload
from gitless.verification.trust import Standing, Trust, Weight

if TYPE_CHECKING:
    from gitless.verification.legacy import LegacySignature


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
    """Evidence with its standing under the trusted identities.

    Attributes:
        manifest: The referrer manifest's digest.
        standing: `valid`, `foreign` or `invalid`.
        reason: Why, in one sentence.
        statement: The statement, where it could be read; trustworthy only when the standing is `valid`.
        check: The numbered step that decided (see docs/verification.md).
        workload: What the signing certificate says of the job; None for keys and for what is not valid.
        signed_at: A time another party vouches for, UTC; None where nobody does.
        timestamped: Whether that time is a timestamp authority's (RFC 3161).
        is_legacy: Whether it is a legacy signature, which holds no statement.
        has_untimed_entry: Whether its log entries give no time (Rekor v2), whoever signed it.
    """

    manifest: Digest
    standing: Standing
    reason: str
    statement: Statement | None = None
    check: str = ""
    workload: Workload | None = None
    signed_at: datetime | None = None
    timestamped: bool = False
    is_legacy: bool = False
    has_untimed_entry: bool = False

    @property
    def predicate_type(self) -> str:
        """The statement's predicate type; a legacy signature's media type; empty where it could not be read."""
        if self.is_legacy:
            return SIMPLE_SIGNING
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


def judge_evidence(evidence: Evidence, subject: Digest, trusted: Sequence[Trust]) -> JudgedEvidence:
    """Weigh one bundle: who signed it first, then what it says and about which digest.

    Args:
        evidence: The bundle and its referrer.
        subject: The digest it must be about.
        trusted: The trusted identities; any of them may have signed.
    """
    digest = evidence.manifest.digest
    if len(evidence.bundle) > MAX_FOREIGN_BUNDLE_BYTES:
        return JudgedEvidence(digest, "invalid", "The bundle is too long.", check="bundle.1-format")
    try:
        bundle = Bundle.parse(evidence.bundle)
    except UntrustedContentError as error:
        return JudgedEvidence(digest, "invalid", error.what, check="bundle.1-format")
    weight = _best([identity.weigh(bundle) for identity in trusted])
    if weight.standing == "valid":
        found = _judge_statement(digest, bundle, subject, weight)
    else:
        found = JudgedEvidence(digest, weight.standing, weight.reason, _read(bundle), weight.check)
    return replace(found, has_untimed_entry=_is_untimed(bundle))


def judge_legacy(
    manifest: Digest, signature: LegacySignature, subject: Digest, trusted: Sequence[Trust]
) -> JudgedEvidence:
    """Weigh one legacy signature.

    Args:
        manifest: The manifest that holds it.
        signature: The signature.
        subject: The digest it must be about.
        trusted: The trusted identities; any of them may have signed.
    """
    weight = _best([identity.weigh_legacy(signature) for identity in trusted])
    if weight.standing == "valid" and signed_digest(signature.payload) != subject:
        weight = Weight("invalid", "It is about another digest.", "bundle.9-subject")
    return JudgedEvidence(
        manifest,
        weight.standing,
        weight.reason,
        None,
        weight.check,
        weight.workload,
        weight.signed_at,
        is_legacy=True,
    )


def _best(weights: Sequence[Weight]) -> Weight:
    """One identity that accepts is enough; where none does, a broken claim outweighs a stranger's."""
    order = {"valid": 0, "invalid": 1, "foreign": 2}
    return min(weights, key=lambda weight: order[weight.standing], default=_NOBODY)


_NOBODY = Weight("foreign", "Nobody is trusted.", "bundle.7-identity")


def _judge_statement(digest: Digest, bundle: Bundle, subject: Digest, weight: Weight) -> JudgedEvidence:
    if bundle.envelope.payload_type != IN_TOTO:
        reason = "Its payload is not an in-toto statement."
        return JudgedEvidence(digest, "invalid", reason, check="bundle.8-payload")
    try:
        statement = Statement.parse(bundle.envelope.payload)
    except UntrustedContentError as error:
        return JudgedEvidence(digest, "invalid", error.what, check="bundle.8-payload")
    if statement.subjects != (subject,):
        return JudgedEvidence(digest, "invalid", "It is about another digest.", statement, "bundle.9-subject")
    return JudgedEvidence(
        digest,
        "valid",
        weight.reason.removesuffix(".") + ", about this digest.",
        statement,
        "bundle.9-subject",
        weight.workload,
        weight.signed_at,
        weight.timestamped,
    )


def _is_untimed(bundle: Bundle) -> bool:
    """Whether there are log entries, and none of them gives a time, as cosign looks at it before it verifies any."""
    if b"tlogEntries" not in bundle.content:
        return False
    try:
        entries = read_json_object(bundle.content, "The bundle")["verificationMaterial"].get("tlogEntries")
        return bool(entries) and all(str(entry.get("integratedTime", "0")) == "0" for entry in entries)
    except (UntrustedContentError, AttributeError, KeyError, TypeError):
        return False


def _read(bundle: Bundle) -> Statement | None:
    try:
        return Statement.parse(bundle.envelope.payload)
    except UntrustedContentError:
        return None

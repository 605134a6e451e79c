"""Completing the evidence of the one manifest this run has built, and nothing else.

What is signed here is always the digest of bytes that this process has just made. Whatever a store holds under that
digest is read to see which evidence is there already; whatever it holds under any tag is never signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gitless.artifact.manifest import CONFIG_BLOB, EMPTY_BLOB, build_referrer
from gitless.errors import CheckError, DefectError, RemoteError
from gitless.flows.evidence import judge_all
from gitless.flows.parallel import both, map_together
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE
from gitless.model.statement import Statement
from gitless.ports import Repository, Signer
from gitless.verification.evidence import Evidence, JudgedEvidence
from gitless.verification.judge import REQUIRED_PREDICATES, judge, valid
from gitless.verification.trust import Trust

_SUBJECT_UNKNOWN = (400, 404)
Predicates = Mapping[str, Callable[[], Mapping[str, Any]]]


@dataclass(frozen=True)
class Completed:
    """The evidence a store lists for the artifact, all of it judged.

    Attributes:
        evidence: Every bundle: found and added.
        added: Digests of the referrers this run attached.
    """

    evidence: tuple[JudgedEvidence, ...]
    added: frozenset[str]


@dataclass(frozen=True)
class Attachment:
    """One new piece of evidence: the bundle and the referrer manifest that carries it."""

    bundle: bytes
    referrer: Manifest

    @property
    def evidence(self) -> Evidence:
        """As it would be read back."""
        return Evidence(self.referrer.descriptor, self.bundle)


def attach_missing(
    signer: Signer,
    artifact: Manifest,
    found: Sequence[JudgedEvidence],
    predicates: Predicates,
    created: str,
) -> tuple[list[Attachment], RemoteError | None]:
    """Sign what is missing: for each required predicate without a valid statement, one new bundle.

    Args:
        signer: The publishing identity.
        artifact: The manifest this run has built.
        found: Its evidence so far.
        predicates: Predicate type to a function that makes the predicate; called only when it is needed.
        created: RFC 3339 time for the referrer manifests.

    Returns:
        What was signed, and why the rest was not: the signing services may have failed half way.
    """
    if set(predicates) != set(REQUIRED_PREDICATES):
        raise DefectError("Evidence would be incomplete by construction.")
    missing = [kind for kind in REQUIRED_PREDICATES if not valid(found, kind)]
    # side by side: a log may take a second for each entry, and entries of one second share its checkpoint
    results = map_together(lambda kind: _attempt(signer, artifact, kind, predicates[kind], created), missing)
    failures = [item for item in results if isinstance(item, RemoteError)]
    return [item for item in results if isinstance(item, Attachment)], next(iter(failures), None)


def keep_signed(repository: Repository, artifact: Manifest, layer: Blob, attachments: Sequence[Attachment]) -> None:
    """Store by digest what was signed before signing failed, so that the next run signs only what is missing.

    Nothing is named. A store that fails as well changes nothing about what is to be told.
    """
    if attachments:
        with suppress(RemoteError):
            push_content(repository, layer, attachments)
            _push_manifests(repository, artifact, attachments)


def _attempt(
    signer: Signer, artifact: Manifest, kind: str, predicate: Callable[[], Mapping[str, Any]], created: str
) -> Attachment | RemoteError:
    try:
        return _attachment(signer, artifact, kind, predicate(), created)
    except RemoteError as error:
        return error


def _attachment(
    signer: Signer, artifact: Manifest, kind: str, predicate: Mapping[str, Any], created: str
) -> Attachment:
    bundle = signer.sign(Statement.about(artifact.digest, kind, predicate).content)
    return Attachment(bundle, build_referrer(bundle, kind, artifact.descriptor, created))


def push(
    repository: Repository,
    artifact: Manifest,
    layer: Blob,
    attachments: Sequence[Attachment],
    trusted: Sequence[Trust],
    found: Sequence[JudgedEvidence],
) -> Completed:
    """Push by digest: blobs side by side, the artifact, its evidence; then judge what the store lists.

    Raises:
        CheckError: The store's own listing does not satisfy Flux's rules and ours; nothing has been named.
        RemoteError: The store failed.
    """
    push_content(repository, layer, attachments)
    listing = _push_manifests(repository, artifact, attachments)
    _check_listed(artifact, attachments, listing)
    evidence = [*found, *judge_all([item.evidence for item in attachments], artifact.digest, trusted)]
    for policy in ("flux", "strict"):
        verdict = judge(artifact, evidence, policy)
        if not verdict.ok:
            raise CheckError(
                f"The evidence of {artifact.digest} does not verify; no tag was written.",
                why="\n".join(f"{check.id}: {check.reason}" for check in verdict.failures),
            )
    return Completed(tuple(evidence), frozenset(str(item.referrer.digest) for item in attachments))


def push_content(repository: Repository, layer: Blob, attachments: Sequence[Attachment]) -> None:
    """Push the blobs of an artifact and of its new evidence, side by side."""
    blobs = [layer, CONFIG_BLOB]
    if attachments:
        blobs += [EMPTY_BLOB, *(Blob.of(item.bundle, BUNDLE) for item in attachments)]
    map_together(repository.push_blob, blobs)


def _push_manifests(
    repository: Repository, artifact: Manifest, attachments: Sequence[Attachment]
) -> tuple[Descriptor, ...]:
    """The artifact and its referrers side by side: a registry must take a referrer whose subject is not there yet."""
    referrers = [item.referrer for item in attachments]
    if not referrers:
        repository.push_manifest(artifact)
        return ()
    try:
        return both(lambda: repository.attach(artifact.digest, referrers), lambda: repository.push_manifest(artifact))[
            0
        ]
    except RemoteError as error:
        if error.status not in _SUBJECT_UNKNOWN:
            raise
    # some registries want the subject first, against the specification
    repository.push_manifest(artifact)
    return repository.attach(artifact.digest, referrers)


def _check_listed(artifact: Manifest, attachments: Sequence[Attachment], listing: Sequence[Descriptor]) -> None:
    # the digests in the store's own listing are enough: bodies that this run has just sent need no second reading
    listed = {item.digest for item in listing}
    lost = [item for item in attachments if item.referrer.digest not in listed]
    if lost:
        raise RemoteError(
            f"The store does not list {len(lost)} of the referrers just attached to {artifact.digest}.",
            why="Flux and cosign would not find them, so no tag was written.",
            hint="Run the same command again; it completes what is missing.",
            temporary=True,
        )

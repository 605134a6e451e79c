"""The verb verify: one reference, its evidence, a verdict under a policy."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.errors import CheckError
from gitless.flows.evidence import flooded, gather, judge_all
from gitless.model.manifest import Manifest
from gitless.model.reference import Reference
from gitless.model.results import EvidenceResult, VerifyResult
from gitless.model.revision import rfc3339
from gitless.ports import Repository
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import judge
from gitless.verification.trust import Trust


def verify(repository: Repository, reference: Reference, trusted: Sequence[Trust], policy: str) -> VerifyResult:
    """Resolve once, read everything by digest, judge.

    Args:
        repository: The store of the reference's location.
        reference: Tag or digest.
        trusted: The trusted identities; any of them may have signed.
        policy: `flux`, `cosign` or `strict`.

    Raises:
        CheckError: The reference does not exist.
        RemoteError: The store failed, its content does not have its digest, or it lists more referrers than are read
            and what was read does not suffice.
    """
    artifact = fetch_artifact(repository, reference)
    gathered = gather(repository, artifact.digest)
    evidence = judge_all(gathered.evidence, artifact.digest, trusted)
    if policy == "flux" and not gathered.evidence and not gathered.unread:
        from gitless.flows.legacy_evidence import judge_legacy_signatures

        evidence = judge_legacy_signatures(repository, artifact.digest, trusted)
    verdict = judge(artifact, evidence, policy)
    if gathered.unread and not verdict.ok:
        raise flooded(artifact.digest, gathered.unread)
    return VerifyResult(
        reference=str(reference),
        digest=str(artifact.digest),
        policy=policy,
        checks=verdict.checks,
        evidence=tuple(evidence_result(item) for item in evidence),
        requests=repository.requests,
    )


def fetch_artifact(repository: Repository, reference: Reference) -> Manifest:
    """The manifest a reference names.

    Raises:
        CheckError: It names nothing.
    """
    artifact = repository.fetch_manifest(reference.target)
    if artifact is None:
        raise CheckError(
            f"{reference} does not exist.",
            why="The store answered that it has no such tag or digest.",
            hint="Look at the name and at the tag; private repositories answer the same to unknown users.",
        )
    return artifact


def evidence_result(item: JudgedEvidence) -> EvidenceResult:
    """Judged evidence as a plain result."""
    return EvidenceResult(
        item.predicate_type,
        str(item.manifest),
        standing=item.standing,
        check=item.check,
        reason=item.reason,
        identity=str(item.workload.identity) if item.workload else "",
        signed_at=rfc3339(item.signed_at) if item.signed_at else "",
    )

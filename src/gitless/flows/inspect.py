"""The verb inspect: what a reference holds, with or without somebody to trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitless.flows.evidence import gather, judge_all
from gitless.flows.verify import evidence_result, fetch_artifact
from gitless.model.media_types import PREDICATE_SBOM
from gitless.model.reference import Reference
from gitless.model.results import InspectResult
from gitless.ports import Repository
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.trust import Trust


def inspect(
    repository: Repository,
    reference: Reference,
    trusted: Sequence[Trust],
    describe_sbom: Callable[[Mapping[str, Any]], tuple[tuple[str, ...], tuple[str, ...]]],
) -> InspectResult:
    """Read artifact and evidence and show them; nothing is trusted and nothing refused for its signature.

    Args:
        repository: The store of the reference's location.
        reference: Tag or digest.
        trusted: Trusted identities, if any; without them every standing is `unknown`.
        describe_sbom: SBOM predicate to (lines for people, image references).
    """
    artifact = fetch_artifact(repository, reference)
    gathered = gather(repository, artifact.digest)
    judged = judge_all(gathered.evidence, artifact.digest, trusted)
    results = [evidence_result(item) for item in judged]
    lines, images = _sbom(judged, bool(trusted), describe_sbom)
    return InspectResult(
        reference=str(reference),
        digest=str(artifact.digest),
        media_type=artifact.media_type,
        layers=tuple((layer.media_type, str(layer.digest), layer.size) for layer in artifact.layers),
        annotations=dict(artifact.annotations),
        evidence=tuple(item if trusted else replace(item, standing="unknown", check="", reason="") for item in results),
        sbom=lines,
        images=images,
        unread=gathered.unread,
    )


def _sbom(
    judged: Sequence[JudgedEvidence],
    has_keys: bool,
    describe: Callable[[Mapping[str, Any]], tuple[tuple[str, ...], tuple[str, ...]]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [item for item in judged if item.predicate_type == PREDICATE_SBOM and item.statement]
    # where somebody is trusted, only an SBOM that verifies is worth showing
    shown = [item for item in found if item.standing == "valid"] if has_keys else found
    if not shown or shown[0].statement is None:
        return (("no SBOM that verifies" if found else "no SBOM",), ())
    return describe(shown[0].statement.predicate)

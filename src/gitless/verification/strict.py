"""The steps of policy `strict` beyond cosign's: what the statements say, and whether they fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.agreement import provenance_contradictions
from gitless.model.manifest import Manifest
from gitless.model.media_types import (
    ANNOTATION_REVISION,
    ANNOTATION_SOURCE,
    FLUX_CONFIG,
    FLUX_CONTENT,
    OCI_LAYER,
    OCI_MANIFEST,
    PREDICATE_PROVENANCE,
    PREDICATE_SBOM,
)
from gitless.model.verdict import Check
from gitless.verification.evidence import JudgedEvidence

Agrees = Callable[[JudgedEvidence], bool]


def strict_checks(artifact: Manifest, evidence: Sequence[JudgedEvidence], required: Mapping[str, str]) -> list[Check]:
    """Judge what valid evidence says.

    Args:
        artifact: The artifact's manifest.
        evidence: The evidence whose standing is valid.
        required: Predicate types that must be there, with the word for each.
    """
    if not any(item.workload for item in evidence):
        return [_sbom_about(artifact, evidence), _provenance_agrees(artifact, evidence), _is_flux(artifact)]
    ours, one_identity = _of_one_identity(evidence, required)
    return [
        _sbom_about(artifact, ours),
        _provenance_agrees(artifact, ours),
        _is_flux(artifact),
        _provenance_certified(artifact, ours),
        _timestamped(ours, required),
        one_identity,
    ]


def _of_one_identity(
    evidence: Sequence[JudgedEvidence], required: Mapping[str, str]
) -> tuple[Sequence[JudgedEvidence], Check]:
    """The evidence of the first certificate identity that made all of it."""
    check = "strict.10-identity"
    for identity in dict.fromkeys(item.workload.identity for item in evidence if item.workload):
        ours = [item for item in evidence if item.workload and item.workload.identity == identity]
        if {item.predicate_type for item in ours}.issuperset(required):
            return ours, Check(check, True, f"All of it is signed by {identity}.")
    return evidence, Check(check, False, "No single identity signed all of it.")


def _sbom_about(artifact: Manifest, evidence: Sequence[JudgedEvidence]) -> Check:
    def agrees(item: JudgedEvidence) -> bool:
        main = _predicate(item).get("metadata", {}).get("component", {})
        return f"@{artifact.digest}" in str(main.get("purl", "")).replace("%3A", ":")

    claim = "The SBOM describes this digest."
    return _any("strict.5-sbom-subject", _kind(evidence, PREDICATE_SBOM), agrees, claim, "SBOM")


def _provenance_agrees(artifact: Manifest, evidence: Sequence[JudgedEvidence]) -> Check:
    claim = "Provenance and annotations name the same source and revision."
    found = _kind(evidence, PREDICATE_PROVENANCE)
    return _any("strict.6-provenance-source", found, _names_source(artifact), claim, "provenance")


def _names_source(artifact: Manifest) -> Agrees:
    def agrees(item: JudgedEvidence) -> bool:
        said = _predicate(item).get("buildDefinition", {}).get("gitless_publish", {})
        written = artifact.annotations
        pairs = (("source", ANNOTATION_SOURCE), ("revision", ANNOTATION_REVISION))
        return all(said.get(key) == written.get(annotation) for key, annotation in pairs)

    return agrees


def _provenance_certified(artifact: Manifest, evidence: Sequence[JudgedEvidence]) -> Check:
    """The provenance that names this source, not any other of the same signer, is the one that must agree."""
    check = "strict.8-provenance-certificate"
    reason = "There is no valid provenance to compare."
    for item in _kind(evidence, PREDICATE_PROVENANCE):
        if item.workload is None or not _holds(_names_source(artifact), item):
            continue
        found = provenance_contradictions(_predicate(item), item.workload)
        if not found:
            return Check(check, True, "Provenance and certificate say the same about the build.")
        reason = f"Provenance and certificate differ: {'; '.join(text.removesuffix('.') for text in found)}."
    return Check(check, False, reason)


def _timestamped(evidence: Sequence[JudgedEvidence], required: Mapping[str, str]) -> Check:
    stamped = {item.predicate_type for item in evidence if item.timestamped}
    missing = [word for kind, word in required.items() if kind not in stamped]
    reason = f"No timestamp authority vouches for: {', '.join(missing)}." if missing else "All of it is timestamped."
    return Check("strict.9-timestamp", not missing, reason)


def _is_flux(artifact: Manifest) -> Check:
    try:
        config, layers = artifact.config, artifact.layers
    except UntrustedContentError as error:
        return Check("strict.7-artifact", False, error.what)
    ok = (
        artifact.media_type == OCI_MANIFEST
        and config is not None
        and config.media_type == FLUX_CONFIG
        and len(layers) == 1
        and layers[0].media_type in (FLUX_CONTENT, OCI_LAYER)
    )
    return Check("strict.7-artifact", ok, "It is a Flux artifact." if ok else "It is not a Flux artifact.")


def _any(check: str, evidence: Sequence[JudgedEvidence], agrees: Agrees, claim: str, word: str) -> Check:
    if any(_holds(agrees, item) for item in evidence):
        return Check(check, True, claim)
    return Check(check, False, f"No valid {word} shows it: {claim}")


def _holds(agrees: Agrees, item: JudgedEvidence) -> bool:
    # signed bytes of a trusted identity may still be shaped in any way: a surprise in them is a no, never a crash
    try:
        return agrees(item)
    except (AttributeError, TypeError):
        return False


def _kind(evidence: Sequence[JudgedEvidence], predicate_type: str) -> list[JudgedEvidence]:
    return [item for item in evidence if item.predicate_type == predicate_type]


def _predicate(item: JudgedEvidence) -> Mapping[str, Any]:
    return item.statement.predicate if item.statement else {}

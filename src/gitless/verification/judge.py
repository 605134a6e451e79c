"""The verdict over an artifact's evidence, for key mode, under one of three policies.

`flux` is what source-controller's `spec.verify` with a key accepts, its lenience included:
 1. the store lists at least one referrer with exactly one bundle layer (>= v0.3);
 2. at least one of these bundles carries a DSSE signature of a trusted key (certificates are rejected);
 3. its payload is an in-toto statement about the artifact's digest; the predicate type is not looked at.

`cosign` is what `cosign verify`, `verify-attestation --type cyclonedx` and `--type slsaprovenance1` ask together:
 1. to 3. as above, and 4. one valid statement of each of the three predicate types.

`strict` is ours:
 1. to 4. as above, and 5. the SBOM's main component is this digest; 6. the provenance names the source and the
 revision that the artifact's annotations name; 7. the artifact is a Flux artifact: one manifest, the constant config,
 one layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from gitless.errors import UntrustedContentError, UsageError
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
    PREDICATE_SIGNATURE,
)
from gitless.model.verdict import Check, Verdict
from gitless.verification.evidence import JudgedEvidence

Policy = Literal["flux", "cosign", "strict"]
POLICIES: tuple[str, ...] = get_args(Policy)
REQUIRED_PREDICATES = (PREDICATE_SIGNATURE, PREDICATE_SBOM, PREDICATE_PROVENANCE)
_WORDS = {PREDICATE_SIGNATURE: "signature", PREDICATE_SBOM: "SBOM", PREDICATE_PROVENANCE: "provenance"}


def judge(artifact: Manifest, evidence: Sequence[JudgedEvidence], policy: str) -> Verdict:
    """Judge an artifact.

    Args:
        artifact: The artifact's manifest, read by digest.
        evidence: Every bundle its store lists, each already weighed (`evidence.judge_evidence`).
        policy: `flux`, `cosign` or `strict`.

    Raises:
        UsageError: The policy has another name.
    """
    if policy not in POLICIES:
        raise UsageError(f"Unknown policy {policy!r}.", hint=f"Choose one of {', '.join(POLICIES)}.")
    checks = [_listed(policy, evidence), _signed(policy, evidence), _about_digest(policy, evidence)]
    if policy != "flux":
        checks += [_has_predicate(policy, evidence, kind) for kind in REQUIRED_PREDICATES]
    if policy == "strict":
        checks += [
            _sbom_about(artifact, evidence),
            _provenance_agrees(artifact, evidence),
            _is_flux(artifact),
        ]
    return Verdict(tuple(checks))


def valid(evidence: Sequence[JudgedEvidence], predicate_type: str | None = None) -> list[JudgedEvidence]:
    """The valid ones, of one predicate type or of all."""
    return [item for item in evidence if item.standing == "valid" and predicate_type in (None, item.predicate_type)]


def _listed(policy: str, evidence: Sequence[JudgedEvidence]) -> Check:
    reason = f"{len(evidence)} bundle(s) are listed." if evidence else "No bundle is listed: the artifact is unsigned."
    return Check(f"{policy}.1-listed", bool(evidence), reason)


def _signed(policy: str, evidence: Sequence[JudgedEvidence]) -> Check:
    good = valid(evidence)
    if good:
        return Check(f"{policy}.2-signature", True, f"{len(good)} of {len(evidence)} are signed by a trusted key.")
    return Check(f"{policy}.2-signature", False, _why_none(evidence))


def _about_digest(policy: str, evidence: Sequence[JudgedEvidence]) -> Check:
    ok = bool(valid(evidence))
    reason = "A trusted statement is about this digest." if ok else "No trusted statement is about this digest."
    return Check(f"{policy}.3-subject", ok, reason)


def _has_predicate(policy: str, evidence: Sequence[JudgedEvidence], kind: str) -> Check:
    word = _WORDS[kind]
    check = f"{policy}.4-{word.lower()}"
    if valid(evidence, kind):
        return Check(check, True, f"A valid {word} is there.")
    same = [item for item in evidence if item.predicate_type == kind]
    return Check(
        check,
        False,
        f"The {word} is {same[0].standing}: {same[0].reason}" if same else f"The {word} is missing.",
    )


def _sbom_about(artifact: Manifest, evidence: Sequence[JudgedEvidence]) -> Check:
    def agrees(item: JudgedEvidence) -> bool:
        predicate = item.statement.predicate if item.statement else {}
        main = predicate.get("metadata", {}).get("component", {})
        return f"@{artifact.digest}" in str(main.get("purl", "")).replace("%3A", ":")

    return _any("strict.5-sbom-subject", evidence, PREDICATE_SBOM, agrees, "The SBOM describes this digest.")


def _provenance_agrees(artifact: Manifest, evidence: Sequence[JudgedEvidence]) -> Check:
    def agrees(item: JudgedEvidence) -> bool:
        predicate = item.statement.predicate if item.statement else {}
        said = predicate.get("buildDefinition", {}).get("gitless_publish", {})
        written = artifact.annotations
        pairs = (("source", ANNOTATION_SOURCE), ("revision", ANNOTATION_REVISION))
        return all(said.get(key) == written.get(annotation) for key, annotation in pairs)

    return _any(
        "strict.6-provenance-source",
        evidence,
        PREDICATE_PROVENANCE,
        agrees,
        "Provenance and annotations name the same source and revision.",
    )


def _any(
    check: str,
    evidence: Sequence[JudgedEvidence],
    kind: str,
    agrees: Callable[[JudgedEvidence], bool],
    claim: str,
) -> Check:
    # signed bytes of a trusted key may still be shaped in any way: a surprise in them is a no, never a crash
    for item in valid(evidence, kind):
        try:
            if agrees(item):
                return Check(check, True, claim)
        except (AttributeError, TypeError):
            continue
    return Check(check, False, f"No valid {_WORDS[kind]} shows it: {claim}")


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


def _why_none(evidence: Sequence[JudgedEvidence]) -> str:
    if not evidence:
        return "There is no signature."
    reasons = sorted({f"{item.standing}: {item.reason}" for item in evidence})
    return f"None of {len(evidence)} bundles verifies. {' '.join(reasons)}"

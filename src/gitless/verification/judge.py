"""The verdict over an artifact's evidence, under one of three policies.

`flux` is what source-controller's `spec.verify` accepts, with a key or with one identity, its lenience included:
 1. the store lists at least one referrer with exactly one bundle layer (>= v0.3);
 2. at least one of these bundles is signed by a trusted key (certificates are rejected), or by a certificate of the
    trusted identity that verifies under the trusted root (keys are rejected);
 3. its payload is an in-toto statement about the artifact's digest; the predicate type is not looked at.
 Where there is no bundle at all, and only there, the legacy signatures of `sha256-<hex>.sig` are judged instead.

`cosign` is what `cosign verify`, `verify-attestation --type cyclonedx` and `--type slsaprovenance1` ask together:
 1. to 3. as above, and 4. one valid statement of each of the three predicate types.

`strict` is ours:
 1. to 4. as above, and 5. the SBOM's main component is this digest; 6. the provenance names the source and the
 revision that the artifact's annotations name; 7. the artifact is a Flux artifact: one manifest, the constant config,
 one layer. With certificates also: 8. provenance and certificate say the same about the build; 9. a timestamp authority
 vouches for each of the three; 10. one identity signed all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from gitless.errors import UsageError
from gitless.model.manifest import Manifest
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.verdict import Check, Verdict
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.strict import strict_checks

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
        checks += strict_checks(artifact, valid(evidence), _WORDS)
    return Verdict(tuple(checks))


def valid(evidence: Sequence[JudgedEvidence], predicate_type: str | None = None) -> list[JudgedEvidence]:
    """The valid ones, of one predicate type or of all."""
    return [item for item in evidence if item.standing == "valid" and predicate_type in (None, item.predicate_type)]


def _listed(policy: str, evidence: Sequence[JudgedEvidence]) -> Check:
    reason = f"{len(evidence)} bundle(s) are listed." if evidence else "No bundle is listed: the artifact is unsigned."
    if evidence and all(item.is_legacy for item in evidence):
        reason = f"No bundle is listed; {len(evidence)} legacy signature(s) are read instead."
    return Check(f"{policy}.1-listed", bool(evidence), reason)


def _signed(policy: str, evidence: Sequence[JudgedEvidence]) -> Check:
    good = _timed_for_all(evidence) if policy != "strict" else valid(evidence)
    if not good and valid(evidence):
        reason = (
            "One bundle's log entry gives no time, and cosign then asks every bundle for a timestamp; none has one."
        )
        return Check(f"{policy}.2-signature", False, reason)
    if good:
        return Check(f"{policy}.2-signature", True, f"{len(good)} of {len(evidence)} are signed by who is trusted.")
    return Check(f"{policy}.2-signature", False, _why_none(evidence))


def _timed_for_all(evidence: Sequence[JudgedEvidence]) -> list[JudgedEvidence]:
    """Valid evidence that stays valid in whatever order Flux looks at the bundles.

    cosign 3 verifies all bundles of a digest with the same options, and one whose log entry gives no time switches them
    to "a timestamp is required" for those after it, a stranger's bundle too (cosign 3.0, verify_bundle.go).
    """
    good = valid(evidence)
    if not any(item.has_untimed_entry for item in evidence):
        return good
    return [item for item in good if item.timestamped or item.workload is None]


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


def _why_none(evidence: Sequence[JudgedEvidence]) -> str:
    if not evidence:
        return "There is no signature."
    reasons = sorted({f"{item.standing}: {item.reason}" for item in evidence})
    return f"None of {len(evidence)} bundles verifies. {' '.join(reasons)}"

"""The gates that read evidence: signature, SBOM, soak, and what happens where evidence could not be learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.promotions import HOUR, NOON, Weighed, digest, refusal, weighed

from gitless.model.approval import Gap
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.promotion.gates.determinism import DeterminismGate
from gitless.promotion.gates.facts import Gate, GateFacts, SbomFact
from gitless.promotion.gates.provenance import ProvenanceGate
from gitless.promotion.gates.sbom import SbomGate
from gitless.promotion.gates.secrets import SecretsGate
from gitless.promotion.gates.signature import SignatureGate
from gitless.promotion.gates.soak import SoakGate

FACTS = GateFacts(digest("one"), NOON)
SIGNED = weighed(PREDICATE_SIGNATURE)
GATES: dict[str, tuple[Gate, str]] = {
    "signature": (SignatureGate(), PREDICATE_SIGNATURE),
    "provenance": (ProvenanceGate("acme/apps", "refs/heads/main"), PREDICATE_PROVENANCE),
    "sbom": (SbomGate(), PREDICATE_SBOM),
    "secrets": (SecretsGate(), PREDICATE_PROVENANCE),
    "determinism": (DeterminismGate(), PREDICATE_PROVENANCE),
    "soak": (SoakGate(HOUR), PREDICATE_SIGNATURE),
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (None, "Nobody looked up the evidence."),
        (Gap("The registry did not answer."), "The registry did not answer."),
        ((), "There is no "),
        ((Weighed(None, "invalid", "It is no JSON."),), "There is no "),
        ((weighed("https://example.com/other"),), "There is no "),
    ],
)
def test_no_evidence_is_a_no(name: str, evidence: Any, reason: str) -> None:
    gate, _ = GATES[name]
    result = gate.judge(replace(FACTS, evidence=evidence))
    assert (result.name, result.verdict) == (name, "failed")
    assert result.reason.startswith(reason)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("standing", ["foreign", "invalid"])
def test_evidence_of_strangers_is_a_no(name: str, standing: Any) -> None:
    gate, predicate_type = GATES[name]
    bad = weighed(predicate_type, standing=standing, reason="It is signed by somebody else.")
    result = gate.judge(replace(FACTS, evidence=(bad,)))
    assert result.verdict == "failed"
    assert f"is {standing}: It is signed by somebody else." in result.reason


def test_a_signature_is_enough_for_its_gate() -> None:
    foreign = weighed(PREDICATE_SIGNATURE, standing="foreign")
    result = SignatureGate().judge(replace(FACTS, evidence=(foreign, SIGNED)))
    assert (result.verdict, result.skippable) == ("passed", False)


SBOM = replace(FACTS, evidence=(weighed(PREDICATE_SBOM),))


@pytest.mark.parametrize("profile", ["deployment", "delivery"])
@pytest.mark.parametrize("completeness", ["complete", "unknown", "incomplete"])
def test_sbom_profiles(profile: Any, completeness: Any) -> None:
    result = SbomGate(profile).judge(replace(SBOM, sbom=SbomFact((), completeness)))
    assert result.ok == (profile == "delivery" or completeness != "incomplete")
    assert profile in result.reason
    assert result.skippable


def test_an_sbom_that_is_not_valid_or_was_not_read_is_a_no() -> None:
    for fact, reason in (
        (SbomFact(("bom-ref is used twice: 'a'",), "complete"), "bom-ref is used twice"),
        (Gap("It is too long."), "It is too long."),
        (None, "Nobody looked up"),
    ):
        result = SbomGate().judge(replace(SBOM, sbom=fact))
        assert not result.ok
        assert reason in result.reason


def signed(*hours_ago: float | None) -> GateFacts:
    times = [None if hours is None else NOON - hours * HOUR for hours in hours_ago]
    return replace(FACTS, evidence=tuple(weighed(PREDICATE_SIGNATURE, signed_at=time) for time in times))


@pytest.mark.parametrize(
    ("hours_ago", "ok"),
    [((2,), True), ((1.999,), False), ((1, 3), True), ((None, 2), True), ((None,), False), ((-1,), False)],
)
def test_soak_counts_from_the_earliest_vouched_time(hours_ago: tuple[float | None, ...], ok: bool) -> None:
    result = SoakGate(2 * HOUR).judge(signed(*hours_ago))
    assert result.ok == ok
    assert result.skippable


def test_soak_says_when() -> None:
    assert refusal(SoakGate(2 * HOUR).judge(signed(1))) == (
        "It was signed at 2026-11-20T11:00:00Z; it may be promoted from 2026-11-20T13:00:00Z."
    )
    assert "No timestamp authority" in refusal(SoakGate(timedelta(0)).judge(signed(None)))


def test_the_timestamp_of_other_evidence_does_not_count() -> None:
    old = weighed(PREDICATE_SBOM, signed_at=NOON - 100 * HOUR)
    young = weighed(PREDICATE_SIGNATURE, signed_at=NOON)
    assert not SoakGate(HOUR).judge(replace(FACTS, evidence=(old, young))).ok

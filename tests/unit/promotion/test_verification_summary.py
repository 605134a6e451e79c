"""The verification summary: its bytes, and that nothing but a passed promotion gets one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.promotions import NOON, POLICY, digest

from gitless.errors import DefectError
from gitless.model.canonical import canonical_json
from gitless.model.gate import GateResult
from gitless.promotion.verification_summary import SummaryFacts, build_summary

GOLDEN = Path(__file__).parents[2] / "golden" / "promotion" / "verification-summary.json"
FACTS = SummaryFacts(
    verifier="https://github.com/acme/apps/.github/workflows/release-artifact.yaml@refs/tags/web/v1.2.3",
    version="0.1.0",
    time=NOON,
    resource="oci://ghcr.io/acme/apps/web:stable",
    policy=POLICY,
    inputs=(("oci://ghcr.io/acme/apps/web@" + str(digest("sbom")), digest("sbom")), ("oci://a/b@x", digest("x"))),
    gates=(GateResult("signature", "passed", "Signed."), GateResult("soak", "skipped", "Too young.")),
)


def test_golden_summary() -> None:
    content = canonical_json(build_summary(FACTS))
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_bytes(content)
    assert content == GOLDEN.read_bytes()


def test_the_order_in_which_evidence_was_read_does_not_matter() -> None:
    again = replace(FACTS, inputs=(*reversed(FACTS.inputs), FACTS.inputs[0]))
    assert build_summary(again) == build_summary(FACTS)


def test_no_level_is_claimed() -> None:
    assert build_summary(FACTS)["verifiedLevels"] == ["SLSA_BUILD_LEVEL_UNEVALUATED"]


@pytest.mark.parametrize("gates", [(), (GateResult("signature", "passed", ""), GateResult("soak", "failed", ""))])
def test_a_failing_verdict_is_never_written(gates: tuple[GateResult, ...]) -> None:
    with pytest.raises(DefectError, match="that passed"):
        build_summary(replace(FACTS, gates=gates))


@pytest.mark.parametrize("missing", ["verifier", "resource", "policy"])
def test_addresses_are_needed(missing: str) -> None:
    without = replace(FACTS, **{missing: replace(POLICY, uri="") if missing == "policy" else "web"})  # type: ignore[arg-type]
    with pytest.raises(DefectError, match="addresses"):
        build_summary(without)

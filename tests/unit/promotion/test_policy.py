"""A channel's rules as gates: which are asked, what a rollback waives, what an emergency may skip."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import ALICE, BOB, HOUR, NOON, digest

from gitless.errors import UsageError
from gitless.model.approval import Approval, Changes, Decisions
from gitless.model.gate import GateResult
from gitless.promotion.emergency import NEVER_SKIPPED, skip
from gitless.promotion.gates.approvals import ApprovalsGate
from gitless.promotion.gates.checks import ChecksGate, RequiredCheck
from gitless.promotion.gates.facts import GateFacts
from gitless.promotion.gates.freeze import FreezeGate, FreezeWindow
from gitless.promotion.gates.provenance import ProvenanceGate
from gitless.promotion.gates.releases import ReleaseGate
from gitless.promotion.gates.sbom import SbomGate
from gitless.promotion.gates.soak import SoakGate
from gitless.promotion.policy import EmergencyPolicy, GatePolicy, judge_gates, parse_duration

ALWAYS = ["signature", "secrets", "determinism", "target"]
FULL = GatePolicy(
    "stable",
    source="latest",
    release=ReleaseGate(),
    provenance=ProvenanceGate("acme/apps", "refs/heads/main"),
    sbom=SbomGate(),
    approvals=ApprovalsGate(2, ("requester", "author")),
    checks=ChecksGate((RequiredCheck("e2e"),)),
    soak=SoakGate(HOUR),
    freeze=FreezeGate("UTC", (FreezeWindow(("fri",)),)),
    emergency=EmergencyPolicy(("soak", "freeze", "checks", "signature", "approvals", "target"), 1),
)
NOTHING = GateFacts(digest("one"), NOON)  # a Friday, and nothing was learned


def verdicts(results: tuple[GateResult, ...]) -> dict[str, str]:
    return {result.name: result.verdict for result in results}


def test_some_gates_are_asked_of_everybody() -> None:
    assert [gate.name for gate in GatePolicy("stable").gates()] == ALWAYS


def test_a_full_policy_asks_all_in_order() -> None:
    names = [
        "signature",
        "provenance",
        "sbom",
        "secrets",
        "determinism",
        "target",
        "order",
        "checks",
        "approvals",
        "soak",
        "freeze",
        "release",
    ]
    assert [gate.name for gate in FULL.gates()] == names
    assert [gate.name for gate in FULL.gates("rollback")] == [name for name in names if name != "order"]


def test_with_nothing_learned_every_gate_says_no() -> None:
    assert set(verdicts(judge_gates(FULL, NOTHING)).values()) == {"failed"}


def test_a_plan_leaves_approvals_for_later() -> None:
    found = verdicts(judge_gates(FULL, NOTHING, without={"approvals"}))
    assert "approvals" not in found
    assert len(found) == 11


def test_a_rollback_waives_soak_and_freeze() -> None:
    found = verdicts(judge_gates(FULL, replace(NOTHING, kind="rollback")))
    assert {name for name, verdict in found.items() if verdict == "waived"} == {"soak", "freeze"}
    assert found["signature"] == found["provenance"] == found["approvals"] == found["target"] == "failed"


def test_what_passes_is_not_waived() -> None:
    sunday = replace(NOTHING, kind="rollback", now=NOON + 48 * HOUR)
    assert verdicts(judge_gates(FULL, sunday))["freeze"] == "passed"


def test_an_emergency_skips_what_it_may_and_nothing_else() -> None:
    results = judge_gates(FULL, NOTHING, emergency="the site is down")
    assert {result.name for result in results if result.verdict == "skipped"} == {"soak", "freeze", "checks"}
    assert all(result.reason for result in results)
    assert not any(result.ok for result in results if result.name in NEVER_SKIPPED)


def test_an_emergency_needs_its_own_number_of_approvals() -> None:
    decisions = Decisions((ALICE,), (Approval(BOB, "environment", "approved"),))
    one = replace(NOTHING, decisions=decisions, changes=Changes("", ""))
    assert verdicts(judge_gates(FULL, one))["approvals"] == "failed"
    assert verdicts(judge_gates(FULL, one, emergency="down"))["approvals"] == "passed"
    same = replace(FULL, emergency=EmergencyPolicy(("soak",)))
    assert same.approvals_gate(emergency=True) == FULL.approvals
    none = replace(FULL, approvals=None)
    assert none.approvals_gate(emergency=True) == ApprovalsGate(1)
    assert none.approvals_gate() is None
    itself = FULL.approvals_gate(emergency=True)
    assert FULL.approvals in FULL.gates()
    assert itself == ApprovalsGate(1, ("requester", "author")), "whose approval does not count stays as it is"


def test_a_policy_without_emergencies_has_none() -> None:
    with pytest.raises(UsageError, match="knows no emergencies"):
        judge_gates(replace(FULL, emergency=None), NOTHING, emergency="down")


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_emergency_needs_a_reason(reason: str) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        judge_gates(FULL, NOTHING, emergency=reason)


names = st.sampled_from([gate.name for gate in FULL.gates()])
results = st.builds(GateResult, names, st.sampled_from(["passed", "failed", "waived"]), st.just("why"), st.booleans())


@given(st.lists(results, max_size=12), st.sets(names))
def test_only_failed_gates_that_may_be_skipped_are(found: list[GateResult], may_skip: set[str]) -> None:
    for before, after in zip(found, skip(found, may_skip, "down"), strict=True):
        allowed = before.name in may_skip and before.skippable and before.name not in NEVER_SKIPPED
        expected: Any = "skipped" if before.verdict == "failed" and allowed else before.verdict
        assert after == replace(before, verdict=expected)


DURATIONS = {
    "30s": timedelta(seconds=30),
    "90m": timedelta(minutes=90),
    "2h": timedelta(hours=2),
    "1d12h": timedelta(hours=36),
    "0s": timedelta(0),
}


@pytest.mark.parametrize("text", DURATIONS)
def test_durations(text: str) -> None:
    assert parse_duration(text) == DURATIONS[text]


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-1h", "1.5h", "2H", "1w", "1234567d", "1h1h1h1h1h", "٢h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="Not a duration"):
        parse_duration(text)

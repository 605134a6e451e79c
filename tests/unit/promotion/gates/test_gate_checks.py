"""The checks gate: named checks of the commit, and attestations of named types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.promotions import HOUR, NOON, Weighed, digest, refusal, weighed

from gitless.model.approval import CheckResult, CheckResults, Gap
from gitless.promotion.gates.checks import ChecksGate, RequiredCheck
from gitless.promotion.gates.facts import GateFacts

COMMIT = "c" * 40
E2E = RequiredCheck("e2e-staging", 15368)
TEST = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"


def facts(*results: CheckResult, **changes: Any) -> GateFacts:
    return replace(GateFacts(digest("one"), NOON, commit=COMMIT, checks=CheckResults(COMMIT, results)), **changes)


def green(name: str = "e2e-staging", app: int | None = 15368, conclusion: str = "success") -> CheckResult:
    return CheckResult(name, app, conclusion)


def test_a_green_check() -> None:
    result = ChecksGate((E2E,)).judge(facts(green()))
    assert (result.verdict, result.reason, result.skippable) == ("passed", "Passed: e2e-staging (app 15368).", True)


@pytest.mark.parametrize(
    "conclusion", ["failure", "pending", "skipped", "neutral", "cancelled", "stale", "", "SUCCESS"]
)
def test_everything_but_success_is_a_no(conclusion: str) -> None:
    result = ChecksGate((E2E,)).judge(facts(green(conclusion=conclusion)))
    assert refusal(result) == f"The check e2e-staging (app 15368) is {conclusion}, not success."


def test_a_check_of_another_app_or_name_is_not_it() -> None:
    for other in (green(app=1), green(app=None), green("e2e"), green("E2E-staging")):
        assert "did not report on commit" in refusal(ChecksGate((E2E,)).judge(facts(other)))


def test_without_an_app_every_check_of_that_name_must_be_green() -> None:
    gate = ChecksGate((RequiredCheck("e2e-staging"),))
    assert gate.judge(facts(green(), green(app=None))).ok
    assert not gate.judge(facts(green(), green(app=666, conclusion="failure"))).ok


def test_all_of_them_must_be_green() -> None:
    gate = ChecksGate((E2E, RequiredCheck("unit")))
    assert "The check unit did not report" in refusal(gate.judge(facts(green())))
    assert gate.judge(facts(green(), green("unit"))).ok


UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "not-looked-up": ({"checks": None}, "Nobody looked up the checks"),
    "not-read": (
        {"checks": CheckResults(COMMIT, (green(),), (Gap("This token may not read checks."),))},
        "may not read",
    ),
    "of-another-commit": ({"checks": CheckResults("d" * 40, (green(),))}, "The checks are of commit dddd"),
    "no-commit": ({"commit": "", "checks": CheckResults("", (green(),))}, "the artifact names none"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_a_no(name: str) -> None:
    changes, reason = UNKNOWN[name]
    result = ChecksGate((E2E,)).judge(facts(green(), **changes))
    assert not result.ok
    assert reason in result.reason


def attested(*evidence: Weighed, kind: str = TEST) -> Any:
    return ChecksGate(attestations=(kind,)).judge(facts(evidence=evidence, checks=None))


def test_attestations_must_exist_and_not_say_that_it_failed() -> None:
    assert attested(weighed(TEST, {"result": "PASSED"})).reason == f"Passed: {TEST}."
    assert attested(weighed(SUMMARY, {"verificationResult": "PASSED"}), kind=SUMMARY).ok
    assert attested(weighed(TEST, {"scanner": {}})).ok, "a type that tells no result only has to be there"
    assert "There is no attestation" in refusal(attested(weighed(SUMMARY)))
    assert refusal(attested()).startswith(f"{TEST}: ")
    assert "is foreign" in refusal(attested(weighed(TEST, {"result": "PASSED"}, standing="foreign")))


@pytest.mark.parametrize("said", ["FAILED", "WARNED", "passed", None, True, ["PASSED"], {"x": "PASSED"}])
def test_any_other_result_is_a_no(said: Any) -> None:
    assert "not PASSED" in refusal(attested(weighed(TEST, {"result": said})))
    assert "not PASSED" in refusal(attested(weighed(SUMMARY, {"verificationResult": said}), kind=SUMMARY))


def test_the_latest_result_counts_where_all_have_a_time() -> None:
    failed = weighed(TEST, {"result": "FAILED"}, signed_at=NOON)
    passed = weighed(TEST, {"result": "PASSED"}, signed_at=NOON + HOUR)
    assert attested(failed, passed).ok
    assert attested(passed, failed).ok
    assert not attested(replace(failed, signed_at=NOON + 2 * HOUR), passed).ok
    assert not attested(replace(failed, signed_at=None), passed).ok


def test_asking_for_nothing_passes() -> None:
    assert ChecksGate().judge(facts(checks=None)).reason == "Passed: nothing was asked for."

"""A plan is what reviewers saw: the act refuses everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import NOON, digest

from gitless.errors import CheckError, UntrustedContentError
from gitless.model.canonical import canonical_json, read_json_object
from gitless.model.gate import GateResult
from gitless.promotion.plan import MAX_PLAN_BYTES, Plan, PlannedMove, check_plan

WEB = PlannedMove(
    "web",
    digest("new"),
    digest("old"),
    digest("record 6"),
    7,
    "v1.2.3",
    (GateResult("soak", "passed", "It was signed long ago."), GateResult("sbom", "skipped", "There is no SBOM.")),
)
API = PlannedMove("api", digest("api"), None, None, 1)
PLAN = Plan("promote", "stable", digest("policy"), NOON, (WEB, API))


def test_a_plan_reads_back_as_it_was_written() -> None:
    assert Plan.parse(PLAN.to_bytes()) == PLAN
    assert PLAN.to_bytes().endswith(b"}\n")
    assert PLAN.ok


def test_what_was_planned_may_be_done() -> None:
    check_plan(PLAN, PLAN)
    check_plan(PLAN, replace(PLAN, moves=(API,)), partial=True)


def moved(**changes: Any) -> Plan:
    return replace(PLAN, moves=(replace(WEB, **changes), API))


def planned_no() -> Plan:
    return moved(gates=(GateResult("soak", "failed", "It is too young."),))


DIFFERENCES: dict[str, tuple[Plan, Plan, str]] = {
    "other-digest": (PLAN, moved(digest=digest("evil")), "web: the digest was sha256:"),
    "channel-moved": (PLAN, moved(observed=digest("moved")), "web: the channel's digest was sha256:"),
    "channel-gone": (PLAN, moved(observed=None), "and is none."),
    "new-record": (PLAN, moved(previous=digest("record 7")), "web: the channel's last record was"),
    "other-number": (PLAN, moved(sequence=8), "web: the record's number was 7, and is 8."),
    "other-release": (PLAN, moved(release="v9.0.0"), "web: the release was v1.2.3, and is v9.0.0."),
    "laxer-policy": (PLAN, replace(PLAN, policy=digest("lax")), "The policy was sha256:"),
    "other-channel": (PLAN, replace(PLAN, channel="production"), "The channel was stable, and is production."),
    "other-kind": (PLAN, replace(PLAN, kind="rollback"), "The kind was promote, and is rollback."),
    "not-planned": (replace(PLAN, moves=(API,)), PLAN, "web: it was not planned."),
    "left-out": (PLAN, replace(PLAN, moves=(WEB,)), "api: it was planned, and is not promoted."),
    "a-gate-had-said-no": (planned_no(), PLAN, "web: the gate soak had said no: It is too young."),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_anything_else_is_refused(name: str) -> None:
    plan, now, why = DIFFERENCES[name]
    with pytest.raises(CheckError) as caught:
        check_plan(plan, now)
    assert why in caught.value.why
    assert "stable" in caught.value.what or "production" in caught.value.what


def test_a_plan_with_a_no_is_not_ok() -> None:
    assert not planned_no().ok
    assert Plan.parse(planned_no().to_bytes()) == planned_no()


def edit(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.update(changes)


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "other-version": edit(version=2),
    "no-version": edit(version=None),
    "no-moves": edit(moves=[]),
    "moves-are-text": edit(moves="web"),
    "component-twice": lambda document: document.update(moves=document["moves"] * 2),
    "too-many-moves": edit(moves=[{}] * 1001),
    "no-policy": edit(policy=None),
    "no-time": edit(created="yesterday"),
    "unknown-kind": edit(kind="demote"),
    "no-channel": edit(channel=""),
    "channel-with-line-break": edit(channel="sta\nble"),
    "no-digest": lambda document: document["moves"][0].pop("digest"),
    "gate-without-name": lambda document: document["moves"][0]["gates"][0].pop("name"),
    "unknown-verdict": lambda document: document["moves"][0]["gates"][0].update(verdict="fine"),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_plans_are_refused(fault: str) -> None:
    document = read_json_object(PLAN.to_bytes(), "x")
    HOSTILE[fault](document)
    with pytest.raises(UntrustedContentError, match="The plan"):
        Plan.parse(canonical_json(document))


def test_a_plan_that_is_too_long_is_not_read() -> None:
    with pytest.raises(UntrustedContentError, match="longer than"):
        Plan.parse(b" " * (MAX_PLAN_BYTES + 1))


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_hostile_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(UntrustedContentError):
        Plan.parse(content)

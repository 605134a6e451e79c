"""The promotion record: its bytes, what a reader refuses, and that nothing is lost between the two."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import FULL, NOON, digest, edited, record

from gitless.errors import DefectError, UntrustedContentError, UsageError
from gitless.model.approval import Person
from gitless.model.gate import GateResult
from gitless.model.promotion import APPROVAL_KINDS, Approver, PolicyFact, Record, RunFact
from gitless.model.statement import Statement
from gitless.promotion.emergency import NEVER_SKIPPED
from gitless.promotion.record import (
    check_reason,
    read_predicate,
    read_record,
    record_bytes,
    record_statement,
    to_predicate,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "promotion"
CASES = {"record": record(), "record-full": FULL}

lines = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)
words = lines.filter(bool)
digests = st.integers(0, 50).map(digest)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(timezone.utc))
people = st.builds(Person, words, st.integers(1, 10**19).map(str), lines)
gates = st.lists(
    st.builds(
        GateResult,
        words.filter(lambda name: name not in NEVER_SKIPPED),
        st.sampled_from(["passed", "skipped", "waived"]),
        lines,
    ),
    unique_by=lambda gate: gate.name,
    max_size=4,
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    sequence = draw(st.integers(1, 2**53 - 1))
    return Record(
        kind="rollback",
        component=draw(words),
        channel=draw(words),
        digest=digest("to"),
        observed=draw(st.none() | digests),
        previous=draw(digests) if sequence > 1 else None,
        sequence=sequence,
        created=draw(moments),
        policy=draw(st.builds(PolicyFact, digests, lines, lines)),
        repository=draw(lines),
        release=draw(lines),
        source=draw(lines),
        requesters=tuple(draw(st.lists(people, max_size=2))),
        approvers=tuple(
            draw(st.lists(st.builds(Approver, people, st.sampled_from(APPROVAL_KINDS), st.none() | moments, lines)))
        ),
        reason=draw(words),
        ticket=draw(lines),
        emergency=True,
        gates=tuple(draw(gates)),
        withdraws=draw(st.none() | digests),
        sbom=draw(st.none() | digests),
        diff=draw(st.none() | digests),
        revision=draw(lines),
        committed=draw(st.none() | moments),
        run=draw(st.builds(RunFact, lines, lines, lines, lines, st.booleans())),
        tools=draw(st.dictionaries(lines, lines, max_size=3)),
        shared_key=draw(st.booleans()),
    )


@pytest.mark.parametrize("name", CASES)
def test_golden_records(name: str) -> None:
    content = record_bytes(CASES[name])
    golden = GOLDEN / f"{name}.json"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_bytes(content)
    assert content == golden.read_bytes()


@given(records())
def test_every_record_reads_back_as_it_was_written(made: Record) -> None:
    statement = Statement.parse(record_statement(made).content)
    again = read_record(statement)
    whole = replace(
        made,
        created=made.created.replace(microsecond=0),
        committed=made.committed and made.committed.replace(microsecond=0),
        approvers=tuple(replace(item, at=item.at and item.at.replace(microsecond=0)) for item in made.approvers),
    )
    assert again == whole
    assert record_bytes(again) == record_bytes(made)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | digests.map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(to_predicate(FULL))), json_values)
def test_a_hostile_field_is_refused_or_read_and_never_a_crash(key: str, value: Any) -> None:
    predicate = edited(to_predicate(FULL), **{key: value})
    try:
        read = read_predicate(predicate)
    except UntrustedContentError:
        return
    assert record_bytes(read)


@given(json_values)
def test_a_hostile_predicate_is_refused(value: Any) -> None:
    with pytest.raises(UntrustedContentError):
        read_predicate(value)


def test_unknown_fields_are_ignored() -> None:
    predicate = to_predicate(FULL)
    assert read_predicate({**predicate, "approvedByNewerGitless": {"x": [1]}}) == FULL
    assert read_predicate({**predicate, "run": {**predicate["run"], "machine": "m"}}) == FULL


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "no-kind": ({"kind": None}, "kind is none of promote, rollback"),
    "unknown-kind": ({"kind": "teleport"}, "kind is none of promote, rollback"),
    "kind-is-a-list": ({"kind": ["promote"]}, "kind is none of"),
    "no-component": ({"component": None}, "component is missing"),
    "component-with-line-break": ({"component": "web\nadmin"}, "component is not one line"),
    "component-with-half-a-character": ({"component": "\ud800"}, "component is not one line"),
    "component-with-line-separator": ({"component": "a\u2028b"}, "component is not one line"),
    "channel-too-long": ({"channel": "x" * 1025}, "at most 1024 characters"),
    "reason-too-long": ({"reason": "x" * 4097}, "at most 4096 characters"),
    "no-digest": ({"digest": None}, "digest is missing"),
    "digest-of-another-algorithm": ({"digest": "sha512:" + "a" * 128}, "digest is no sha256 digest"),
    "digest-in-capitals": ({"digest": "sha256:" + "A" * 64}, "digest is no sha256 digest"),
    "sequence-zero": ({"sequence": 0}, "sequence is not a whole number from 1"),
    "sequence-true": ({"sequence": True}, "sequence is not a whole number from 1"),
    "sequence-of-another-type": ({"sequence": "7"}, "sequence is not a whole number from 1"),
    "sequence-fraction": ({"sequence": 7.0}, "sequence is not a whole number from 1"),
    "sequence-beyond-json": ({"sequence": 2**53}, "sequence is not a whole number from 1"),
    "first-with-number-seven": ({"previous": None}, "first without being number 1"),
    "number-one-with-predecessor": ({"sequence": 1}, "first without being number 1"),
    "no-time": ({"created": None}, "created is missing"),
    "time-without-zone": ({"created": "2026-11-20T12:00:00"}, "created is no UTC time"),
    "time-that-never-was": ({"created": "2026-02-30T12:00:00Z"}, "created is no UTC time"),
    "time-is-a-number": ({"created": 1}, "created is no UTC time"),
    "no-policy": ({"policy": None}, "names no policy"),
    "policy-without-digest": ({"policy": {"commit": "c"}}, "policy: digest is missing"),
    "policy-is-text": ({"policy": "mine"}, "policy is not a JSON object"),
    "account-without-number": ({"requesters": [{"platform": "github.com", "login": "alice"}]}, "without its number"),
    "account-without-platform": ({"requesters": [{"id": "1"}]}, "platform is missing"),
    "requesters-is-an-object": ({"requesters": {"0": 1}}, "requesters is not a list"),
    "too-many-requesters": ({"requesters": [{}] * 101}, "requesters is not a list of at most 100"),
    "approval-by-nobody": ({"approvers": [{"kind": "review"}]}, "approval by nobody"),
    "approval-of-unknown-kind": (
        {"approvers": [{"person": {"platform": "x", "id": "1"}, "kind": "word-of-mouth"}]},
        "kind is none of environment",
    ),
    "emergency-is-text": ({"emergency": "yes"}, "emergency is neither true nor false"),
    "emergency-without-reason": (
        {"kind": "promote", "withdraws": None, "reason": None, "gates": None},
        "emergency without",
    ),
    "rollback-without-reason": ({"reason": None}, "rolls back without a reason"),
    "skipped-without-emergency": ({"emergency": None}, "skips gates without an emergency"),
    "waived-without-rollback": ({"kind": "promote", "withdraws": None}, "waives gates without being a rollback"),
    "failed-gate": ({"gates": [{"name": "soak", "verdict": "failed"}]}, "verdict is none of passed, skipped, waived"),
    "skipped-signature": ({"gates": [{"name": "signature", "verdict": "skipped"}]}, "a gate that always holds"),
    "waived-provenance": ({"gates": [{"name": "provenance", "verdict": "waived"}]}, "a gate that always holds"),
    "skipped-approvals": ({"gates": [{"name": "approvals", "verdict": "skipped"}]}, "a gate that always holds"),
    "waived-target": ({"gates": [{"name": "target", "verdict": "waived"}]}, "a gate that always holds"),
    "gate-twice": ({"gates": [{"name": "soak", "verdict": "passed"}] * 2}, "names a gate twice"),
    "gate-without-name": ({"gates": [{"verdict": "passed"}]}, "gates[0]: name is missing"),
    "promotion-that-withdraws": ({"kind": "promote", "gates": None}, "withdraws a digest it may not withdraw"),
    "withdraws-what-it-promotes": ({"withdraws": str(FULL.digest)}, "withdraws a digest it may not withdraw"),
    "run-is-text": ({"run": "https://evil.example"}, "run is not a JSON object"),
    "tools-are-numbers": ({"tools": {"gitless": 1}}, "gitless is not one line"),
    "tools-with-strange-names": ({"tools": {"a\nb": "1"}}, "tools does not map"),
    "too-many-approvers": ({"approvers": [{}] * 5001}, "approvers is not a list of at most 5000"),
    "too-many-tools": ({"tools": {str(n): "1" for n in range(101)}}, "tools does not map at most 100"),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_hostile_records_are_refused(fault: str) -> None:
    changes, said = HOSTILE[fault]
    with pytest.raises(UntrustedContentError) as caught:
        read_predicate(edited(to_predicate(FULL), **changes))
    assert said in caught.value.what


def test_a_record_stands_only_on_the_digest_it_names() -> None:
    moved = Statement.about(digest("elsewhere"), "https://gitless.dev/promotion/v1", to_predicate(FULL))
    with pytest.raises(UntrustedContentError, match="another digest"):
        read_record(moved)
    with pytest.raises(UntrustedContentError, match="no promotion record"):
        read_record(Statement.about(FULL.digest, "https://example.com/promotion", to_predicate(FULL)))


def test_a_failed_gate_is_never_written() -> None:
    failed = record(gates=(GateResult("soak", "failed", "It is too young."),))
    with pytest.raises(DefectError, match="breaks its own rules"):
        record_statement(failed)


def test_times_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=1))
    assert read_predicate(to_predicate(record(created=NOON.astimezone(east)))).created == NOON


def test_skipped_gates_are_named() -> None:
    assert FULL.skipped == ("checks",)


def test_reasons_are_one_line() -> None:
    assert check_reason("  fixes OPS-7 ") == "fixes OPS-7"
    with pytest.raises(UsageError, match="not one line"):
        check_reason("one\ntwo")


def test_gates_answer_for_themselves() -> None:
    assert [GateResult.of("soak", ok, "").ok for ok in (True, False)] == [True, False]
    assert GateResult("soak", "waived", "").ok
    assert GateResult.of("checks", False, "The check a\nb is " + "x" * 3000).reason.startswith("The check a b is x")
    assert record_bytes(record(gates=(GateResult.of("checks", True, "\x1b[31m\u2028" + "x" * 3000),)))

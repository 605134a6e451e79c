"""The approvals gate: who counts, for what, and each trick with its own reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.promotions import ALICE, BOB, CAROL, NOON, ROBOT, digest, refusal

from gitless.model.approval import Approval, Change, Changes, Decisions, Gap, Person
from gitless.promotion.gates.approvals import ApprovalsGate
from gitless.promotion.gates.facts import GateFacts

HEAD = "a" * 40
STRICT = ApprovalsGate(1, ("requester", "author"))
GAP = Gap("This token may not read pull requests.", "permissions: {pull-requests: read}")


def run(*people: Person, **changes: Any) -> Decisions:
    """Approvals of this run's environment, which alice asked for."""
    given = tuple(Approval(person, "environment", "approved", **changes) for person in people)
    return Decisions((ALICE,), given)


def review(person: Person = BOB, **changes: Any) -> Approval:
    return Approval(**{"person": person, "kind": "review", "state": "approved", "at": NOON, "commit": HEAD, **changes})


def change(*approvals: Approval, number: int = 7, head: str = HEAD) -> Change:
    return Change(number, f"https://github.com/acme/apps/pull/{number}", head, (CAROL,), (), approvals)


def brought(*changes: Change, **more: Any) -> Changes:
    return Changes("b" * 40, "c" * 40, changes, **{"authors": (CAROL,), **more})


def facts(decisions: Decisions | None = None, changes: Changes | None = None, **more: Any) -> GateFacts:
    values = {"decisions": decisions or run(), "changes": changes or brought(), **more}
    return GateFacts(digest("one"), NOON, **values)


def test_one_approval_of_the_run() -> None:
    result = STRICT.judge(facts(run(BOB)))
    assert (result.verdict, result.reason, result.skippable) == ("passed", "Approved by bob.", False)
    (approver,) = STRICT.tally(facts(run(BOB))).approvers
    assert (approver.person, approver.kind, approver.change) == (BOB, "environment", "")


def test_a_review_of_every_change() -> None:
    both = brought(change(review(BOB)), change(review(ALICE), number=8))
    tally = ApprovalsGate(1, ("author",)).tally(facts(run(), both))
    assert tally.fault == ""
    assert [(item.person, item.change[-1], item.at) for item in tally.approvers] == [
        (BOB, "7", NOON),
        (ALICE, "8", NOON),
    ]


def test_a_review_counts_for_its_own_change_only() -> None:
    half = brought(change(review(BOB)), change(number=8))
    assert refusal(STRICT.judge(facts(run(), half))) == "Change 8 has 0 of 1 approvals."
    assert STRICT.judge(facts(run(BOB), half)).ok


def test_run_and_reviews_add_up_to_different_people() -> None:
    two = ApprovalsGate(2, ("author",))
    assert two.judge(facts(run(ALICE), brought(change(review(BOB))))).ok
    assert refusal(two.judge(facts(run(BOB), brought(change(review(BOB)))))) == "Change 7 has 1 of 2 approvals."
    assert refusal(two.judge(facts(run(BOB, BOB)))) == "This run has 1 of 2 approvals."


def test_what_no_change_brought_needs_an_approval_of_the_run() -> None:
    pushed = brought(change(review(BOB)), direct=("d" * 40,))
    assert refusal(STRICT.judge(facts(run(), pushed))) == (
        "Commit dddddddddddd, which no change brought, has 0 of 1 approvals."
    )
    assert STRICT.judge(facts(run(BOB), pushed)).ok


RENAMED = Person("github.com", ALICE.id, "alice-the-second")
TRICKS: dict[str, tuple[Decisions, Changes, str]] = {
    "self-approval": (run(ALICE), brought(), "alice asked for this promotion: nobody approves their own."),
    "self-approval-under-a-new-name": (run(RENAMED), brought(), "alice-the-second asked for this promotion"),
    "self-approval-by-who-restarted-it": (
        replace(run(BOB), requesters=(ALICE, BOB)),
        brought(),
        "bob asked for this promotion",
    ),
    "authors-approval": (run(CAROL), brought(), "carol wrote part of what is promoted."),
    "authors-review": (run(), brought(change(review(CAROL))), "carol wrote part of what is promoted."),
    "bot": (run(ROBOT), brought(), "renovate[bot] is a program, and programs do not approve."),
    "bots-review": (run(), brought(change(review(ROBOT))), "is a program"),
    "older-commit": (
        run(),
        brought(change(review(commit="f" * 40))),
        "bob approved commit ffffffffffff, and aaaaaaaaaaaa was merged.",
    ),
    "no-commit": (run(), brought(change(review(commit=""))), "bob approved commit unknown"),
    "dismissed": (run(), brought(change(review(state="withdrawn"))), "bob withdrew the approval."),
    "changes-requested": (run(), brought(change(review(state="rejected"))), "bob said no."),
    "without-the-role": (
        run(),
        brought(change(review(flaw="may not write to the repository"))),
        "bob may not write to the repository.",
    ),
    "rejected-and-approved": (
        Decisions((ALICE,), (*run(BOB).approvals, replace(run(BOB).approvals[0], state="rejected"))),
        brought(),
        "bob said no.",
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_refused_with_their_own_reason(trick: str) -> None:
    decisions, changes, reason = TRICKS[trick]
    result = STRICT.judge(facts(decisions, changes))
    assert result.verdict == "failed"
    assert reason in result.reason
    assert STRICT.tally(facts(decisions, changes)).approvers == ()


def test_tricks_beside_a_good_approval_do_no_harm() -> None:
    result = STRICT.tally(facts(run(ALICE, ROBOT, BOB)))
    assert [item.person for item in result.approvers] == [BOB]
    assert [item.person for item in result.refused] == [ALICE, ROBOT]


def test_the_same_number_on_another_platform_is_another_person() -> None:
    elsewhere = Person("gitlab.example", ALICE.id, "alice")
    assert STRICT.judge(facts(run(elsewhere))).ok


def test_gitlab_approvals_name_no_commit() -> None:
    approved = Approval(BOB, "merge-request", "approved")
    assert STRICT.judge(facts(run(), brought(change(approved)))).ok


def test_nobody_is_excluded_unless_the_policy_says_so() -> None:
    assert ApprovalsGate(1).judge(facts(run(ALICE))).ok
    assert ApprovalsGate(1, ("author",)).judge(facts(run(ALICE))).ok
    assert ApprovalsGate(1, ("requester",)).judge(facts(run(CAROL))).ok


UNKNOWN: dict[str, tuple[ApprovalsGate, dict[str, Any], str]] = {
    "authors-not-read": (STRICT, {"changes": brought(gaps=(GAP,))}, "This token may not read pull requests."),
    "author-without-account": (STRICT, {"changes": brought(unknown=("Mallory <m@example.com>",))}, "Mallory"),
    "authors-not-looked-up": (STRICT, {"changes": None}, "Nobody looked it up."),
    "requester-not-read": (STRICT, {"decisions": replace(run(BOB), gaps=(GAP,))}, "may not read"),
    "requester-unknown": (STRICT, {"decisions": replace(run(BOB), requesters=())}, "Who asked"),
    "requester-not-looked-up": (STRICT, {"decisions": None}, "Nobody looked it up."),
    "run-not-read": (
        ApprovalsGate(1),
        {"decisions": replace(run(BOB), gaps=(GAP,))},
        "This run has 0 of 1 approvals. This",
    ),
    "changes-not-read": (
        ApprovalsGate(1),
        {"decisions": run(), "changes": brought(change(review()), gaps=(GAP,))},
        "This run",
    ),
    "nothing-looked-up": (ApprovalsGate(1), {"decisions": None, "changes": None}, "This run has 0 of 1"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_a_no(name: str) -> None:
    gate, changes, reason = UNKNOWN[name]
    values = {"decisions": run(BOB), "changes": brought(), **changes}
    result = gate.judge(GateFacts(digest("one"), NOON, **values))
    assert result.verdict == "failed"
    assert reason in result.reason


def test_what_could_not_be_read_is_said_once() -> None:
    result = STRICT.judge(facts(replace(run(BOB), gaps=(GAP,)), brought()))
    assert result.reason.count(GAP.reason) == 1


def test_deployment_approvals_need_no_reviews_where_authors_may_approve() -> None:
    requester_only = ApprovalsGate(1, ("requester",))
    assert requester_only.judge(facts(run(BOB), brought(gaps=(GAP,)))).ok


def test_a_rollback_brings_nothing_new() -> None:
    unread = GateFacts(digest("one"), NOON, kind="rollback", decisions=run(BOB), changes=None)
    assert STRICT.judge(unread).ok
    reviewed = facts(run(), brought(change(review())), kind="rollback")
    assert refusal(STRICT.judge(reviewed)) == "This run has 0 of 1 approvals."


people = st.sampled_from([ALICE, BOB, CAROL, ROBOT, Person("github.com", "105", "dave")])
states = st.sampled_from(["approved", "rejected", "withdrawn"])
reviews = st.builds(
    review, people, state=states, commit=st.sampled_from([HEAD, "f" * 40]), flaw=st.sampled_from(["", "", "no role"])
)


@given(
    st.integers(1, 3),
    st.lists(st.tuples(people, states), max_size=6),
    st.lists(st.lists(reviews, max_size=5), max_size=3),
    st.booleans(),
)
def test_the_gate_agrees_with_a_plain_count(count: int, said: Any, reviewed: Any, pushed: bool) -> None:
    decisions = Decisions((ALICE,), tuple(Approval(person, "environment", state) for person, state in said))
    changes = brought(
        *(change(*items, number=number) for number, items in enumerate(reviewed)), direct=("d" * 40,) if pushed else ()
    )
    no = {person for person, state in said if state == "rejected"}
    never = {ALICE, CAROL, ROBOT}
    of_run = {person for person, state in said if state == "approved"} - no - never
    enough = [
        len(of_run | ({i.person for i in items if i.state == "approved" and i.commit == HEAD and not i.flaw} - never))
        >= count
        for items in reviewed
    ]
    if pushed or not reviewed:
        enough.append(len(of_run) >= count)
    assert ApprovalsGate(count, ("requester", "author")).judge(facts(decisions, changes)).ok == all(enough)

"""From the inputs of promote, rollback, history and audit to their requests."""

from __future__ import annotations

import pytest

from gitless.ci.event import Event
from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.wiring.action_moves import guard_move, promote_request, rollback_request
from gitless.wiring.action_reads import audit_request, history_request
from gitless.wiring.audit import AuditRequest
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.places import PlaceRequest
from gitless.wiring.trust import TrustRequest


def inputs(**values: str) -> Inputs:
    return Inputs({f"GITLESS_INPUT_{name.upper()}": value for name, value in values.items()})


def test_every_input_of_promote_arrives() -> None:
    given = inputs(
        components="web db", to="stable", digest="d", release="v1.0.0", bump="minor", emergency="true", reason="why",
        ticket="T-1", plan="p", planned="q", partial="true", dry_run="true", config="c", registry="r", from_source="true",
        signing_key="env://K", **{"from": "latest"},
    )  # fmt: skip
    assert promote_request(given) == MoveRequest(
        kind="promote", names=("web", "db"), channel="stable", source="latest", digest="d", from_source=True, plan="p",
        planned="q", release="v1.0.0", bump="minor", reason="why", ticket="T-1", emergency=True, partial=True,
        dry_run=True, config="c", registry="r", signing_key="env://K",
    )  # fmt: skip


def test_every_input_of_rollback_arrives() -> None:
    given = inputs(components="web", channel="stable", to="previous", withdraw="true", reason="why")
    assert rollback_request(given) == MoveRequest(
        kind="rollback", names=("web",), channel="stable", back_to="previous", withdraw=True, reason="why"
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"to": "stable"}, "components"), ({"components": "web"}, "to"), ({"components": " ", "to": "s"}, "components")],
)
def test_what_must_be_given_to_promote_is_asked_for(given: dict[str, str], missing: str) -> None:
    with pytest.raises(UsageError, match=f"The input '{missing}' is missing"):
        promote_request(inputs(**given))


def test_what_must_be_given_to_roll_back_is_asked_for() -> None:
    for given, missing in (({"to": "previous"}, "channel"), ({"channel": "stable"}, "to")):
        with pytest.raises(UsageError, match=f"The input '{missing}' is missing"):
            rollback_request(inputs(components="web", **given))


def test_a_strangers_event_moves_nothing() -> None:
    fork, target = Event("pull_request", True, "main"), Event("pull_request_target")
    request, notice = guard_move(MoveRequest(), fork, allows_privileged=False)
    assert request.dry_run
    assert "fork" in notice
    with pytest.raises(UsageError, match="promote does not push or sign on pull_request_target"):
        guard_move(MoveRequest(), target, allows_privileged=False)
    assert guard_move(MoveRequest(), target, allows_privileged=True) == (MoveRequest(), "")
    for asked in (MoveRequest(plan="p"), MoveRequest(dry_run=True)):
        for event in (fork, target):
            assert guard_move(asked, event, allows_privileged=False) == (asked, "")


def test_every_input_of_history_arrives() -> None:
    given = inputs(
        component="web", channels="stable", config="c", registry="r", since="90d", html="h", key="a\nb",
        trusted_root="t",
    )  # fmt: skip
    assert history_request(given) == (
        PlaceRequest(names=("web",), channels=("stable",), config="c", registry="r"),
        TrustRequest(keys=("a", "b"), trusted_root="t"),
        "90d",
        "h",
    )
    assert history_request(inputs()) == (PlaceRequest(), TrustRequest(), None, None)


def test_every_input_of_audit_arrives() -> None:
    given = inputs(components="a b", channels="c d", expect="e", export="x", max_tags="5")
    place = PlaceRequest(names=("a", "b"), channels=("c", "d"))
    assert audit_request(given) == AuditRequest(place, "e", "x", 5)
    assert audit_request(inputs()) == AuditRequest(PlaceRequest())


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "²", "12345678"])
def test_a_number_is_a_number(value: str) -> None:
    with pytest.raises(UsageError, match="The input 'max-tags' is not valid"):
        audit_request(inputs(max_tags=value))

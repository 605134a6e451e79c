"""The gates that look at channels: order, target, release."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.promotions import NOON, digest, entry, record, refusal

from gitless.model.approval import Gap
from gitless.model.history import ChannelHistory
from gitless.promotion.chain import read_history
from gitless.promotion.gates.facts import GateFacts, ReleaseFact, SourceFact
from gitless.promotion.gates.order import OrderGate
from gitless.promotion.gates.releases import ReleaseGate
from gitless.promotion.gates.target import TargetGate

FACTS = GateFacts(digest("b"), NOON)


def test_order_asks_for_the_channel_before() -> None:
    def judge(fact: Any) -> Any:
        return OrderGate("latest").judge(replace(FACTS, source=fact))

    assert judge(SourceFact("latest", True, "latest named it.")).ok
    assert refusal(judge(SourceFact("latest", False, "latest never named it."))) == "latest never named it."
    assert refusal(judge(SourceFact("stable", True, "x"))) == "It was looked up in stable, not in latest."
    assert refusal(judge(Gap("The registry did not answer."))) == "The registry did not answer."
    assert refusal(judge(None)) == "Nobody looked up the channel latest."


def lived() -> ChannelHistory:
    """a, then b, then back to a, which withdraws b; c was authorised only."""
    records = [
        record(1, "a"),
        record(2, "b", observed=digest("a")),
        record(3, "a", kind="rollback", observed=digest("b"), withdraws=digest("b"), reason="errors"),
        record(4, "c", observed=digest("a")),
    ]
    entries = [entry(item) for item in records]
    return read_history("web", "stable", entries, [item.manifest for item in entries], digest("a"))


TARGETS = {
    "promote-new": ("promote", "new", "It was never withdrawn"),
    "promote-again": ("promote", "a", "It was never withdrawn"),
    "promote-withdrawn": ("promote", "b", "!It was withdrawn: errors"),
    "rollback-to-completed": ("rollback", "a", "Record 1 promoted it"),
    "rollback-to-withdrawn": ("rollback", "b", "!It was withdrawn: errors"),
    "rollback-to-authorised": ("rollback", "c", "!No completed promotion"),
    "rollback-to-new": ("rollback", "new", "!No completed promotion"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets(name: str) -> None:
    kind, to, reason = TARGETS[name]
    facts = GateFacts(digest(to), NOON, kind=kind, history=lived())  # type: ignore[arg-type]
    result = TargetGate().judge(facts)
    assert result.ok == (not reason.startswith("!"))
    assert result.reason.startswith(reason.lstrip("!"))


def test_a_history_that_could_not_be_read_is_a_no() -> None:
    assert refusal(TargetGate().judge(replace(FACTS, history=Gap("x")))) == "x"
    assert not TargetGate().judge(FACTS).ok


RELEASES: dict[str, tuple[str, Any, str, str]] = {
    # name: (version, what its tag names, the channel's highest, fault)
    "first": ("v1.0.0", None, "", ""),
    "higher": ("v1.2.4", None, "v1.2.3", ""),
    "same-digest-again": ("v1.2.3", "b", "v1.2.3", ""),
    "older-release-of-this-digest": ("v1.2.2", "b", "v1.2.3", "is not higher than v1.2.3"),
    "other-digest": ("v1.2.4", "a", "v1.2.3", "releases never move"),
    "same-version-new-tag": ("v1.2.3", None, "v1.2.3", "is not higher"),
    "lower": ("v1.2.2", None, "v1.2.3", "is not higher"),
    "prerelease": ("v1.3.0-rc.1", None, "v1.2.3", "is a prerelease"),
    "other-prefix": ("1.3.0", None, "v1.2.3", "spelled unlike v1.2.3"),
    "no-version": ("", None, "v1.2.3", "none was named"),
    "no-semver": ("v1.2", None, "v1.2.3", "Not a release"),
    "build-metadata": ("v1.2.4+build", None, "v1.2.3", "Not a release"),
    "highest-is-none": ("v1.2.4", None, "latest", "Not a release"),
}


@pytest.mark.parametrize("name", RELEASES)
def test_releases(name: str) -> None:
    version, named, highest, fault = RELEASES[name]
    fact = ReleaseFact(version, digest(named) if named else None, highest)
    result = ReleaseGate().judge(replace(FACTS, release=fact))
    assert result.ok == (not fault), result.reason
    assert (fault or ("is this digest already" if named else "is new")) in result.reason


def test_prereleases_where_they_are_allowed() -> None:
    def judge(version: str, highest: str) -> bool:
        return ReleaseGate(prereleases=True).judge(replace(FACTS, release=ReleaseFact(version, None, highest))).ok

    assert judge("v1.3.0-rc.1", "v1.2.3")
    assert judge("v1.3.0", "v1.3.0-rc.1")
    assert not judge("v1.3.0-rc.1", "v1.3.0")
    assert not judge("v1.3.0-rc.2", "v1.3.0-rc.10")


def test_a_rollback_waives_the_order_of_releases_and_nothing_else() -> None:
    back = replace(FACTS, kind="rollback")
    assert ReleaseGate().judge(replace(back, release=ReleaseFact("", None, "v1.2.3"))).verdict == "passed"
    assert ReleaseGate().judge(replace(back, release=ReleaseFact("v1.2.2", digest("b"), "v1.2.3"))).verdict == "waived"
    assert ReleaseGate().judge(replace(back, release=ReleaseFact("v1.2.2", digest("a"), "v1.2.3"))).verdict == "failed"
    assert ReleaseGate().judge(replace(back, release=ReleaseFact("v1.2.4", None, "v1.2.3"))).verdict == "passed"


def test_releases_that_could_not_be_read_are_a_no() -> None:
    assert refusal(ReleaseGate().judge(replace(FACTS, release=Gap("x")))) == "x"
    assert not ReleaseGate().judge(FACTS).ok

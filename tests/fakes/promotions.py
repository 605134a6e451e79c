"""Promotion records and evidence for tests, without any signing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from gitless.model.approval import Person
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.history import RecordEntry, RecordStanding
from gitless.model.promotion import Approver, PolicyFact, Record, RunFact
from gitless.model.statement import Statement
from gitless.model.workload import Workload
from gitless.promotion.record import record_statement

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ALICE = Person("github.com", "101", "alice")
BOB = Person("github.com", "102", "bob")
CAROL = Person("github.com", "103", "carol")
ROBOT = Person("github.com", "104", "renovate[bot]", is_bot=True)


def digest(name: object) -> Digest:
    """A digest that stands for something, told apart by its name."""
    return Digest.of(str(name).encode())


POLICY = PolicyFact(digest("gitless.yaml"), "c" * 40, "git+https://github.com/acme/apps@refs/heads/main#gitless.yaml")


def record(sequence: int = 1, to: object = "one", **changes: Any) -> Record:
    """A short record; its predecessor's digest is made up from its number unless it is given."""
    values: dict[str, Any] = {
        "kind": "promote",
        "component": "web",
        "channel": "stable",
        "digest": digest(to),
        "observed": None,
        "previous": digest(f"record {sequence - 1}") if sequence > 1 else None,
        "sequence": sequence,
        "created": NOON + sequence * HOUR,
        "policy": POLICY,
        "repository": "ghcr.io/acme/apps/web",
        "gates": (GateResult("signature", "passed", "Signed."), GateResult("provenance", "passed", "Built.")),
    }
    return Record(**{**values, **changes})


FULL = record(
    7,
    "next",
    kind="rollback",
    observed=digest("bad"),
    release="v1.2.3",
    source="latest",
    requesters=(ALICE,),
    approvers=(
        Approver(BOB, "environment"),
        Approver(CAROL, "review", NOON, "https://github.com/acme/apps/pull/7"),
    ),
    reason="errors after v1.2.4 <script>&",
    ticket="OPS-7",
    emergency=True,
    gates=(
        GateResult("signature", "passed", "It is signed by a trusted identity."),
        GateResult("provenance", "passed", "Built from https://github.com/acme/apps."),
        GateResult("soak", "waived", "It was signed an hour ago."),
        GateResult("checks", "skipped", "The check e2e is pending, not success."),
    ),
    withdraws=digest("bad"),
    sbom=digest("sbom"),
    diff=digest("diff"),
    revision="main@sha1:" + "c" * 40,
    committed=NOON - HOUR,
    run=RunFact(
        "https://github.com/acme/apps/actions/runs/7/attempts/1",
        "https://github.com/acme/apps/.github/workflows/release-artifact.yaml@refs/tags/web/v1.2.3",
        "d" * 40,
        "github-hosted",
        True,
    ),
    tools={"gitless": "0.1.0"},
    shared_key=True,
)


@dataclass(frozen=True)
class Weighed:
    """A piece of evidence with a standing, as verification hands it on."""

    statement: Statement | None
    standing: Literal["valid", "foreign", "invalid"] = "valid"
    reason: str = "It is signed by a trusted identity."
    workload: Workload | None = None
    signed_at: datetime | None = None
    manifest: Digest = field(default=digest("referrer"))


def weighed(predicate_type: str, predicate: Mapping[str, Any] | None = None, **changes: Any) -> Weighed:
    """Evidence about the digest `one`."""
    return Weighed(Statement.about(digest("one"), predicate_type, predicate or {}), **changes)


def entry(of: Record, manifest: object = None, standing: RecordStanding = "valid", **changes: Any) -> RecordEntry:
    """A history's entry for a record."""
    content = Digest.of(record_statement(of).content)
    name = digest(manifest if manifest is not None else f"record {of.sequence}")
    return RecordEntry(name, standing, "It is as it is.", of, content, **changes)


def edited(predicate: Mapping[str, Any], **changes: Any) -> Mapping[str, Any]:
    """A predicate with some fields replaced; None takes one away."""
    return {key: value for key, value in {**predicate, **changes}.items() if value is not None}


def refusal(result: GateResult) -> str:
    """The reason of a gate that said no; fails where it did not."""
    assert result.verdict == "failed", result
    return result.reason

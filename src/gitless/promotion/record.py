"""The promotion record as an in-toto predicate, `https://gitless.dev/promotion/v1` (docs/promotion.md).

The same record always gives the same bytes. What comes from outside is read strictly: a record that is not whole is no
record. A failed gate is never written and never read: whoever signs may be trusted by a cluster, which does not look at
what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from gitless.errors import DefectError, UntrustedContentError, UsageError
from gitless.model.approval import Kind, Person
from gitless.model.canonical import canonical_json
from gitless.model.digest import Digest
from gitless.model.gate import GateResult, GateVerdict
from gitless.model.line import is_line
from gitless.model.namespace import PROMOTION
from gitless.model.promotion import (
    APPROVAL_KINDS,
    PROMOTION_KINDS,
    Approver,
    PolicyFact,
    PromotionKind,
    Record,
    RunFact,
)
from gitless.model.revision import rfc3339
from gitless.model.statement import Statement
from gitless.promotion.emergency import NEVER_SKIPPED
from gitless.promotion.fields import Fields

MAX_REASON = 4096
MAX_APPROVERS = 5000  # people times changes; 1 MB of a bundle's 3 MiB
_WHAT = "The promotion record"
_WRITTEN = ("passed", "skipped", "waived")


def record_statement(record: Record) -> Statement:
    """The statement to sign, about the digest that is promoted.

    Raises:
        DefectError: No reader would take the record; a failed gate is one reason for that.
    """
    return Statement.about(record.digest, PROMOTION, to_predicate(record))


def to_predicate(record: Record) -> dict[str, Any]:
    """The predicate's JSON object; values that are empty are left out.

    Raises:
        DefectError: No reader would take it.
    """
    predicate = {key: value for key, value in _fields(record).items() if value not in ("", None, [], {}, False)}
    try:
        read_predicate(predicate)
    except UntrustedContentError as error:
        raise DefectError("A promotion record of ours breaks its own rules.", why=error.what) from error
    return predicate


def read_record(statement: Statement) -> Record:
    """The record in a statement.

    Raises:
        UntrustedContentError: Another predicate type, a record that is not whole, or one about another digest.
    """
    if statement.predicate_type != PROMOTION:
        raise UntrustedContentError("The statement is no promotion record.", why=statement.predicate_type[:200])
    record = read_predicate(statement.predicate)
    if statement.subjects != (record.digest,):
        raise UntrustedContentError(f"{_WHAT} stands on another digest than the one it names.")
    return record


def read_predicate(predicate: Mapping[str, Any]) -> Record:
    """Read a predicate from outside; fields it does not know are ignored.

    Raises:
        UntrustedContentError: A field is missing, of another type, too long, or contradicts another one.
    """
    fields = Fields(predicate, _WHAT)
    policy = fields.inner("policy")
    if policy is None:
        raise UntrustedContentError(f"{_WHAT} names no policy.")
    record = Record(
        kind=cast("PromotionKind", fields.word("kind", PROMOTION_KINDS)),
        component=fields.line("component", needed=True),
        channel=fields.line("channel", needed=True),
        digest=fields.digest("digest"),
        observed=fields.maybe_digest("observed"),
        previous=fields.maybe_digest("previous"),
        sequence=fields.number("sequence", least=1),
        created=fields.moment("created"),
        policy=PolicyFact(policy.digest("digest"), policy.line("commit"), policy.line("uri")),
        repository=fields.line("repository"),
        release=fields.line("release"),
        source=fields.line("from"),
        requesters=tuple(_person(item) for item in fields.items("requesters")),
        approvers=tuple(_approver(item) for item in fields.items("approvers", limit=MAX_APPROVERS)),
        reason=fields.line("reason", limit=MAX_REASON),
        ticket=fields.line("ticket"),
        emergency=fields.flag("emergency"),
        gates=tuple(_gate(item) for item in fields.items("gates")),
        withdraws=fields.maybe_digest("withdraws"),
        sbom=fields.maybe_digest("sbom"),
        diff=fields.maybe_digest("diff"),
        revision=fields.line("revision"),
        committed=fields.maybe_moment("committed"),
        run=_run(fields.inner("run")),
        tools=fields.lines("tools"),
        shared_key=fields.flag("sharedKey"),
    )
    _check(record)
    return record


def check_reason(text: str) -> str:
    """Return a reason or ticket that a person gave, without blanks around it.

    Raises:
        UsageError: It is longer than 4096 characters, or more than one line.
    """
    reason = text.strip()
    if not is_line(reason, MAX_REASON):
        raise UsageError("The reason is not one line of at most 4096 characters.", hint="Write it shorter.")
    return reason


def record_bytes(record: Record) -> bytes:
    """The predicate as canonical JSON, for exports."""
    return canonical_json(to_predicate(record))


def _check(record: Record) -> None:
    """What no single field can say."""
    if (record.previous is None) != (record.sequence == 1):
        raise UntrustedContentError(f"{_WHAT} is first without being number 1, or number 1 without being first.")
    if record.withdraws is not None and (record.kind != "rollback" or record.withdraws == record.digest):
        raise UntrustedContentError(f"{_WHAT} withdraws a digest it may not withdraw.")
    if record.kind == "rollback" and not record.reason:
        raise UntrustedContentError(f"{_WHAT} rolls back without a reason.")
    if record.emergency and not record.reason:
        raise UntrustedContentError(f"{_WHAT} is of an emergency without a reason.")
    if record.skipped and not record.emergency:
        raise UntrustedContentError(f"{_WHAT} skips gates without an emergency.")
    if record.kind != "rollback" and any(gate.verdict == "waived" for gate in record.gates):
        raise UntrustedContentError(f"{_WHAT} waives gates without being a rollback.")
    if any(gate.name in NEVER_SKIPPED and gate.verdict != "passed" for gate in record.gates):
        raise UntrustedContentError(f"{_WHAT} skips or waives a gate that always holds.")
    if len({gate.name for gate in record.gates}) != len(record.gates):
        raise UntrustedContentError(f"{_WHAT} names a gate twice.")


def _fields(record: Record) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "component": record.component,
        "channel": record.channel,
        "repository": record.repository,
        "digest": str(record.digest),
        "observed": _text(record.observed),
        "previous": _text(record.previous),
        "sequence": record.sequence,
        "created": rfc3339(record.created),
        "policy": _some(
            {"digest": str(record.policy.digest), "commit": record.policy.commit, "uri": record.policy.uri}
        ),
        "release": record.release,
        "from": record.source,
        "requesters": [_person_fields(person) for person in record.requesters],
        "approvers": [_approver_fields(approver) for approver in record.approvers],
        "reason": record.reason,
        "ticket": record.ticket,
        "emergency": record.emergency,
        "gates": [{"name": gate.name, "verdict": gate.verdict, "reason": gate.reason} for gate in record.gates],
        "withdraws": _text(record.withdraws),
        "sbom": _text(record.sbom),
        "diff": _text(record.diff),
        "revision": record.revision,
        "committed": _time(record.committed),
        "run": _run_fields(record.run),
        "tools": dict(sorted(record.tools.items())),
        "sharedKey": record.shared_key,
    }


def _person_fields(person: Person) -> dict[str, Any]:
    return _some({"platform": person.platform, "id": person.id, "login": person.login})


def _approver_fields(approver: Approver) -> dict[str, Any]:
    person = _person_fields(approver.person)
    return _some({"person": person, "kind": approver.kind, "at": _time(approver.at), "change": approver.change})


def _run_fields(run: RunFact) -> dict[str, Any]:
    return _some({
        "url": run.url,
        "workflowRef": run.workflow_ref,
        "workflowSha": run.workflow_sha,
        "runner": run.runner,
        "verified": run.verified or None,
    })  # fmt: skip


def _some(pairs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in pairs.items() if value not in ("", None)}


def _text(digest: Digest | None) -> str | None:
    return str(digest) if digest else None


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _person(fields: Fields) -> Person:
    platform, number, login = fields.line("platform", needed=True), fields.line("id"), fields.line("login")
    try:
        return Person(platform, number, login)
    except ValueError as error:
        raise UntrustedContentError(f"{_WHAT} names an account without its number.") from error


def _approver(fields: Fields) -> Approver:
    person = fields.inner("person")
    if person is None:
        raise UntrustedContentError(f"{_WHAT} has an approval by nobody.")
    kind = cast("Kind", fields.word("kind", APPROVAL_KINDS))
    return Approver(_person(person), kind, fields.maybe_moment("at"), fields.line("change"))


def _gate(fields: Fields) -> GateResult:
    verdict = cast("GateVerdict", fields.word("verdict", _WRITTEN))
    return GateResult(fields.line("name", needed=True), verdict, fields.line("reason", limit=MAX_REASON))


def _run(fields: Fields | None) -> RunFact:
    if fields is None:
        return RunFact()
    return RunFact(
        url=fields.line("url"),
        workflow_ref=fields.line("workflowRef"),
        workflow_sha=fields.line("workflowSha"),
        runner=fields.line("runner"),
        verified=fields.flag("verified"),
    )

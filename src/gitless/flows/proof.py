"""What a promotion leaves in the registry: countersignature, record and verification summary, as new evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitless import __version__
from gitless.artifact.manifest import build_referrer
from gitless.flows.complete import Attachment
from gitless.flows.examine import Examined, Rules
from gitless.flows.parallel import map_together
from gitless.model.digest import Digest
from gitless.model.history import RecordEntry
from gitless.model.media_types import (
    ANNOTATION_CREATED,
    ANNOTATION_REVISION,
    PREDICATE_SBOM,
    PREDICATE_SIGNATURE,
    PREDICATE_SUMMARY,
)
from gitless.model.namespace import NAMESPACE
from gitless.model.promotion import Record, RunFact
from gitless.model.revision import parse_rfc3339, rfc3339
from gitless.model.statement import Statement
from gitless.ports import Clock, Signer
from gitless.promotion.record import record_statement
from gitless.promotion.verification_summary import SummaryFacts, build_summary
from gitless.verification.judge import valid


@dataclass(frozen=True)
class Asked:
    """What whoever started the run said about it.

    Attributes:
        reason: Why.
        ticket: A reference into a ticket system.
        emergency: Whether it is one.
        withdraw: Whether a rollback withdraws what it leaves behind.
        diff: sha256 of the diff that reviewers saw.
    """

    reason: str = ""
    ticket: str = ""
    emergency: bool = False
    withdraw: bool = False
    diff: Digest | None = None


@dataclass(frozen=True)
class Prover:
    """Signs what one move leaves behind.

    Attributes:
        rules: What holds for the channel.
        signer: The promoting identity.
        run: The run.
        tools: Versions of what makes the record, by name.
        clock: Tells the time.
    """

    rules: Rules
    signer: Signer
    run: RunFact
    tools: Mapping[str, str]
    clock: Clock

    def record(self, examined: Examined, asked: Asked) -> Record:
        """The record of a move that every gate let through."""
        wanted, ledger, facts = examined.wanted, examined.ledger, examined.facts
        head = ledger.history.head
        created = examined.artifact.annotations.get(ANNOTATION_CREATED, "")
        sboms = [item.manifest for item in valid(examined.evidence, PREDICATE_SBOM)]
        return Record(
            kind=wanted.kind,
            component=wanted.component,
            channel=self.rules.channel,
            digest=wanted.digest,
            observed=ledger.observed,
            previous=head.manifest if head else None,
            sequence=ledger.history.next_sequence,
            created=facts.now.replace(microsecond=0),
            policy=self.rules.fact,
            repository=wanted.place,
            release=examined.release,
            source=self.rules.policy.source if wanted.kind == "promote" else "",
            requesters=facts.decisions.requesters if facts.decisions else (),
            approvers=examined.tally.approvers if examined.tally else (),
            reason=asked.reason,
            ticket=asked.ticket,
            emergency=asked.emergency,
            gates=examined.gates,
            withdraws=ledger.observed if asked.withdraw else None,
            sbom=min(sboms) if sboms else None,
            diff=asked.diff,
            revision=examined.artifact.annotations.get(ANNOTATION_REVISION, ""),
            committed=parse_rfc3339(created) if created else None,
            run=self.run,
            tools=self.tools,
            shared_key=self.rules.shared_key,
        )

    def prove(self, examined: Examined, record: Record | None) -> tuple[Attachment, ...]:
        """Sign what is missing: the countersignature once, and record and summary where there is no record yet.

        Args:
            examined: The move.
            record: The record to sign; None where an earlier run has left one that is used again.

        Returns:
            The new evidence; the record's stands first.
        """
        digest, statements = examined.wanted.digest, []
        if record is not None:
            statements.append(record_statement(record))
        if record is not None or not valid(examined.countersigned, PREDICATE_SUMMARY):
            statements.append(Statement.about(digest, PREDICATE_SUMMARY, self._summary(examined)))
        if not valid(examined.countersigned, PREDICATE_SIGNATURE):
            statements.append(Statement.about(digest, PREDICATE_SIGNATURE, {}))
        created = rfc3339(self.clock.now())
        return tuple(map_together(lambda item: self._attachment(examined, item, created), statements))

    def _attachment(self, examined: Examined, statement: Statement, created: str) -> Attachment:
        bundle = self.signer.sign(statement.content)
        kind, artifact = statement.predicate_type, examined.artifact.descriptor
        return Attachment(bundle, build_referrer(bundle, kind, artifact, created))

    def _summary(self, examined: Examined) -> dict[str, object]:
        place = f"oci://{examined.wanted.place}"
        inputs = [(f"{place}@{item.manifest}", item.manifest) for item in valid(examined.evidence)]
        return build_summary(
            SummaryFacts(
                verifier=self.run.workflow_ref if self.run.verified else _LOCAL_VERIFIER,
                version=__version__,
                time=examined.facts.now,
                resource=f"{place}:{self.rules.channel}",
                policy=self.rules.fact,
                inputs=inputs,
                gates=examined.gates,
            )
        )


def left_by_an_earlier_run(examined: Examined, record: Record, entries: Sequence[RecordEntry]) -> Digest | None:
    """The manifest of a valid record that authorises this very move already, so that no second one is made.

    Args:
        examined: The move.
        record: The record this run would make.
        entries: The records among the digest's evidence, listed in the journal or not.
    """
    head = examined.ledger.history.head
    if head and head.state == "authorised" and _same_move(head.record, record, is_head=True):
        return head.manifest
    listed = set(examined.ledger.listed)
    unlisted = [entry for entry in entries if entry.standing == "valid" and entry.manifest not in listed]
    fitting = [entry.manifest for entry in unlisted if entry.record and _same_move(entry.record, record)]
    return min(fitting, default=None)


def _same_move(found: Record, wanted: Record, *, is_head: bool = False) -> bool:
    same = ("kind", "component", "channel", "digest", "observed", "release", "repository", "withdraws")
    if any(getattr(found, name) != getattr(wanted, name) for name in same):
        return False
    return is_head or (found.previous, found.sequence) == (wanted.previous, wanted.sequence)


_LOCAL_VERIFIER = f"{NAMESPACE}/builders/local"

"""What a promotion leaves in the registry: countersignature, record and verification summary, as new evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gitless import __version__
from gitless.artifact.manifest import build_referrer
from gitless.errors import CheckError
from gitless.flows.complete import Attachment
from gitless.flows.evidence import judge_all
from gitless.flows.examine import Examined
from gitless.flows.move import Rules
from gitless.flows.parallel import map_together
from gitless.model.digest import Digest
from gitless.model.media_types import (
    ANNOTATION_CREATED,
    ANNOTATION_REVISION,
    PREDICATE_SBOM,
    PREDICATE_SIGNATURE,
    PREDICATE_SUMMARY,
)
from gitless.model.namespace import NAMESPACE, PROMOTION
from gitless.model.promotion import Record, RunFact
from gitless.model.revision import parse_rfc3339, rfc3339
from gitless.model.statement import Statement
from gitless.ports import Clock, Signer
from gitless.promotion.entries import record_entry
from gitless.promotion.record import record_statement
from gitless.promotion.verification_summary import SummaryFacts, build_summary
from gitless.verification.evidence import JudgedEvidence
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
class Proof:
    """New evidence of one move.

    Attributes:
        attachments: What to attach; the record, where there is a new one, stands first.
        judged: The same, weighed under the promoting identity: all of it is valid.
    """

    attachments: tuple[Attachment, ...]
    judged: tuple[JudgedEvidence, ...]


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

    def prove(self, examined: Examined, record: Record | None) -> Proof:
        """Sign what is missing: the record, its verification summary, and the countersignature once.

        Args:
            examined: The move.
            record: The record to sign; None where an earlier run has left one that is used again.

        Raises:
            CheckError: What was signed does not verify under the promoting identity; nothing has left this process.
            RemoteError: A signing service failed.
        """
        digest, statements = examined.wanted.digest, []
        if record is not None:
            statements.append(record_statement(record))
        if self._lacks_summary(examined, record):
            statements.append(Statement.about(digest, PREDICATE_SUMMARY, self._summary(examined)))
        if not valid(examined.countersigned, PREDICATE_SIGNATURE):
            statements.append(Statement.about(digest, PREDICATE_SIGNATURE, {}))
        created = rfc3339(self.clock.now())
        attachments = tuple(map_together(lambda item: self._attachment(examined, item, created), statements))
        judged = judge_all([item.evidence for item in attachments], digest, self.rules.promoters)
        refused = [item for item in judged if item.standing != "valid"]
        if refused:
            raise CheckError(
                f"{examined.wanted.component}: the promoting identity is not the one that the rules trust.",
                why=refused[0].reason,
                hint="Sign as identities.promote of the protected default branch says; nothing was written.",
            )
        return Proof(attachments, tuple(judged))

    def _lacks_summary(self, examined: Examined, record: Record | None) -> bool:
        """Each record has one summary; a run that was stopped may have left either without the other."""
        resource = self._resource(examined)
        summaries = [
            item
            for item in valid(examined.countersigned, PREDICATE_SUMMARY)
            if item.statement and item.statement.predicate.get("resourceUri") == resource
        ]
        entries = [record_entry(item) for item in valid(examined.countersigned, PROMOTION)]
        records = [entry for entry in entries if entry.record and self._is_here(entry.record, examined)]
        return len(summaries) < len(records) + (record is not None)

    def _is_here(self, record: Record, examined: Examined) -> bool:
        return (record.channel, record.repository) == (self.rules.channel, examined.wanted.place)

    def _resource(self, examined: Examined) -> str:
        return f"oci://{examined.wanted.place}:{self.rules.channel}"

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
                resource=self._resource(examined),
                policy=self.rules.fact,
                inputs=inputs,
                gates=examined.gates,
            )
        )


_LOCAL_VERIFIER = f"{NAMESPACE}/builders/local"

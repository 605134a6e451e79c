"""What an examined move would change, for reviewers: images and files against what the channel names now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitless.flows.changes import predicate_changes
from gitless.flows.evidence import gather, judge_all
from gitless.flows.examine import Examined
from gitless.flows.layer_objects import read_objects
from gitless.flows.move import Rules
from gitless.flows.parallel import both
from gitless.flows.resume import begun
from gitless.model.difference import Difference
from gitless.model.media_types import ANNOTATION_CREATED, ANNOTATION_REVISION, PREDICATE_SBOM
from gitless.model.moves import MoveResult
from gitless.model.revision import parse_rfc3339
from gitless.promotion.plan import PlannedMove
from gitless.sbom.summary import summarize_sbom
from gitless.verification.evidence import JudgedEvidence
from gitless.verification.judge import valid


def describe(item: Examined, rules: Rules) -> MoveResult:
    """The move as reports show it; reads the SBOM of what the channel names now.

    Raises:
        RemoteError: The store failed.
    """
    after = _sbom(item.evidence)
    evidence, objects = both(lambda: _evidence_before(item, rules), lambda: _objects(item))
    before = _sbom(evidence)
    return replace(
        outline(item, rules),
        changes=predicate_changes(before, after),
        objects=objects,
        images_before=_images(before),
        images=_images(after),
    )


def outline(item: Examined, rules: Rules) -> MoveResult:
    """The move without what it changes: nothing needs to be read for this."""
    wanted, observed = item.wanted, item.ledger.observed
    created = item.artifact.annotations.get(ANNOTATION_CREATED, "")
    return MoveResult(
        name=wanted.component,
        channel=rules.channel,
        repository=wanted.place,
        digest=str(wanted.digest),
        previous=str(observed) if observed else "",
        revision=item.artifact.annotations.get(ANNOTATION_REVISION, ""),
        release=item.release,
        source=rules.policy.source if wanted.kind == "promote" else "",
        gates=item.gates,
        approvers=tuple(str(approver.person) for approver in item.tally.approvers) if item.tally else (),
        refused=tuple(f"{one.person}: {one.reason}" for one in item.tally.refused) if item.tally else (),
        lead_time=item.facts.now - parse_rfc3339(created) if created else None,
    )


def planned(item: Examined) -> PlannedMove:
    """The move's part of a plan; a move that has begun since it was planned is still the same move."""
    history, link = item.ledger.history, begun(item)
    if link:
        record = link.record
        return PlannedMove(
            item.wanted.component,
            item.wanted.digest,
            record.observed,
            record.previous,
            record.sequence,
            item.release,
            item.gates,
        )
    head = history.head
    return PlannedMove(
        item.wanted.component,
        item.wanted.digest,
        item.ledger.observed,
        head.manifest if head else None,
        history.next_sequence,
        item.release,
        item.gates,
    )


def _evidence_before(item: Examined, rules: Rules) -> Sequence[JudgedEvidence]:
    observed = item.ledger.observed
    if observed is None:
        return ()
    if observed == item.wanted.digest:
        return item.evidence
    return judge_all(gather(item.wanted.target, observed).evidence, observed, rules.publishers)


def _objects(item: Examined) -> Difference | None:
    """Which objects differ from what the channel names; everything is new where it names nothing."""
    wanted, named = item.wanted, item.ledger.named
    if named and named.digest == wanted.digest:
        return Difference()
    before, after = both(
        lambda: read_objects(wanted.target, named) if named else {}, lambda: read_objects(wanted.source, item.artifact)
    )
    return Difference.between(before, after) if before is not None and after is not None else None


def _sbom(evidence: Sequence[JudgedEvidence]) -> Mapping[str, Any] | None:
    statements = [one.statement for one in valid(evidence, PREDICATE_SBOM) if one.statement]
    return statements[0].predicate if statements else None


def _images(predicate: Mapping[str, Any] | None) -> tuple[str, ...]:
    return summarize_sbom(dict(predicate)).images if predicate else ()

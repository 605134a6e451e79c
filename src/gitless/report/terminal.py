"""Results as lines for a terminal or a job's log; rich adds colour where it is a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.errors import GitlessError
from gitless.model.digest import Digest
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.results import ComponentResult, EvidenceResult, InspectResult, PublishResult, VerifyResult
from gitless.model.simple_signing import SIMPLE_SIGNING
from gitless.report.foreign import log_line, one_line

_WORDS = {
    PREDICATE_SIGNATURE: "signature",
    PREDICATE_SBOM: "SBOM",
    PREDICATE_PROVENANCE: "provenance",
    SIMPLE_SIGNING: "legacy signature",
}


def publish_lines(result: PublishResult) -> list[str]:
    """One line a component, notes below it; then what concerns the whole run."""
    lines = [line for component in result.components for line in _component(component, result.dry_run)]
    return lines + [f"note: {one_line(notice)}" for notice in result.notices]


def verify_lines(result: VerifyResult) -> list[str]:
    """The verdict, then each numbered check."""
    head = f"{'verified' if result.ok else 'NOT verified'}: {one_line(result.reference)} ({result.policy})"
    if result.error:
        return [head, *(f"  {line}" for line in error_lines(result.error))]
    checks = [f"  {'ok ' if check.ok else 'NO '} {check.id}: {one_line(check.reason)}" for check in result.checks]
    return [head, f"  digest {result.digest}", *checks, *_evidence(result.evidence)]


def inspect_lines(result: InspectResult) -> list[str]:
    """Artifact, annotations, tree of evidence and SBOM summary."""
    lines = [
        one_line(result.reference),
        f"  digest      {result.digest}",
        f"  media type  {one_line(result.media_type)}",
    ]
    lines += [f"  layer       {digest} {size} bytes, {one_line(kind)}" for kind, digest, size in result.layers]
    lines += [f"  {one_line(key)}: {one_line(value)}" for key, value in sorted(result.annotations.items())]
    unread = [f"  └─ {result.unread} more referrers, too many to be read"] if result.unread else []
    return lines + _evidence(result.evidence) + unread + [f"  {one_line(line)}" for line in result.sbom]


def error_lines(error: GitlessError) -> list[str]:
    """What, why, what to do; foreign text in it can start no workflow command."""
    lines = [f"gitless: {log_line(error.what)}"]
    lines += [f"  {line}" for line in log_line(error.why).splitlines()]
    return lines + [f"  {line}" for line in log_line(error.hint).splitlines()]


def _component(item: ComponentResult, dry_run: bool) -> list[str]:
    if item.error:
        return [f"failed     {item.name}", *(f"  {line}" for line in error_lines(item.error))]
    word = "would push" if dry_run and item.changed else item.outcome
    head = f"{word:<10} {item.name}  {one_line(item.repository)}@sha256:{Digest.parse(item.digest).short}"
    details = f"{', '.join(item.tags)}" if item.tags else ""
    tail = f"  [{details}]" if details else ""
    cost = f"  {item.requests} requests, {item.seconds:.2f} s"
    return [f"{head}{tail}{cost}", *(f"  {one_line(note)}" for note in item.notes)]


def _evidence(items: Sequence[EvidenceResult]) -> list[str]:
    return [
        f"  └─ {_WORDS.get(item.predicate_type, one_line(item.predicate_type) or 'unreadable')}"
        f"  {item.standing}  {item.digest}{_who(item)}"
        for item in items
    ]


def _who(item: EvidenceResult) -> str:
    """Who signed and when, or why it does not count."""
    if item.standing in ("foreign", "invalid"):
        return f"  {item.check}: {one_line(item.reason)}" if item.reason else ""
    by = f"  by {one_line(item.identity)}" if item.identity else ""
    return f"{by} at {item.signed_at}" if item.signed_at else by

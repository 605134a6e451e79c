"""Results as the JSON document that `--json` prints; scripts rely on its names."""

from __future__ import annotations

import json
from typing import Any

from gitless.errors import GitlessError
from gitless.model.results import ComponentResult, EvidenceResult, InspectResult, PublishResult, VerifyResult


def publish_record(result: PublishResult) -> dict[str, Any]:
    """The document of `gitless publish --json`."""
    record: dict[str, Any] = {
        "verb": "publish",
        "ok": result.ok,
        "components": [_component(component) for component in result.components],
    }
    if result.dry_run:
        record["dry_run"] = True
    if result.notices:
        record["notices"] = list(result.notices)
    return record


def verify_record(results: tuple[VerifyResult, ...]) -> dict[str, Any]:
    """The document of `gitless verify --json`: flat for one reference, a list below `references` for several."""
    entries = [_verified(result) for result in results]
    if len(entries) == 1:
        return {"verb": "verify", **entries[0]}
    return {"verb": "verify", "ok": all(result.ok for result in results), "references": entries}


def inspect_record(result: InspectResult) -> dict[str, Any]:
    """The document of `gitless inspect --json`."""
    return {
        "verb": "inspect",
        "ok": True,
        "reference": result.reference,
        "digest": result.digest,
        "media_type": result.media_type,
        "layers": [{"media_type": kind, "digest": digest, "size": size} for kind, digest, size in result.layers],
        "annotations": dict(sorted(result.annotations.items())),
        "evidence": [_judged(item) for item in result.evidence],
        "images": list(result.images),
        "sbom": list(result.sbom),
        "unread": result.unread,
    }


def error_record(verb: str, error: GitlessError) -> dict[str, Any]:
    """The document of a verb that failed as a whole."""
    return {"verb": verb, "ok": False, "error": _error(error)}


def to_json(record: dict[str, Any]) -> str:
    """One line-broken JSON document, ASCII only, so that no terminal or log is confused by it."""
    return json.dumps(record, indent=2)


def _component(result: ComponentResult) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": result.name,
        "repository": result.repository,
        "digest": result.digest,
        "reference": result.reference,
        "revision": result.revision,
        "content": result.content,
        "changed": result.changed,
        "pushed": result.pushed,
        "channel": result.channel,
        "previous": result.previous,
        "tags": list(result.tags),
        "evidence": [_evidence(item) for item in result.evidence],
        "images": list(result.images),
        "requests": result.requests,
        "seconds": round(result.seconds, 3),
        "notes": list(result.notes),
    }
    if result.error:
        record["error"] = _error(result.error)
    return record


def _verified(result: VerifyResult) -> dict[str, Any]:
    if result.error:
        return {"ok": False, "reference": result.reference, "policy": result.policy, "error": _error(result.error)}
    return {
        "ok": result.ok,
        "reference": result.reference,
        "digest": result.digest,
        "policy": result.policy,
        "checks": [{"id": check.id, "ok": check.ok, "reason": check.reason} for check in result.checks],
        "evidence": [_judged(item) for item in result.evidence],
        "requests": result.requests,
    }


def _judged(item: EvidenceResult) -> dict[str, Any]:
    said = {"check": item.check, "reason": item.reason, "identity": item.identity, "signed_at": item.signed_at}
    known = {name: value for name, value in said.items() if value}
    return {**_evidence(item), "standing": item.standing, **known}


def _evidence(item: EvidenceResult) -> dict[str, Any]:
    return {"predicate_type": item.predicate_type, "digest": item.digest}


def _error(error: GitlessError) -> dict[str, Any]:
    return {"what": error.what, "why": error.why, "hint": error.hint, "exit_code": error.exit_code}

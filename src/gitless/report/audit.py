"""An audit for people: lines for a terminal, Markdown for a job summary, and the JSON document of `--json`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gitless.model.audit import AuditFinding, AuditResult
from gitless.model.digest import Digest
from gitless.model.revision import rfc3339
from gitless.report.foreign import cell, code, one_line
from gitless.report.words import NOTHING, minute

_MAX_ROWS = 500


def audit_lines(result: AuditResult) -> list[str]:
    """Each finding, then what was looked at."""
    lines = [line for item in result.findings for line in _lines(item)]
    lines += [f"note: {one_line(notice)}" for notice in result.notices]
    head = f"ok {_sum(result)}" if result.ok else f"NOT in order: {len(result.findings)} finding(s), {_sum(result)}"
    return [*lines, head]


def audit_markdown(result: AuditResult) -> str:
    """Findings as a table, then what was looked at."""
    bad = len(result.findings)
    parts = [
        f"## {f'❌ {bad} finding(s)' if bad else '✅ Nothing found'}",
        "",
        f"{minute(result.made)}, {_sum(result)}.",
    ]
    parts += ["", *(f"- {cell(notice)}" for notice in result.notices)]
    if bad:
        parts += ["", "| Component | Channel | Finding | Tag | Expected | Found | What was seen |"]
        parts += ["|---|---|---|---|---|---|---|", *(_row(item) for item in result.findings[:_MAX_ROWS])]
    if bad > _MAX_ROWS:
        parts += ["", f"… and {bad - _MAX_ROWS} more; `--json` has them all."]
    parts += ["", "| Component | Repository | Tags | Looked at | Digests | Records |", "|---|---|---|---|---|---|"]
    parts += [
        f"| {cell(item.name)} | {code(item.repository)} | {item.tags} | {item.looked_at} | {item.digests} "
        f"| {item.records} |"
        for item in result.components
    ]
    return "\n".join(parts) + "\n"


def audit_record(result: AuditResult) -> dict[str, Any]:
    """The document of `gitless audit --json`."""
    return {
        "verb": "audit",
        "ok": result.ok,
        "made": rfc3339(result.made),
        "findings": [_finding(item) for item in result.findings],
        "components": [
            {
                "name": item.name,
                "repository": item.repository,
                "tags": item.tags,
                "looked_at": item.looked_at,
                "digests": item.digests,
                "records": item.records,
            }
            for item in result.components
        ],
        "heads": [
            {
                "component": component,
                "channel": channel,
                "repository": head.repository,
                "sequence": head.sequence,
                "record": str(head.record),
            }
            for (component, channel), head in sorted(result.heads.items())
        ],
        "notices": list(result.notices),
        "requests": result.requests,
    }


def _finding(item: AuditFinding) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "component": item.component,
        "channel": item.channel,
        "tag": item.tag,
        "expected": item.expected or None,
        "found": item.found or None,
        "record": item.manifest or None,
        "reason": item.reason,
    }


def _lines(item: AuditFinding) -> list[str]:
    place = " ".join(part for part in (item.component, item.tag or item.channel) if part)
    lines = [f"NO {item.kind} {one_line(place)}: {one_line(item.reason)}"]
    if item.expected or item.found:
        lines.append(f"   expected {item.expected or 'nothing'}, found {item.found or 'nothing'}")
    return lines


def _row(item: AuditFinding) -> str:
    columns = (
        cell(item.component) or NOTHING,
        cell(item.channel) or NOTHING,
        code(item.kind),
        code(item.tag) or NOTHING,
        _digest(item.expected),
        _digest(item.found),
        cell(item.reason),
    )
    return f"| {' | '.join(columns)} |"


def _digest(text: str) -> str:
    return code(Digest.parse(text).short) if text else NOTHING


def _sum(result: AuditResult) -> str:
    total: Counter[str] = Counter()
    for item in result.components:
        total.update(tags=item.looked_at, digests=item.digests, records=item.records)
    components = len({item.name for item in result.components})
    return (
        f"{components} component(s), {total['tags']} tags, {total['digests']} digests, {total['records']} records, "
        f"{result.requests} requests"
    )

"""What doctor has seen: lines for a terminal, a table for a job's summary, and a JSON record."""

from __future__ import annotations

from typing import Any

from gitless.model.checkup import Checkup, Row
from gitless.report.foreign import cell, code, fence, log_line

_WORDS = {"ok": "ok", "no": "NO", "skipped": "–", "note": "note"}
_SIGNS = {"ok": "✅ ok", "no": "❌ **no**", "skipped": "– skipped", "note": "⚠️ note"}


def checkup_lines(checkup: Checkup) -> list[str]:
    """One row a line with what was seen; below it what to do."""
    width = max((len(row.name) for row in checkup.rows), default=0)
    lines = [line for row in checkup.rows for line in _row_lines(row, width)]
    return [*lines, _verdict(checkup)]


def checkup_summary(checkup: Checkup) -> str:
    """The same as Markdown: a table, and below it what to do, to paste from."""
    head = f"## {'✅' if checkup.ok else '❌'} {_verdict(checkup)}"
    rows = [
        f"| {code(row.name)} | {_SIGNS[row.seen.state]} | {cell(_about(row) + row.seen.text)} |" for row in checkup.rows
    ]
    fixes = [
        line for row in checkup.rows if row.seen.fix for line in ("", f"**{cell(_titled(row))}**", fence(row.seen.fix))
    ]
    return "\n".join([head, "", "| What | State | Seen |", "|---|---|---|", *rows, *fixes, ""])


def checkup_record(checkup: Checkup) -> dict[str, Any]:
    """The document of `gitless doctor --json`."""
    return {
        "verb": "doctor",
        "ok": checkup.ok,
        "quick": checkup.quick,
        "rows": [
            {
                "name": row.name,
                "about": row.about,
                "state": row.seen.state,
                "seen": row.seen.text,
                "fix": row.seen.fix,
            }
            for row in checkup.rows
        ],
    }


def _row_lines(row: Row, width: int) -> list[str]:
    indent = " " * (width + 8)
    first, *more = _plain(_about(row) + row.seen.text)
    fix = [f"{'fix: ' if number == 0 else '     '}{line}" for number, line in enumerate(_plain(row.seen.fix))]
    shown = [f"{_WORDS[row.seen.state]:<6}{row.name:<{width}}  {first}"]
    return shown + [f"{indent}{line}" for line in (*more, *fix)]


def _plain(text: str) -> list[str]:
    # what stands behind blanks of ours may still begin a workflow command: the runner trims
    return log_line(text).splitlines() if text else []


def _about(row: Row) -> str:
    return f"{row.about}: " if row.about else ""


def _titled(row: Row) -> str:
    return f"{row.name} of {row.about}" if row.about else row.name


def _verdict(checkup: Checkup) -> str:
    if not checkup.ok:
        return f"{len(checkup.noes)} of {len(checkup.rows)} say no."
    if checkup.quick:
        return "Everything that could be looked at is there; nothing was asked over the network."
    return "Everything that is needed is there."

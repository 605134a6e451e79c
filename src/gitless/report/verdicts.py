"""Verdicts as Markdown: a job summary for people who ask whether an artifact may be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.errors import GitlessError
from gitless.model.results import VerifyResult
from gitless.report.foreign import cell, code, fence


def verify_summary(results: Sequence[VerifyResult]) -> str:
    """Render the verdicts: one row for each reference, the numbered checks below."""
    bad = sum(not item.ok for item in results)
    head = (
        f"❌ {bad} of {len(results)} reference(s) do not verify" if bad else f"✅ {len(results)} reference(s) verified"
    )
    rows = ["| Reference | Verdict | Policy | Digest |", "|---|---|---|---|", *map(_row, results)]
    return "\n".join([f"## {head}", "", *rows, "", *(line for item in results for line in _details(item))])


def error_summary(verb: str, error: GitlessError) -> str:
    """A verb that failed as a whole."""
    return f"## ❌ gitless {verb} failed\n\n{fence(str(error))}\n"


def _row(item: VerifyResult) -> str:
    verdict = "verified" if item.ok else "**not verified**"
    return f"| {code(item.reference)} | {verdict} | {cell(item.policy)} | {code(item.digest) or '–'} |"


def _details(item: VerifyResult) -> list[str]:
    if item.error:
        return [fence(str(item.error)), ""]
    lines = [f"- {'ok' if check.ok else '**no**'} {code(check.id)} {cell(check.reason)}" for check in item.checks]
    opened = "" if item.ok else " open"
    return [f"<details{opened}><summary>{cell(item.reference)}</summary>", "", *lines, "", "</details>", ""]

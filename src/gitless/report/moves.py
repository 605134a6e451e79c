"""Results of promote and rollback: lines for people, the JSON document, and Markdown for reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gitless.model.difference import Difference
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.moves import MoveResult, MovesResult
from gitless.model.reference import is_tag
from gitless.report.foreign import cell, code, fence, one_line
from gitless.report.images import image_lines, image_summary
from gitless.report.terminal import error_lines

_MARKS = {"passed": "ok ", "failed": "NO ", "skipped": "-- ", "waived": "-- "}
_SIGNS = {"passed": "✅", "failed": "❌", "skipped": "⚠️ skipped", "waived": "➖ waived"}
_WORDS = {"+": "new", "~": "changed", "-": "gone"}
_MAX_OBJECT_LINES = 20
_MAX_OBJECTS = 200


def moves_lines(result: MovesResult) -> list[str]:
    """One block for each component."""
    lines = [line for move in result.moves for line in _lines(move, result)]
    return lines + [f"note: {one_line(notice)}" for notice in result.notices]


def moves_record(result: MovesResult) -> dict[str, Any]:
    """The document of `gitless promote --json` and `gitless rollback --json`."""
    record: dict[str, Any] = {
        "verb": result.kind,
        "ok": result.ok,
        "channel": result.channel,
        "planned": result.planned,
        "components": [_component(move) for move in result.moves],
    }
    if result.notices:
        record["notices"] = list(result.notices)
    return record


def moves_summary(result: MovesResult) -> str:
    """Markdown for a job summary or a comment."""
    parts = [f"## {_status(result)}", "", *(f"- {cell(notice)}" for notice in result.notices), ""]
    for move in result.moves:
        parts += _section(move, result)
    return "\n".join(parts)


def _lines(move: MoveResult, result: MovesResult) -> list[str]:
    head = f"{_word(move, result)}  {one_line(move.name)}  {one_line(result.channel)}: {_path(move)}"
    gates = [f"  {_MARKS[gate.verdict]}{gate.name}: {one_line(gate.reason)}" for gate in move.gates]
    changes = [f"  {line}" for line in (*_object_lines(move), *image_lines(move.images_before, move.images))]
    record = [f"  record {move.record}"] if move.record else []
    notes = [f"  {one_line(note)}" for note in move.notes]
    errors = [f"  {line}" for line in error_lines(move.error)] if move.error else []
    return [head, *gates, *changes, *record, *notes, *errors]


def _word(move: MoveResult, result: MovesResult) -> str:
    if move.error or not move.passed:
        return "failed"
    if result.planned:
        return "would move"
    if not move.record:
        return "held"
    done = "promoted" if result.kind == "promote" else "rolled back"
    return done if move.moved else "unchanged"


def _path(move: MoveResult) -> str:
    release = f" as {move.release}" if move.release else ""
    return f"{_short(move.previous) or 'nothing'} -> {_short(move.digest) or '?'}{release}"


def _short(digest: str) -> str:
    return Digest.parse(digest).short if digest else ""


def _component(move: MoveResult) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": move.name,
        "repository": move.repository,
        "digest": move.digest or None,
        "previous": move.previous or None,
        "revision": move.revision,
        "release": move.release or None,
        "from": move.source or None,
        "record": move.record or None,
        "moved": move.moved,
        "tags": list(move.tags),
        "passed": move.passed,
        "gates": [_gate(gate) for gate in move.gates],
        "approvers": list(move.approvers),
        "refused": list(move.refused),
        "images": list(move.images),
        "images_before": list(move.images_before),
        "lead_seconds": int(move.lead_time.total_seconds()) if move.lead_time is not None else None,
        "notes": list(move.notes),
    }
    if move.changes is not None:
        fields["files"] = {
            "added": list(move.changes.added),
            "changed": list(move.changes.changed),
            "removed": list(move.changes.removed),
        }
    if move.objects is not None:
        fields["objects"] = {
            "added": list(move.objects.added),
            "changed": list(move.objects.changed),
            "removed": list(move.objects.removed),
        }
    if move.error:
        error = move.error
        fields["error"] = {"what": error.what, "why": error.why, "hint": error.hint, "exit_code": error.exit_code}
    return fields


def _gate(gate: GateResult) -> dict[str, str]:
    return {"name": gate.name, "verdict": gate.verdict, "reason": gate.reason}


def _status(result: MovesResult) -> str:
    done = [move for move in result.moves if move.error is None and move.passed]
    word = "would move" if result.planned else ("promoted" if result.kind == "promote" else "rolled back")
    sign = "✅" if result.ok else "❌"
    return f"{sign} {cell(result.channel)}: {len(done)} of {len(result.moves)} component(s) {word}"


def _section(move: MoveResult, result: MovesResult) -> list[str]:
    parts = [f"### {cell(move.name)}", ""]
    if move.error:
        parts += [fence(str(move.error)), ""]
    parts += _facts(move)
    if move.gates:
        parts += ["", "| Gate | Verdict | Reason |", "|---|---|---|"]
        parts += [f"| {cell(gate.name)} | {_SIGNS[gate.verdict]} | {cell(gate.reason)} |" for gate in move.gates]
    parts += [
        "",
        *_objects(move),
        *image_summary(move.images_before, move.images),
        *_mermaid(move, result),
        *_commands(move, result),
        "",
    ]
    return parts


def _facts(move: MoveResult) -> list[str]:
    before, now = _short(move.previous), _short(move.digest)
    facts = [f"- {code(before) if before else 'nothing'} → {code(now) if now else '?'}"]
    pairs = (
        ("release", move.release),
        ("revision", move.revision),
        ("record", move.record),
        ("approved by", ", ".join(move.approvers)),
        ("lead time", _spell(move.lead_time) if move.lead_time is not None else ""),
    )
    facts += [f"- {word} {code(text)}" for word, text in pairs if text]
    if move.changes is not None:
        changes = move.changes
        facts.append(f"- files +{len(changes.added)} ~{len(changes.changed)} −{len(changes.removed)}")
    facts += [f"- did not count: {cell(text)}" for text in move.refused]
    return facts + [f"- {cell(note)}" for note in move.notes]


def _marked(changes: Difference) -> list[tuple[str, str]]:
    parts = (("+", changes.added), ("~", changes.changed), ("-", changes.removed))
    return [(mark, ref) for mark, refs in parts for ref in refs]


def _object_lines(move: MoveResult) -> list[str]:
    found = _marked(move.objects) if move.objects else []
    lines = [f"{mark} {one_line(ref)}" for mark, ref in found[:_MAX_OBJECT_LINES]]
    hidden = len(found) - len(lines)
    return lines + ([f"… and {hidden} more objects"] if hidden else [])


def _objects(move: MoveResult) -> list[str]:
    """What changes in the cluster, folded away where it is long."""
    if move.objects is None:
        return ["What changes in the cluster is not known: a layer could not be read.", ""] if move.digest else []
    found = _marked(move.objects)
    if not found:
        return []
    counts = f"+{len(move.objects.added)} ~{len(move.objects.changed)} −{len(move.objects.removed)}"
    lines = [f"- {_WORDS[mark]} {code(ref)}" for mark, ref in found[:_MAX_OBJECTS]]
    hidden = len(found) - len(lines)
    rest = [f"- … and {hidden} more"] if hidden else []
    fold = " open" if len(found) <= _MAX_OBJECT_LINES else ""
    return [f"<details{fold}><summary>Objects {counts}</summary>", "", *lines, *rest, "", "</details>", ""]


def _mermaid(move: MoveResult, result: MovesResult) -> list[str]:
    if not move.digest or result.planned or move.error:
        return []
    source = move.source or ("rollback" if result.kind == "rollback" else "")
    digest = f"digest[{_label(_short(move.digest))}]"
    lines = [f"  source[{_label(source)}] --> {digest}"] if source else []
    lines.append(f"  {digest} --> channel[{_label(result.channel)}]")
    release = [f"  digest --> release[{_label(move.release)}]"] if move.release else []
    return ["```mermaid", "flowchart LR", *lines, *release, "```", ""]


def _label(text: str) -> str:
    """A node's text; foreign text could become markup in a diagram, so only what a tag may hold is shown."""
    return f'"{text}"' if is_tag(text) else '"…"'


def _commands(move: MoveResult, result: MovesResult) -> list[str]:
    if not move.record or move.error or move.repository.startswith("oci-layout:"):
        return []
    lines = [
        f"gitless verify --config gitless.yaml --for promote --policy flux {move.repository}@{move.digest}",
        f"gitless history {move.name} --channel {result.channel}",
    ]
    if move.previous and result.kind == "promote":
        lines.append(f"gitless rollback {move.name} --channel {result.channel} --to {move.previous} --reason WHY")
    return ["<details><summary>Verify, or go back</summary>", "", fence("\n".join(lines), "sh"), "", "</details>"]


def _spell(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts: Sequence[tuple[int, str]] = ((days, "d"), (rest // 60, "h"), (rest % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "less than a minute"

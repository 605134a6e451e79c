"""The publish result as Markdown: a job summary for people who review."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from gitless.model.difference import Difference
from gitless.model.digest import Digest
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.results import ComponentResult, Outcome, PublishResult, VerifyFlags
from gitless.report.foreign import cell, code, fence

MAX_SUMMARY_BYTES = 900 * 1024  # GitHub takes 1 MiB for each step
_MAX_PATHS = 20
_MAX_IMAGES = 30
_OUTCOMES: dict[Outcome, str] = {"pushed": "pushed, channel not moved", "healed": "channel healed"}
_WORDS = {PREDICATE_SIGNATURE: "signature", PREDICATE_SBOM: "SBOM", PREDICATE_PROVENANCE: "provenance"}


def publish_summary(result: PublishResult, max_bytes: int = MAX_SUMMARY_BYTES) -> str:
    """Render a run; what does not fit is left out and counted, never cut in the middle.

    Args:
        result: The run.
        max_bytes: Longest result in UTF-8 bytes.
    """
    notices = [f"- {cell(notice)}" for notice in result.notices]
    head = [f"## {_status(result)}", "", *_table(result.components), "", *notices, *([""] if notices else [])]
    # nothing that a dry run packed exists in the store, so there is nothing to verify
    flags = None if result.dry_run else result.flags
    details = [_details(component, flags) for component in result.components]
    return _fit("\n".join(head), details, max_bytes)


def _status(result: PublishResult) -> str:
    counts = Counter(component.outcome for component in result.components)
    words = [f"{counts[outcome]} {text}" for outcome, text in _OUTCOMES.items() if counts[outcome]]
    changed = counts["changed"] if result.dry_run else counts["published"]
    text = ", ".join([f"{changed} {'would be published' if result.dry_run else 'published'}", *words])
    if counts["failed"]:
        return f"❌ {counts['failed']} of {len(result.components)} component(s) failed, {text}"
    return f"✅ {text}, {counts['unchanged']} unchanged"


def _table(components: Sequence[ComponentResult]) -> list[str]:
    rows = ["| Component | Result | Before → now | Files | Images | Evidence | Tags |", "|---|---|---|---|---|---|---|"]
    return rows + [_row(component) for component in components]


def _row(item: ComponentResult) -> str:
    columns = (
        cell(item.name),
        _outcome(item),
        _move(item),
        _changes(item.changes),
        str(len(item.images)),
        ", ".join(_WORDS.get(entry.predicate_type, cell(entry.predicate_type)) for entry in item.evidence) or "–",
        " ".join(code(tag) for tag in item.tags) or "–",
    )
    return f"| {' | '.join(columns)} |"


def _outcome(item: ComponentResult) -> str:
    if item.error:
        return f"❌ {cell(item.error.what)}"
    return _OUTCOMES.get(item.outcome, item.outcome)


def _move(item: ComponentResult) -> str:
    if item.outcome == "pushed":
        return f"{_short(item.previous) or '–'} stays"
    return f"{_short(item.previous) or 'new'} → {_short(item.digest) or '–'}"


def _changes(changes: Difference | None) -> str:
    if changes is None:
        return "–"
    return f"+{len(changes.added)} ~{len(changes.changed)} −{len(changes.removed)}"


def _short(digest: str) -> str:
    return code(Digest.parse(digest).short) if digest else ""


def _details(item: ComponentResult, flags: VerifyFlags | None) -> str:
    parts = [f"### {cell(item.name)}", ""]
    if item.error:
        parts += [fence(str(item.error)), ""]
    parts += [f"- {cell(note)}" for note in item.notes]
    parts += _paths(item.changes) + _images(item.images)
    if flags and item.digest and not item.error:
        parts += [
            "",
            "<details><summary>Verify it yourself</summary>",
            "",
            fence(_commands(item, flags), "sh"),
            "",
            "</details>",
        ]
    return "\n".join([*parts, ""])


def _paths(changes: Difference | None) -> list[str]:
    if changes is None or not changes.count:
        return []
    marked = [("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)]
    lines = [f"- {word} {code(path)}" for word, paths in marked for path in paths[:_MAX_PATHS]]
    hidden = changes.count - len(lines)
    return lines + ([f"- … and {hidden} more file(s)"] if hidden else [])


def _images(images: Sequence[str]) -> list[str]:
    lines = [f"- image {code(image)}" for image in images[:_MAX_IMAGES]]
    hidden = len(images) - len(lines)
    return lines + ([f"- … and {hidden} more image(s)"] if hidden else [])


def _commands(item: ComponentResult, flags: VerifyFlags) -> str:
    commands = [["gitless", "verify", *flags.gitless, item.reference]]
    if not item.repository.startswith("oci-layout:"):
        attestation = ["cosign", "verify-attestation", *flags.cosign]
        commands += [
            ["cosign", "verify", *flags.cosign, item.reference],
            [*attestation, "--type", "cyclonedx", item.reference],
            [*attestation, "--type", "slsaprovenance1", item.reference],
            ["flux", "pull", "artifact", f"oci://{item.reference}", "--output", "."],
        ]
    return "\n".join(map(shlex.join, commands))


def _fit(head: str, details: Sequence[str], max_bytes: int) -> str:
    text, room = head, max_bytes - len(head.encode()) - 200
    for index, part in enumerate(details):
        room -= len(part.encode()) + 1
        if room < 0:
            left = len(details) - index
            return f"{text}\n\n_Details of {left} component(s) are left out; `--json` has them all._\n"
        text += f"\n{part}"
    return text

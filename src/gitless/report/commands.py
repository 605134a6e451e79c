"""Workflow commands and file commands of GitHub's runner, with foreign text that can never become one.

Sources: actions/runner, file commands and workflow commands; ten annotations of a type are kept for a step, with 4096
characters each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gitless.errors import GitlessError
from gitless.model.finding import PlacedFinding
from gitless.model.moves import MovesResult
from gitless.model.results import PublishResult, VerifyResult
from gitless.report.foreign import one_line, plain

MAX_ANNOTATIONS = 10
MAX_MESSAGE = 4000
Kind = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One message beside the log.

    Attributes:
        kind: How bad it is.
        title: A few words.
        text: The message.
        file: The file of the repository it is about; empty for none.
        line: Line in it, from 1; None for none.
    """

    kind: Kind
    title: str
    text: str
    file: str = ""
    line: int | None = None

    @classmethod
    def of_error(cls, title: str, error: GitlessError) -> Annotation:
        """An error in its three parts."""
        return cls("error", title, str(error))

    def __str__(self) -> str:
        place = f"file={property_text(one_line(self.file, 0))}," if self.file else ""
        place += f"line={self.line}," if place and self.line else ""
        title = property_text(one_line(self.title))
        return f"::{self.kind} {place}title={title}::{data_text(plain(self.text, MAX_MESSAGE))}"


def publish_annotations(result: PublishResult) -> list[Annotation]:
    """Every failed component as an error, with each finding at its file and line; every note as a notice."""
    titled = [(f"gitless publish: {item.name}", item) for item in result.components]
    errors = [Annotation.of_error(title, item.error) for title, item in titled if item.error]
    places = [_finding(title, at) for title, item in titled for at in item.findings if at.stops and at.file]
    notes = [Annotation("notice", title, note) for title, item in titled for note in item.notes]
    return [*errors, *places, *notes]


def _finding(title: str, placed: PlacedFinding) -> Annotation:
    finding = placed.finding
    subject = " ".join(part for part in (finding.object, finding.field) if part)
    text = f"{subject}: {finding.message}" if subject else finding.message
    return Annotation("error", f"{title}: {finding.rule}", text, placed.file, finding.line)


def verify_annotations(results: Sequence[VerifyResult]) -> list[Annotation]:
    """Every reference that does not verify as an error, with the checks that said no."""
    return [
        Annotation.of_error(f"gitless verify: {item.reference}", item.error)
        if item.error
        else Annotation(
            "error",
            f"gitless verify: {item.reference}",
            "\n".join(f"{check.id}: {check.reason}" for check in item.checks if not check.ok) or "No check was made.",
        )
        for item in results
        if not item.ok
    ]


def moves_annotations(result: MovesResult) -> list[Annotation]:
    """Every component that failed or was stopped as an error, every note as a notice."""
    found: list[Annotation] = []
    for move in result.moves:
        title = f"gitless {result.kind}: {move.name}"
        if move.error:
            found.append(Annotation.of_error(title, move.error))
        elif not move.passed:
            failed = [f"{gate.name}: {gate.reason}" for gate in move.gates if not gate.ok]
            found.append(Annotation("error", title, "\n".join(failed) or "No gate was asked."))
        found += [Annotation("notice", title, note) for note in move.notes]
    return found


def fault_annotations(verb: str, lines: Sequence[str], *, ok: bool) -> list[Annotation]:
    """What a report's lines mark with NO, each as an error; one in general where it is not in order without any."""
    if ok:
        return []
    marked = [line.strip().removeprefix("NO ").strip() for line in lines if line.strip().startswith("NO ")]
    return [Annotation("error", f"gitless {verb}", text) for text in marked or ["It is not in order."]]


def notices(verb: str, texts: Iterable[str]) -> list[Annotation]:
    """Sentences that people should read; empty ones are left out."""
    return [Annotation("notice", f"gitless {verb}", text) for text in texts if text]


def within_budget(annotations: Sequence[Annotation], limit: int = MAX_ANNOTATIONS) -> list[Annotation]:
    """What the platform keeps of each kind; where there is more, the last one says how much more."""
    kept: list[Annotation] = []
    kinds: tuple[Kind, ...] = ("error", "warning", "notice")
    for kind in kinds:
        these = [item for item in annotations if item.kind == kind]
        if len(these) <= limit:
            kept += these
            continue
        hidden = len(these) - (limit - 1)
        kept += these[: limit - 1]
        kept.append(Annotation(kind, "gitless", f"{hidden} more: see the job summary and the log."))
    return kept


def data_text(text: str) -> str:
    """Text as the message of a command: one line, in which nothing can begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """Text as a property of a command."""
    return data_text(text).replace(":", "%3A").replace(",", "%2C")


def file_command(name: str, value: str, delimiter: str) -> str:
    """One entry for the file of outputs.

    Args:
        name: The output.
        value: Its value; may have several lines.
        delimiter: Drawn at random for this entry.

    Raises:
        ValueError: The value holds the delimiter, so that it would end early: a defect, or an attack.
    """
    if delimiter in value or delimiter in name or "\n" in name:
        raise ValueError("the delimiter stands in the value")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"

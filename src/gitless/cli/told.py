"""What a verb tells its step: outputs, the document, lines for the log, annotations and the job's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitless.model.case import Case
    from gitless.model.finding import PlacedFinding
    from gitless.report.commands import Annotation


@dataclass(frozen=True)
class Told:
    """One verb's result, ready for the platform.

    Attributes:
        outputs: Outputs of the step; `json` is added to them.
        record: The JSON document.
        lines: Lines for the log.
        annotations: Messages beside the log.
        summary: Markdown for the job's summary.
        code: The exit code.
        cases: The questions that were answered, for platforms with test reports.
        findings: What checks found in files, for platforms that show it there.
    """

    outputs: Mapping[str, str]
    record: Mapping[str, Any]
    lines: Sequence[str]
    annotations: Sequence[Annotation]
    summary: str
    code: int
    cases: Sequence[Case] = ()
    findings: Sequence[PlacedFinding] = ()

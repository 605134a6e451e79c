"""What a verb tells its step: outputs, the document, lines for the log, annotations and the job's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitless.model.case import Case
    from gitless.model.delivery import Delivery
    from gitless.model.finding import PlacedFinding
    from gitless.report.commands import Annotation
    from gitless.wiring.tell import Asked


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
        notices: Sentences that people should read, beside the annotations.
        asked: What else the platform is to be told; None for nothing.
        delivery: What was brought where; None where nothing was.
    """

    outputs: Mapping[str, str]
    record: Mapping[str, Any]
    lines: Sequence[str]
    annotations: Sequence[Annotation]
    summary: str
    code: int
    cases: Sequence[Case] = ()
    findings: Sequence[PlacedFinding] = ()
    notices: Sequence[str] = ()
    asked: Asked | None = None
    delivery: Delivery | None = None

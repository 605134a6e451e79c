"""One question that a run answered with yes or no, as test reports show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CaseVerdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """One answer.

    Attributes:
        group: What it is about: a component, a reference.
        name: The question: a gate, a numbered check.
        verdict: `skipped` where it said no and did not count: an emergency, a rollback.
        reason: Why, in one sentence.
    """

    group: str
    name: str
    verdict: CaseVerdict
    reason: str = ""

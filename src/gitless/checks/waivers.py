"""Sets reviewed exceptions against findings, and says which of them were used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from gitless.checks.rules import ADVICE, NEVER_WAIVED
from gitless.model.finding import Finding
from gitless.model.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Judgement:
    """Findings after waivers.

    Attributes:
        findings: What no waiver covers; publishing stops when there is any.
        advice: What is worth a word and stops nothing.
        waived: What a waiver covers.
        used: Waivers that covered something; provenance records them.
        unused: Waivers that cover nothing and could be deleted.
        expired: Waivers that would cover something, but ended before today.
    """

    findings: tuple[Finding, ...]
    advice: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    used: tuple[Waiver, ...]
    unused: tuple[Waiver, ...]
    expired: tuple[Waiver, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is left."""
        return not self.findings


def judge(findings: Iterable[Finding], waivers: Sequence[Waiver], today: date) -> Judgement:
    """Set waivers against findings.

    A waiver covers findings of its rule in its object, or in its file where it names a path. It holds until its last
    day has ended. Names and sizes over the limits cannot be waived.

    Args:
        findings: Everything the checks found.
        waivers: The lines of gitless.yaml.
        today: The date that decides which waivers have ended; the commit's date where runs must agree.
    """
    left: list[Finding] = []
    waived: list[Finding] = []
    used: set[Waiver] = set()
    expired: set[Waiver] = set()
    for finding in sorted(set(findings), key=_order):
        covering = [waiver for waiver in waivers if _covers(waiver, finding)]
        valid = [waiver for waiver in covering if waiver.until is None or today <= waiver.until]
        used.update(valid)
        expired.update(waiver for waiver in covering if waiver not in valid)
        (waived if valid else left).append(finding)
    advice = tuple(finding for finding in left if finding.rule in ADVICE)
    left = [finding for finding in left if finding.rule not in ADVICE]
    idle = {waiver for waiver in waivers if waiver not in used and waiver not in expired}
    return Judgement(tuple(left), advice, tuple(waived), _sorted(used), _sorted(idle), _sorted(expired - used))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if finding.rule in NEVER_WAIVED or waiver.rule != finding.rule:
        return False
    return bool(waiver.object) and waiver.object in (finding.object, finding.path)


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    return (finding.path, finding.line or 0, finding.object, finding.field, finding.rule)


def _sorted(waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    return tuple(sorted(waivers, key=lambda waiver: (waiver.rule, waiver.object)))

"""What a check found, without the value it found."""

from __future__ import annotations

from dataclasses import dataclass

from gitless.errors import CheckError


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One place that breaks one rule. No attribute ever holds a secret's value.

    Attributes:
        rule: Stable name such as `plaintext-secret`; waivers name it.
        path: The file, relative to the packed tree.
        line: Line in the file, from 1; None where it is not known.
        object: `apiVersion/Kind/namespace/name`; empty where the file as a whole is meant.
        field: JSON pointer into the object (RFC 6901), such as `/data/password`; empty where the whole is meant.
        message: What is wrong, one sentence.
    """

    rule: str
    path: str
    line: int | None
    object: str
    field: str
    message: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        subject = " ".join(part for part in (self.object, self.field) if part)
        return f"{place}: {subject}: {self.message}" if subject else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding, and where in the repository people mend it.

    Attributes:
        finding: What was found.
        file: The file, relative to the repository's top; empty where rendering made it.
        stops: Whether it stopped the component; else it is advice.
    """

    finding: Finding
    file: str
    stops: bool = True


class FindingsError(CheckError):
    """Checks said no; carries what they found, for reports that show it at the file and line.

    Args:
        what: As in the base class.
        findings: All of them.
        why: As in the base class.
        hint: As in the base class.
    """

    def __init__(self, what: str, findings: tuple[Finding, ...], *, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.findings = findings

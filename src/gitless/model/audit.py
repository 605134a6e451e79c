"""What `gitless audit` finds, and what it remembers from one run to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gitless.model.digest import Digest


@dataclass(frozen=True, order=True, slots=True)
class AuditFinding:
    """One thing that is not as it should be.

    Attributes:
        component: The component.
        channel: The channel it concerns; empty where it concerns none.
        kind: A stable name such as `channel.older` or `record.missing` (docs/audit.md lists them).
        tag: The tag it concerns; empty for none.
        reason: What was seen, in one sentence.
        expected: The digest that should be there; empty where none can be named.
        found: The digest that is there; empty for none.
        manifest: The record's or referrer's manifest; empty where it concerns none.
    """

    component: str
    channel: str
    kind: str
    tag: str
    reason: str
    expected: str = ""
    found: str = ""
    manifest: str = ""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The head of one channel's journal when it was last seen.

    Attributes:
        repository: Where.
        sequence: Number of its newest record.
        record: Manifest digest of that record.
    """

    repository: str
    sequence: int
    record: Digest


@dataclass(frozen=True, slots=True)
class AuditedComponent:
    """What was looked at in one repository of one component.

    Attributes:
        name: The component.
        repository: Where its artifacts and channels are, or some of them.
        tags: How many tags there are.
        looked_at: How many of them were resolved.
        digests: How many digests' evidence was read.
        records: How many promotion records were read.
    """

    name: str
    repository: str
    tags: int
    looked_at: int
    digests: int
    records: int


@dataclass(frozen=True, slots=True)
class AuditResult:
    """An audit of components.

    Attributes:
        components: What was looked at.
        findings: Everything that is not as it should be, sorted.
        heads: The head of each journal that was read, by component and channel.
        made: When, UTC.
        notices: What was not checked, and why.
        requests: Requests sent.
    """

    components: tuple[AuditedComponent, ...]
    findings: tuple[AuditFinding, ...]
    heads: Mapping[tuple[str, str], Remembered] = field(hash=False)
    made: datetime
    notices: tuple[str, ...] = ()
    requests: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

"""What promote and rollback give back, as plain values that every report renders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from gitless.errors import GitlessError
from gitless.model.difference import Difference
from gitless.model.gate import GateResult


@dataclass(frozen=True, slots=True)
class MoveResult:
    """One component of a promotion or rollback.

    Attributes:
        name: The component.
        channel: The channel.
        repository: Where the channel is.
        digest: What it was to name.
        previous: What it named before; empty for nothing.
        revision: Source revision of the digest.
        release: The release it makes; empty for none.
        source: The channel it came from; empty for none.
        record: Manifest digest of the record; empty where nothing was signed.
        moved: Whether this run wrote anything.
        tags: Tags this run wrote, the channel last.
        gates: What every gate said.
        approvers: Whose approvals counted.
        refused: Approvals that did not count, each with its reason.
        changes: Files that differ from what the channel named before; None where that is not known.
        objects: Objects that differ from what the channel named before; None where that is not known.
        images_before: Images of what it named before.
        images: Images of the digest.
        lead_time: From commit to this moment; None where the commit time is not known.
        notes: Sentences people should read.
        error: Why it failed; None when it did not.
    """

    name: str
    channel: str
    repository: str = ""
    digest: str = ""
    previous: str = ""
    revision: str = ""
    release: str = ""
    source: str = ""
    record: str = ""
    moved: bool = False
    tags: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    approvers: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    changes: Difference | None = None
    objects: Difference | None = None
    images_before: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    lead_time: timedelta | None = None
    notes: tuple[str, ...] = ()
    error: GitlessError | None = None

    @property
    def passed(self) -> bool:
        """Whether every gate let it through."""
        return bool(self.gates) and all(gate.ok for gate in self.gates)


@dataclass(frozen=True, slots=True)
class MovesResult:
    """A promote or rollback run.

    Attributes:
        kind: `promote` or `rollback`.
        channel: The channel.
        moves: One result for each component.
        planned: Whether nothing was to be moved: a plan, or a dry run.
        notices: What the user should know about the run as a whole.
        environment: The CI environment whose reviewers approve the channel; empty for none.
    """

    kind: Literal["promote", "rollback"]
    channel: str
    moves: tuple[MoveResult, ...]
    planned: bool = False
    notices: tuple[str, ...] = ()
    environment: str = ""

    @property
    def ok(self) -> bool:
        """True when no component failed and every gate let every component through."""
        return all(move.error is None and move.passed for move in self.moves)

    @property
    def exit_code(self) -> int:
        """The worst component's: 0 done, 1 a gate said no, 3 a service failed."""
        codes = [move.error.exit_code for move in self.moves if move.error]
        return max(codes, default=0 if self.ok else 1)

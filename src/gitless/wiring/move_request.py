"""What the command line asked promote or rollback to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gitless.promotion.release import Part


@dataclass(frozen=True)
class MoveRequest:
    """What the command line asked for; None and empty mean "not said".

    Attributes:
        kind: `promote` or `rollback`.
        names: Components.
        name: One more component.
        path: A component's folder; its last part is the component's name unless `name` says it.
        channel: The channel to move.
        source: The channel to take from.
        digest: The digest to promote, of the one component.
        from_source: Whether the checked-out source says which published artifact is meant.
        plan: File for the plan; nothing is signed then.
        planned: File of the plan that reviewers saw.
        back_to: Rollback: a release, a digest or `previous`.
        emergency: Whether it is one.
        partial: Whether components that pass are moved though others do not.
    """

    kind: Literal["promote", "rollback"] = "promote"
    names: tuple[str, ...] = ()
    name: str | None = None
    path: str | None = None
    channel: str = ""
    source: str | None = None
    digest: str | None = None
    from_source: bool = False
    plan: str | None = None
    planned: str | None = None
    release: str | None = None
    bump: Part | None = None
    back_to: str | None = None
    withdraw: bool = False
    reason: str = ""
    ticket: str = ""
    emergency: bool = False
    partial: bool = False
    dry_run: bool = False
    config: str | None = None
    registry: str | None = None
    signing_key: str | None = None
    insecure: bool = False

"""What the command line asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishRequest:
    """What the command line asked publish to do; None and empty mean "not said"."""

    names: tuple[str, ...] = ()
    config: str | None = None
    path: str | None = None
    name: str | None = None
    registry: str | None = None
    channel: str | None = None
    tags: tuple[str, ...] = ()
    source: str | None = None
    revision: str | None = None
    created: str | None = None
    signing_key: str | None = None
    dry_run: bool = False
    force: bool = False
    allow_dirty: bool = False
    rewritten_history: str = ""
    insecure: bool = False

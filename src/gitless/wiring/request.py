"""What the command line asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONFIG_NAME = "gitless.yaml"


@dataclass(frozen=True)
class PublishRequest:
    """What the command line or an action asked publish to do; None and empty mean "not said".

    Attributes:
        repository: The whole repository of the one component that `path` makes, in place of registry and name.
        ignore: More patterns that every component leaves out.
        annotations: More annotations of every artifact; checked.
        branch: The branch a dry run is judged for; that of a pull request's target.
    """

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
    repository: str | None = None
    ignore: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    branch: str | None = None

    @property
    def config_file(self) -> Path | None:
        """The configuration file; None where none is named and none is here."""
        if self.config:
            return Path(self.config)
        path = Path(CONFIG_NAME)
        return path if path.exists() else None

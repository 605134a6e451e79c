"""What publish is asked to do for one component, after configuration and flags have been merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitless.model.media_types import FLUX_CONTENT
from gitless.model.reference import Location
from gitless.model.rendering import RenderRequest

DEFAULT_CHANNEL = "latest"


@dataclass(frozen=True, slots=True)
class ComponentPlan:
    """One folder that becomes one artifact.

    Attributes:
        name: The component.
        folder: Its folder in the repository, with `/`, empty for the root.
        location: Where its artifacts live.
        ignore: Patterns that are left out beside Flux's own.
        renders: Outputs to render; empty packs the folder as it is.
        media_type: The layer's media type.
        annotations: Further annotations of the artifact.
    """

    name: str
    folder: str
    location: Location
    ignore: tuple[str, ...] = ()
    renders: tuple[RenderRequest, ...] = ()
    media_type: str = FLUX_CONTENT
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Repository paths whose commits can change the artifact: rendering reads inside the folder only."""
        return (self.folder or ".",)


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What holds for every component of a run.

    Attributes:
        channel: The channel to move.
        extra_tags: Further tags to write.
        force: Publish unchanged content anew.
        dry_run: Write nothing.
        allow_dirty: Uncommitted changes were allowed in.
        rewritten_history: Why the channel's revision is not in history any more; empty when it is.
    """

    channel: str = DEFAULT_CHANNEL
    extra_tags: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False
    allow_dirty: bool = False
    rewritten_history: str = ""

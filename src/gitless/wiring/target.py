"""The digest that one component's channel is to name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitless.model.digest import Digest

if TYPE_CHECKING:
    from gitless.model.manifest import Manifest


@dataclass(frozen=True)
class Target:
    """What one component's channel is to name.

    Attributes:
        digest: The digest.
        artifact: Its manifest, where it was read already.
        seen_at: The channel that was just seen to name it; empty for none.
        release: The release that whoever named it asked for; empty for none.
    """

    digest: Digest
    artifact: Manifest | None = None
    seen_at: str = ""
    release: str = ""

"""What a run brought into an environment, as the platform is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one promotion or rollback, or of a publish run.

    Attributes:
        verb: What was done: `promote`.
        environment: Where to: the environment of gitless.yaml, or the channel where it names none.
        artifacts: The artifact of each component by name, each `repository@sha256:…`.
        ok: Whether all of it was done.
    """

    verb: str
    environment: str
    artifacts: Mapping[str, str]
    ok: bool = True

    @property
    def summary(self) -> str:
        """What and where to, in some words: `promote: 2 artifacts to production`."""
        count = len(self.artifacts)
        what = f"{count} artifact{'' if count == 1 else 's'}" if self.ok else "failed, on the way"
        return f"{self.verb}: {what} to {self.environment}"

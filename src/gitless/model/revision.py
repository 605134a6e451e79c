"""Where content comes from: a commit, a ref and a source URL, as the artifact's annotations spell them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from gitless.errors import UsageError

DIRTY = "-dirty"
_REVISION = re.compile(
    r"(?P<ref>[^\s\x00-\x1f\x7f]{1,255})@(?:sha1:(?P<sha1>[0-9a-f]{40})|sha256:(?P<sha256>[0-9a-f]{64}))(?P<dirty>-dirty)?"
)


@dataclass(frozen=True, slots=True)
class Revision:
    """`<branch|tag>@sha1:<commit>`, the form Flux's notification controller reads.

    Attributes:
        ref: Branch or tag name without `refs/heads/` or `refs/tags/`.
        sha: 40 hexadecimal digits of the commit; 64 in repositories of git's SHA-256 format.
        dirty: True where uncommitted changes were allowed in; written as a `-dirty` suffix.
    """

    ref: str
    sha: str
    dirty: bool = False

    @classmethod
    def parse(cls, text: str) -> Revision | None:
        """Read the annotation's form; None when it is anything else (foreign artifacts write what they like)."""
        match = _REVISION.fullmatch(text)
        return cls(match["ref"], match["sha1"] or match["sha256"], bool(match["dirty"])) if match else None

    def __str__(self) -> str:
        algorithm = "sha1" if len(self.sha) == 40 else "sha256"
        return f"{self.ref}@{algorithm}:{self.sha}{DIRTY if self.dirty else ''}"


@dataclass(frozen=True, slots=True)
class Source:
    """What is known about the origin of one publish run.

    Attributes:
        url: Source URL of the repository, without credentials.
        revision: The revision annotation as it will be written (a Revision's text, or what `--revision` said).
        created: Commit time, UTC, whole seconds.
        commit: The commit, 40 hex; None outside Git.
    """

    url: str
    revision: str
    created: datetime
    commit: str | None = None

    @property
    def created_text(self) -> str:
        """RFC 3339 with `Z`."""
        return rfc3339(self.created)


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with whole seconds and `Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 moment with a zone.

    Raises:
        UsageError: It is malformed or has no zone.
    """
    try:
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError as error:
        raise UsageError(f"Not an RFC 3339 time: {text[:60]!r}", hint="Write it as 2026-11-20T10:00:00Z.") from error
    if moment.tzinfo is None:
        raise UsageError(f"The time {text[:60]!r} has no zone.", hint="Write it as 2026-11-20T10:00:00Z.")
    return moment.astimezone(timezone.utc).replace(microsecond=0)

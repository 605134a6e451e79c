"""The tags publish writes, and the ones it must leave alone.

A build tag never moves: it orders builds, decides races and keeps an artifact from garbage collection. A content tag
names the newest artifact with given bytes. Both are hints until their evidence is verified.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timezone

from gitless.errors import UsageError
from gitless.model.reference import check_tag
from gitless.model.revision import Source

_CHANNEL = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,63}")
_SEMVER = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-+_][0-9A-Za-z.+_-]+)?")
_BUILD = re.compile(r"(?P<channel>.+)-(?P<time>\d{8}T\d{6}Z)-(?P<sha>[0-9a-f]{12})")
_OURS = ("sha256-", "content-", "gitless-")


@dataclass(frozen=True, slots=True)
class BuildTag:
    """`<channel>-<commit time UTC>-<sha12>`; ordered by time, then by commit, so that every reader agrees.

    Attributes:
        channel: The channel the build was made for.
        time: Commit time as `YYYYMMDDTHHMMSSZ`; sorts as text.
        sha: The first twelve digits of the commit.
    """

    channel: str
    time: str
    sha: str

    @classmethod
    def of(cls, channel: str, source: Source) -> BuildTag:
        """The build tag of this run. Outside Git the digits are of the revision's own hash."""
        sha = source.commit or hashlib.sha256(source.revision.encode()).hexdigest()
        return cls(channel, source.created.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ"), sha[:12])

    @classmethod
    def parse(cls, tag: str, channel: str) -> BuildTag | None:
        """Read a build tag of `channel`; None for every other tag."""
        match = _BUILD.fullmatch(tag)
        return cls(channel, match["time"], match["sha"]) if match and match["channel"] == channel else None

    @property
    def order(self) -> tuple[str, str]:
        """Sort key: later commits are greater; commits of one second by their digits."""
        return (self.time, self.sha)

    def __str__(self) -> str:
        return f"{self.channel}-{self.time}-{self.sha}"


def content_tag(channel: str, content: str) -> str:
    """`content-<channel>-<first 32 hex of the content hash>`; `content` is the full 64 digits."""
    return f"content-{channel}-{content[:32]}"


def check_channel(name: str, guarded: Collection[str]) -> str:
    """Return `name` if publish may move it as a channel.

    Args:
        name: The channel's tag.
        guarded: Channels that only promote and rollback move.

    Raises:
        UsageError: It is guarded, reserved, a release, a build tag, or no tag.
    """
    if not _CHANNEL.fullmatch(name):
        raise UsageError(
            f"Not a channel name: {name[:80]!r}", why="A channel has at most 64 letters, digits, '.', '_' and '-'."
        )
    _refuse(name, guarded, "channel")
    _refuse_build_tag(name, "channel")
    return name


def check_extra_tag(tag: str, channel: str, guarded: Collection[str]) -> str:
    """Return `tag` if publish may write it beside the channel.

    Raises:
        UsageError: It is guarded, reserved, a release, a build tag, the channel itself, or no tag at all.
    """
    check_tag(tag)
    _refuse(tag, guarded, "tag")
    _refuse_build_tag(tag, "tag")
    if tag == channel:
        # it would be written beside the build tag, before the last moment that a channel has
        raise UsageError(
            f"The tag {tag!r} is the channel itself.", hint="Leave --tag away: the channel is moved anyway."
        )
    return tag


def _refuse_build_tag(tag: str, word: str) -> None:
    if _BUILD.fullmatch(tag):
        raise UsageError(f"The {word} {tag!r} is reserved.", why="It has the form of a build tag, which never moves.")


def is_release(tag: str) -> bool:
    """Whether the tag is a SemVer release, with or without a leading v."""
    return bool(_SEMVER.fullmatch(tag))


def _refuse(tag: str, guarded: Collection[str], word: str) -> None:
    if tag in guarded:
        raise UsageError(
            f"publish does not move the {word} {tag!r}.",
            why="It is a channel that artifacts reach by promotion only.",
            hint="Publish to its source channel, then promote.",
        )
    if is_release(tag):
        raise UsageError(
            f"publish does not write the {word} {tag!r}.",
            why="It is a SemVer release: releases are made by promotion and never move.",
            hint=f"Publish without it, then run: gitless promote NAME --to CHANNEL --release {tag}",
        )
    if tag.startswith(_OURS):
        raise UsageError(f"The {word} {tag!r} is reserved.", why=f"Tags beginning with {', '.join(_OURS)} are kept.")

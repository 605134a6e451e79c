"""The one error tree: what happened, why, what to do, and the exit code.

Every error that leaves a room is one of these. Text from registries, tools and files may be inside `why`;
it is printed through `report.text`, never interpreted.
"""

from __future__ import annotations


class GitlessError(Exception):
    """Base of all errors gitless raises on purpose; on its own a defect of ours (exit code 4).

    Args:
        what: What could not be done, one sentence without a trailing hint.
        why: The reason, with the other side's own words where there are any.
        hint: What the user can do next; may hold several lines (YAML to paste).
    """

    exit_code = 4

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)


class DefectError(GitlessError):
    """Something inside gitless is wrong (exit code 4); please report it."""


class CheckError(GitlessError):
    """A check or gate said no (exit code 1); nothing was published under a channel."""

    exit_code = 1


class UsageError(GitlessError):
    """The command line, the configuration or the source tree is wrong (exit code 2)."""

    exit_code = 2


class RemoteError(GitlessError):
    """A registry or another service failed (exit code 3).

    Args:
        what: As in the base class.
        why: As in the base class.
        hint: As in the base class.
        status: The HTTP status, if there was an answer.
        temporary: True where the same request may succeed later.
    """

    exit_code = 3

    def __init__(
        self, what: str, *, why: str = "", hint: str = "", status: int | None = None, temporary: bool = False
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.status = status
        self.temporary = temporary


class UntrustedContentError(RemoteError):
    """A remote side answered with content that is not what was asked for: wrong digest, too long, malformed."""


class MalformedContentError(UntrustedContentError):
    """Content that has the digest it was asked by and is no valid document: its writer is to blame, not the store."""

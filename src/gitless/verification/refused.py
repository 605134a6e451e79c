"""A step of a procedure that did not hold, by its number."""

from __future__ import annotations

from gitless.errors import UntrustedContentError


class RefusedError(UntrustedContentError):
    """A bundle failed one numbered step; stays inside this room and becomes a `Weight`.

    Args:
        check: The step, such as `bundle.5-log`.
        what: What was wrong, one sentence.
    """

    def __init__(self, check: str, what: str) -> None:
        super().__init__(what)
        self.check = check

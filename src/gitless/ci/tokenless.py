"""A CI job that was given no token for its platform's API; implements the port `ApprovalSource` with gaps alone."""

from __future__ import annotations

from gitless.model.approval import Changes, CheckResults, Decisions, Gap


class Tokenless:
    """Says what is missing, whatever is asked.

    Args:
        name: The variable that should hold the token.
        hint: How the job gets it.
    """

    def __init__(self, name: str, hint: str) -> None:
        self._gap = Gap(f"The job has no {name}, so its platform cannot be asked.", hint)

    def decisions(self, environment: str) -> Decisions:
        """See `ports.ApprovalSource`."""
        del environment
        return Decisions(gaps=(self._gap,))

    def changes(self, older: str | None, newer: str, branch: str) -> Changes:
        """See `ports.ApprovalSource`."""
        del branch
        return Changes(older or "", newer, gaps=(self._gap,))

    def checks(self, commit: str) -> CheckResults:
        """See `ports.ApprovalSource`."""
        return CheckResults(commit, gaps=(self._gap,))

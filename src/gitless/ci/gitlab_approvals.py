"""Approvals, authors and checks as GitLab tells them; implements the port `ApprovalSource`."""

from __future__ import annotations

from urllib.parse import urlsplit

from gitless.ci.answers import GapError, Question
from gitless.ci.gitlab_api import OWN_ACCESS_HINT, GitLabApi
from gitless.ci.gitlab_changes import GitLabChanges
from gitless.ci.gitlab_deployment import Deployments
from gitless.ci.gitlab_people import GitLabPeople
from gitless.model.approval import Changes, CheckResult, CheckResults, Decisions, Gap
from gitless.model.run import CiRun

_CONCLUSIONS = {"failed": "failure", "canceled": "cancelled", "running": "pending", "created": "pending"}


class GitLabApprovals:
    """Reads what people decided about one job and one project.

    Args:
        by_job: How to ask with the job token: it may read deployments.
        by_owner: How to ask with a token of one's own; None where the job has none, and all else is a gap.
        run: The run; its commit and project number must be those of the verified token.
        job: The number of this job.
    """

    def __init__(self, by_job: GitLabApi, by_owner: GitLabApi | None, run: CiRun, job: str) -> None:
        platform = urlsplit(run.repository_url).hostname or ""
        self._deployments = Deployments(by_job, by_owner, platform, job, run)
        self._api = by_owner
        self._changes = (
            GitLabChanges(by_owner, GitLabPeople(by_owner, platform), run.repository_id, run.repository)
            if by_owner
            else None
        )

    def decisions(self, environment: str) -> Decisions:
        """See `ports.ApprovalSource`."""
        return self._deployments.decisions(environment)

    def changes(self, older: str | None, newer: str, branch: str) -> Changes:
        """See `ports.ApprovalSource`."""
        if self._changes is None:
            return Changes(older or "", newer, gaps=(_no_token("merge requests and their authors"),))
        try:
            return self._changes.between(older, newer, branch)
        except GapError as error:
            return Changes(older or "", newer, gaps=(error.gap,))

    def checks(self, commit: str) -> CheckResults:
        """See `ports.ApprovalSource`: jobs of the commit's pipelines and statuses that others set."""
        if self._api is None:
            return CheckResults(commit, gaps=(_no_token("the jobs of a commit"),))
        question = Question(f"read the checks of {commit[:12]}", f"/repository/commits/{commit}/statuses")
        try:
            answers = self._api.pages(question)
        except GapError as error:
            return CheckResults(commit, gaps=(error.gap,))
        latest: dict[str, tuple[int, CheckResult]] = {}
        for status in answers:
            name, number, said = status.text("name"), status.number("id"), status.text("status")
            result = CheckResult(name, None, _CONCLUSIONS.get(said, said), status.url("target_url"))
            if status.commit("sha") == commit and (name not in latest or number > latest[name][0]):
                latest[name] = (number, result)
        return CheckResults(commit, tuple(result for _, result in latest.values()))


def _no_token(what: str) -> Gap:
    return Gap(f"GitLab's job token may not read {what}, and this job has no other token.", OWN_ACCESS_HINT)

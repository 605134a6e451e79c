"""The source of approvals of the platform this job runs on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitless.ci.github_api import GitHubApi
from gitless.ci.github_approvals import GitHubApprovals
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_approvals import GitLabApprovals
from gitless.model.approval import Gap
from gitless.model.run import CiRun
from gitless.model.secret import Secret
from gitless.ports import ApprovalSource

GITLAB_VARIABLE = "GITLESS_GITLAB_TOKEN"
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")


def approval_source(run: CiRun | None, env: Mapping[str, str]) -> ApprovalSource | Gap:
    """Whom to ask who approved, wrote and checked; or why nobody can be asked.

    Args:
        run: The run, as detected; what it says of itself must have been compared with the verified token.
        env: The environment: GITHUB_TOKEN; CI_JOB_TOKEN, CI_JOB_ID and, where there is one, GITLESS_GITLAB_TOKEN.

    Raises:
        UsageError: The API's address may not be asked.
    """
    if run is None:
        return Gap(
            "Outside of GitHub Actions and GitLab CI nobody can say who approved.",
            "Promote in the pipeline whose environment people approve.",
        )
    return _github(run, env) if run.platform == "github" else _gitlab(run, env)


def _github(run: CiRun, env: Mapping[str, str]) -> ApprovalSource | Gap:
    token = env.get("GITHUB_TOKEN", "")
    if not token or not _NUMBER.fullmatch(run.repository_id):
        return Gap(
            "GitHub cannot be asked who approved: GITHUB_TOKEN or GITHUB_REPOSITORY_ID is missing.",
            "Pass the job's token on to the step:\nenv:\n  GITHUB_TOKEN: ${{ github.token }}",
        )
    return GitHubApprovals(GitHubApi(run.api_url, run.repository, Secret(token), env), run)


def _gitlab(run: CiRun, env: Mapping[str, str]) -> ApprovalSource | Gap:
    token, job, own = env.get("CI_JOB_TOKEN", ""), env.get("CI_JOB_ID", ""), env.get(GITLAB_VARIABLE, "")
    if not token or not _NUMBER.fullmatch(job):
        return Gap(
            "GitLab cannot be asked who approved: CI_JOB_TOKEN or CI_JOB_ID is missing.",
            "Run in a job of GitLab CI, and pass both variables on.",
        )
    by_job = GitLabApi(run.api_url, run.repository_id, Secret(token), env, is_job_token=True)
    by_owner = GitLabApi(run.api_url, run.repository_id, Secret(own), env, is_job_token=False) if own else None
    return GitLabApprovals(by_job, by_owner, run, job)

"""The CI platform's API as the source of approvals, with this job's own tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitless.model.secret import Secret

if TYPE_CHECKING:
    from gitless.model.run import CiRun
    from gitless.ports import ApprovalSource


def approvals_of(run: CiRun | None, env: Mapping[str, str]) -> ApprovalSource | None:
    """Who can say who approved; None outside of CI.

    Args:
        run: The CI run, if this is one.
        env: The environment.
    """
    if run is None:
        return None
    if run.platform == "github":
        return _github(run, env)
    return _gitlab(run, env)


def _github(run: CiRun, env: Mapping[str, str]) -> ApprovalSource:
    from gitless.ci.github_api import GitHubApi
    from gitless.ci.github_approvals import GitHubApprovals
    from gitless.ci.tokenless import Tokenless

    token = env.get("GITHUB_TOKEN")
    if not token:
        return Tokenless("GITHUB_TOKEN", "Give it to the step:\nenv:\n  GITHUB_TOKEN: ${{ github.token }}")
    return GitHubApprovals(GitHubApi(run.api_url, run.repository, Secret(token), env), run)


def _gitlab(run: CiRun, env: Mapping[str, str]) -> ApprovalSource:
    from gitless.ci.gitlab_api import GitLabApi
    from gitless.ci.gitlab_approvals import GitLabApprovals
    from gitless.ci.tokenless import Tokenless

    job_token, own_token, job = env.get("CI_JOB_TOKEN"), env.get("GITLESS_GITLAB_TOKEN"), env.get("CI_JOB_ID")
    if not job_token or not job:
        return Tokenless("CI_JOB_TOKEN", "GitLab gives it to every job, with CI_JOB_ID: pass both on to this command.")
    by_job = GitLabApi(run.api_url, run.repository_id, Secret(job_token), env, is_job_token=True)
    by_owner = (
        GitLabApi(run.api_url, run.repository_id, Secret(own_token), env, is_job_token=False) if own_token else None
    )
    return GitLabApprovals(by_job, by_owner, run, job)

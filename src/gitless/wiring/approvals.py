"""The CI platform's API as the source of approvals, with this job's own tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitless.errors import CheckError
from gitless.model.secret import Secret

if TYPE_CHECKING:
    from gitless.model.run import CiRun
    from gitless.model.workload import Workload
    from gitless.ports import ApprovalSource


def check_run(run: CiRun | None, workload: Workload, environment: str) -> None:
    """Refuse a run whose variables are not those of its verified token: approvals are asked for by run and commit.

    Args:
        run: The CI run as the environment describes it.
        workload: The job, from its verified token.
        environment: The environment whose reviewers approve; empty for none.

    Raises:
        CheckError: They differ, or the job does not run in that environment.
    """
    if run is None:
        return
    pairs = (
        ("run", run.run_url, workload.invocation),
        ("commit", run.commit, workload.source_digest),
        ("repository", run.repository_id, workload.source_id),
    )
    differing = [
        f"The {word} is {said}, and the token says {true}." for word, said, true in pairs if true not in ("", said)
    ]
    if environment and workload.environment != environment:
        there = workload.environment or "none"
        differing.append(f"Its environment is {there}, and the reviewers of {environment} approve.")
    if differing:
        raise CheckError(
            "This job is not the one its variables describe.",
            why="\n".join(differing),
            hint="Let the platform set its own variables, and run the job in the environment that gitless.yaml names.",
        )


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

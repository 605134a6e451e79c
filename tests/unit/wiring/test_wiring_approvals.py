"""Approvals are asked for by run and commit, so both must be those of the verified token."""

from dataclasses import replace

import pytest
from tests.fakes.jobs import COMMIT, GITHUB_JOB, GITLAB_JOB

from gitless.errors import CheckError
from gitless.model.run import CiRun
from gitless.wiring.approvals import approvals_of, check_run

GITHUB_RUN = CiRun(
    "github", "acme/apps", "700001", "https://github.com/acme/apps", "https://api.github.com", COMMIT, "refs/heads/main",
    "branch", "push", "https://github.com/acme/apps/actions/runs/9000000001/attempts/1", "9000000001", "a", "a",
    "hosted", "", "",
)  # fmt: skip
GITLAB_RUN = replace(
    GITHUB_RUN,
    platform="gitlab",
    repository_id="700002",
    repository_url="https://gitlab.com/acme/apps",
    api_url="https://gitlab.com/api/v4",
    run_url="https://gitlab.com/acme/apps/-/jobs/8000000001",
)
JOBS = pytest.mark.parametrize(("run", "job"), [(GITHUB_RUN, GITHUB_JOB), (GITLAB_RUN, GITLAB_JOB)])


@JOBS
def test_the_jobs_own_variables_pass(run, job):
    check_run(run, job, "")
    check_run(run, replace(job, environment="production"), "production")
    check_run(None, job, "production")


@JOBS
@pytest.mark.parametrize(
    ("change", "word"),
    [({"run_url": "https://github.com/acme/apps/actions/runs/1/attempts/1"}, "run"),
     ({"commit": "0" * 40}, "commit"), ({"repository_id": "1"}, "repository")],
)  # fmt: skip
def test_variables_of_another_run_are_refused(run, job, change, word):
    with pytest.raises(CheckError) as caught:
        check_run(replace(run, **change), job, "")
    assert f"The {word} is" in caught.value.why


@JOBS
@pytest.mark.parametrize("environment", ["", "staging"])
def test_a_job_outside_the_environment_is_refused(run, job, environment):
    with pytest.raises(CheckError, match="not the one"):
        check_run(run, replace(job, environment=environment), "production")


def test_who_can_say_who_approved():
    assert approvals_of(None, {}) is None
    for env in ({}, {"GITHUB_TOKEN": ""}):
        assert type(approvals_of(GITHUB_RUN, env)).__name__ == "Tokenless"
    assert type(approvals_of(GITHUB_RUN, {"GITHUB_TOKEN": "t"})).__name__ == "GitHubApprovals"
    assert type(approvals_of(GITLAB_RUN, {"CI_JOB_TOKEN": "t"})).__name__ == "Tokenless"
    for own in ({}, {"GITLESS_GITLAB_TOKEN": "o"}):
        source = approvals_of(GITLAB_RUN, {"CI_JOB_TOKEN": "t", "CI_JOB_ID": "1", **own})
        assert type(source).__name__ == "GitLabApprovals"

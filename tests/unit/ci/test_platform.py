"""Which platform is asked, with which token; and that nobody pays for the libraries who does not ask."""

import subprocess
import sys

import pytest
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Forge
from tests.fakes.github_api import GitHubServer
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer

from gitless.ci.github_approvals import GitHubApprovals
from gitless.ci.gitlab_approvals import GitLabApprovals
from gitless.ci.platform import approval_source
from gitless.model.approval import Gap


def test_github_is_asked_with_the_job_s_token() -> None:
    forge = Forge()
    with GitHubServer(forge) as server:
        found = approval_source(server.run(), {"GITHUB_TOKEN": TOKEN})
        assert isinstance(found, GitHubApprovals)
        assert found.checks(forge.tip).gaps == ()


def test_gitlab_is_asked_with_either_token() -> None:
    forge = Forge()
    env = {"CI_JOB_TOKEN": JOB_TOKEN, "CI_JOB_ID": str(JOB)}
    with GitLabServer(forge) as server:
        found = approval_source(server.run(), env)
        assert isinstance(found, GitLabApprovals)
        assert found.decisions("production").gaps == ()
        assert found.checks(forge.tip).gaps
        both = approval_source(server.run(), {**env, "GITLESS_GITLAB_TOKEN": TOKEN})
        assert isinstance(both, GitLabApprovals)
        assert both.checks(forge.tip).gaps == ()


@pytest.mark.parametrize("env", [{}, {"GITHUB_TOKEN": ""}])
def test_github_without_a_token_is_a_gap(env: dict[str, str]) -> None:
    with GitHubServer(Forge()) as server:
        found = approval_source(server.run(), env)
    assert isinstance(found, Gap)
    assert "GITHUB_TOKEN: ${{ github.token }}" in found.hint


def test_github_without_the_repository_s_number_is_a_gap() -> None:
    with GitHubServer(Forge()) as server:
        assert isinstance(approval_source(server.run(repository_id=""), {"GITHUB_TOKEN": TOKEN}), Gap)


@pytest.mark.parametrize("env", [{}, {"CI_JOB_TOKEN": "x"}, {"CI_JOB_TOKEN": "x", "CI_JOB_ID": "1/../2"}])
def test_gitlab_without_a_job_is_a_gap(env: dict[str, str]) -> None:
    with GitLabServer(Forge()) as server:
        assert isinstance(approval_source(server.run(), env), Gap)


def test_nobody_can_be_asked_elsewhere() -> None:
    assert isinstance(approval_source(None, {}), Gap)


def test_neither_library_is_loaded_before_it_is_needed() -> None:
    code = "import sys, gitless.ci.platform; print({'github', 'gitlab', 'nacl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

"""Every approver's trick on both platforms, from the API's answer to the gate's word: refused, each with its own reason."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Account, Change, Forge
from tests.fakes.github_api import GitHubServer
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer

from gitless.ci.github_api import GitHubApi
from gitless.ci.github_approvals import GitHubApprovals
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_approvals import GitLabApprovals
from gitless.model.digest import Digest
from gitless.model.gate import GateResult
from gitless.model.secret import Secret
from gitless.ports import ApprovalSource
from gitless.promotion.gates.approvals import ApprovalsGate
from gitless.promotion.gates.facts import GateFacts

DIGEST = Digest.parse("sha256:" + "a" * 64)
NOW = datetime(2026, 11, 2, tzinfo=timezone.utc)
ENVIRONMENT = "production"


@dataclass
class Case:
    """A change by ann on a platform; bob may approve."""

    name: str
    forge: Forge
    server: GitHubServer | GitLabServer
    ann: Account
    bob: Account
    older: str

    def change(self, *, message: str = "Change", author: Account | None = None, stranger: bool = False) -> Change:
        """Open a change by ann with one commit."""
        node = self.forge.write(author or self.ann, message=message, stranger=stranger)
        return self.forge.change(self.ann, node)

    def judge(self, *, count: int = 1) -> GateResult:
        """Ask the platform, then the gate."""
        source = self._source()
        facts = GateFacts(
            DIGEST,
            NOW,
            commit=self.forge.tip,
            decisions=source.decisions(ENVIRONMENT),
            changes=source.changes(self.older, self.forge.tip, "main"),
        )
        return ApprovalsGate(count, ("requester", "author")).judge(facts)

    def _source(self) -> ApprovalSource:
        run = self.server.run()
        if isinstance(self.server, GitHubServer):
            return GitHubApprovals(GitHubApi(self.server.url, "acme/apps", Secret(TOKEN), {}), run)
        by_job = GitLabApi(self.server.url, run.repository_id, Secret(JOB_TOKEN), {}, is_job_token=True)
        by_owner = GitLabApi(self.server.url, run.repository_id, Secret(TOKEN), {}, is_job_token=False)
        return GitLabApprovals(by_job, by_owner, run, str(JOB))


@pytest.fixture(params=["github", "gitlab"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    forge = Forge()
    ann, bob = forge.account("ann"), forge.account("bob")
    with (GitHubServer if request.param == "github" else GitLabServer)(forge) as server:
        yield Case(request.param, forge, server, ann, bob, forge.tip)


def approved_by_bob(case: Case) -> Change:
    change = case.change()
    case.forge.review(change, case.bob, "approved")
    return change


# -- what counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_a_review_by_somebody_else(case: Case, how: str) -> None:
    case.forge.merge(approved_by_bob(case), by=case.bob, how=how)
    assert case.judge().reason == "Approved by bob."


def test_a_rebased_change(case: Case) -> None:
    how = "rebase" if case.name == "github" else "fast_forward"
    case.forge.merge(approved_by_bob(case), by=case.bob, how=how)
    assert case.judge().ok


def test_an_approval_of_the_run_for_a_direct_push(case: Case) -> None:
    case.ann.has_public_mail = True
    case.forge.push(case.ann, case.forge.write(case.ann))
    case.forge.decide(case.bob, ENVIRONMENT, "approved")
    assert case.judge().reason == "Approved by bob."


def test_a_review_and_an_approval_of_the_run_are_two_people(case: Case) -> None:
    case.forge.merge(approved_by_bob(case), by=case.bob)
    case.forge.decide(case.forge.account("cleo"), ENVIRONMENT, "approved")
    assert case.judge(count=2).reason == "Approved by bob, cleo."


# -- what does not --------------------------------------------------------------------------------------------------


def self_approval(case: Case) -> None:
    change = case.change()
    case.forge.review(change, case.ann, "approved")
    case.forge.merge(change, by=case.bob)


def co_author(case: Case) -> None:
    mark = "+" if case.name == "github" else "-"
    mail = f"{case.bob.id}{mark}bob@users.noreply.{case.name}.com"
    change = case.change(message=f"Change\n\nCo-authored-by: Bob <{mail}>")
    case.forge.review(change, case.bob, "approved")
    case.forge.merge(change, by=case.ann)


def unknown_co_author(case: Case) -> None:
    change = case.change(message="Change\n\nCo-authored-by: Carl <carl@elsewhere.example>")
    case.forge.review(change, case.bob, "approved")
    case.forge.merge(change, by=case.ann)


def unknown_author(case: Case) -> None:
    change = case.change(stranger=True)
    case.forge.review(change, case.bob, "approved")
    case.forge.merge(change, by=case.ann)


def older_commit(case: Case) -> None:
    change = approved_by_bob(case)
    case.forge.update(change, case.forge.write(case.ann, change.head))
    case.forge.merge(change, by=case.bob)


def force_push(case: Case) -> None:
    change = approved_by_bob(case)
    case.forge.update(change, case.forge.write(case.ann), force=True)
    case.forge.merge(change, by=case.bob, how="squash")


def taken_back(case: Case) -> None:
    change = approved_by_bob(case)
    if case.name == "github":
        change.words[0].state = "withdrawn"
    else:
        case.forge.review(change, case.bob, "withdrawn")
    case.forge.merge(change, by=case.ann)


def changes_wanted(case: Case) -> None:
    change = approved_by_bob(case)
    case.forge.review(change, case.bob, "rejected")
    case.forge.merge(change, by=case.ann)


def bot(case: Case) -> None:
    change = case.change()
    case.forge.review(change, case.forge.account("helper", is_bot=True), "approved")
    case.forge.merge(change, by=case.ann)


def renamed_author(case: Case) -> None:
    change = case.change()
    case.ann.login = "somebody-new"
    case.forge.review(change, case.ann, "approved")
    case.forge.merge(change, by=case.bob)


def without_the_role(case: Case) -> None:
    change = case.change()
    case.forge.review(change, case.forge.account("guest", role="read"), "approved")
    case.forge.merge(change, by=case.ann)


def direct_push(case: Case) -> None:
    case.ann.has_public_mail = True
    case.forge.push(case.ann, case.forge.write(case.ann))


def push_beside_a_reviewed_change(case: Case) -> None:
    case.forge.merge(approved_by_bob(case), by=case.bob)
    direct_push(case)


def merge_by_hand_with_more(case: Case) -> None:
    change = approved_by_bob(case)
    case.forge.write(case.ann)
    case.ann.has_public_mail = True
    case.forge.merge_by_hand(change, case.ann, extra=True)
    case.forge.is_closed = False


def requester(case: Case) -> None:
    direct_push(case)
    case.forge.decide(case.forge.requester, ENVIRONMENT, "approved")


def author_approves_the_run(case: Case) -> None:
    direct_push(case)
    case.forge.decide(case.ann, ENVIRONMENT, "approved")


def bot_approves_the_run(case: Case) -> None:
    direct_push(case)
    case.forge.decide(case.forge.account("project_6_bot", is_bot=True), ENVIRONMENT, "approved")


def rejection(case: Case) -> None:
    direct_push(case)
    case.forge.decide(case.bob, ENVIRONMENT, "approved")
    case.forge.decide(case.bob, ENVIRONMENT, "rejected")


def other_environment(case: Case) -> None:
    direct_push(case)
    case.forge.decide(case.bob, "staging", "approved")


def one_person_with_two_names(case: Case) -> None:
    case.forge.merge(approved_by_bob(case), by=case.ann)
    case.forge.decide(case.bob, ENVIRONMENT, "approved")
    case.bob.login = "robert"


@pytest.mark.parametrize(
    ("trick", "count", "github", "gitlab"),
    [
        (self_approval, 1, "ann wrote part of what is promoted", ""),
        (co_author, 1, "bob wrote part of what is promoted", ""),
        (unknown_co_author, 1, "no account that could be found: co-author Carl", ""),
        (unknown_author, 1, "no account that could be found: author Somebody", ""),
        (older_commit, 1, "bob approved commit", "bob approved before the last version"),
        (force_push, 1, "bob approved commit", "bob approved before the last version"),
        (taken_back, 1, "bob withdrew the approval", "has 0 of 1 approvals"),
        (changes_wanted, 1, "bob said no", "bob asks for changes"),
        (bot, 1, "helper is a program", ""),
        (renamed_author, 1, "somebody-new wrote part of what is promoted", ""),
        (without_the_role, 1, "guest may not write to the repository", "guest may not push to the project"),
        (direct_push, 1, "which no change brought, has 0 of 1", ""),
        (push_beside_a_reviewed_change, 1, "which no change brought, has 0 of 1", ""),
        (merge_by_hand_with_more, 1, "which no change brought, has 0 of 1", ""),
        (requester, 1, "rita asked for this promotion", ""),
        (author_approves_the_run, 1, "ann wrote part of what is promoted", ""),
        (bot_approves_the_run, 1, "project_6_bot is a program", ""),
        (rejection, 1, "bob said no", ""),
        (other_environment, 1, "bob spoke of another environment (staging)", "has 0 of 1 approvals"),
        (one_person_with_two_names, 2, "has 1 of 2 approvals", ""),
    ],
)
def test_a_trick(case: Case, trick: Callable[[Case], None], count: int, github: str, gitlab: str) -> None:
    trick(case)
    result = case.judge(count=count)
    assert not result.ok, result.reason
    assert (github if case.name == "github" else gitlab or github) in result.reason


def test_neither_library_is_loaded_before_it_is_needed() -> None:
    modules = "gitless.ci.github_approvals, gitless.ci.gitlab_approvals"
    code = f"import sys, {modules}; print({{'github', 'gitlab', 'nacl'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

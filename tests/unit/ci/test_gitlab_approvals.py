"""GitLab: who approved, who wrote, and every trick that must not count."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.api_server import TOKEN, Reply
from tests.fakes.forge import Account, Forge
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer, branch_rule

from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_approvals import GitLabApprovals
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.approval import Approval, Change, Person
from gitless.model.secret import Secret
from gitless.web.patience import Patience

QUICK = Patience(attempts=3, total_seconds=20, sleep=lambda _: None)


@pytest.fixture
def forge() -> Forge:
    return Forge()


@pytest.fixture
def server(forge: Forge) -> Iterator[GitLabServer]:
    with GitLabServer(forge) as running:
        yield running


def source(server: GitLabServer, *, own: bool = True, job: int = JOB, **changed: Any) -> GitLabApprovals:
    run = server.run(**changed)
    by_job = GitLabApi(server.url, run.repository_id, Secret(JOB_TOKEN), {}, is_job_token=True, patience=QUICK)
    by_owner = GitLabApi(server.url, run.repository_id, Secret(TOKEN), {}, is_job_token=False, patience=QUICK)
    return GitLabApprovals(by_job, by_owner if own else None, run, str(job))


def person(account: Account) -> Person:
    return Person("gitlab.com", str(account.id))


def merged(forge: Forge, server: GitLabServer, older: str) -> Change:
    found = source(server).changes(older, forge.tip, "main")
    assert found.gaps == ()
    assert found.direct == ()
    (change,) = found.changes
    return change


def only(approvals: tuple[Approval, ...]) -> Approval:
    (found,) = approvals
    return found


@pytest.mark.parametrize("how", ["merge", "squash", "fast_forward", "squash_merge"])
def test_an_approval_of_the_merged_version_counts(forge: Forge, server: GitLabServer, how: str) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(ann)
    change = forge.change(ann, first, forge.write(ann, first.sha))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob, how=how)
    found = source(server).changes(older, forge.tip, "main")
    assert found.direct == found.unknown == found.gaps == ()
    approval = only(found.changes[0].approvals)
    assert approval.counts, approval.flaw
    assert approval.person == person(bob)
    assert approval.commit == change.head
    assert found.authors == (person(ann),), "who merges is no author, however it is merged"


def test_an_approval_of_the_deployment_counts_with_the_job_token_alone(forge: Forge, server: GitLabServer) -> None:
    bob = forge.account("bob")
    forge.decide(bob, "production", "approved")
    found = source(server, own=False).decisions("production")
    assert found.gaps == ()
    assert only(found.approvals).counts
    assert only(found.approvals).person == person(bob)
    assert only(found.approvals).at is not None
    assert found.requesters == (person(forge.requester),)


# -- approver tricks: merge requests --------------------------------------------------------------------------------


def test_the_author_approves_the_own_merge_request(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, ann, "approved")
    forge.merge(change, by=ann)
    found = merged(forge, server, older)
    assert only(found.approvals).person in found.authors, "the gate sees that they are one person"


def test_who_wrote_a_commit_of_another_s_merge_request_approves_it(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(bob)
    change = forge.change(ann, first, forge.write(ann, first.sha))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob, how="squash")
    found = merged(forge, server, older)
    assert found.authors == (person(ann), person(bob))
    assert found.unknown == (), "GitLab tells addresses page by page"


def test_a_co_author_with_a_private_address_is_known(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    message = f"Change\n\nCo-authored-by: Bob <{bob.id}-bob@users.noreply.gitlab.com>"
    forge.merge(forge.change(ann, forge.write(ann, message=message)), by=bob)
    assert merged(forge, server, older).authors == (person(ann), person(bob))


def test_a_co_author_with_a_public_address_is_known(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    bob.has_public_mail = True
    forge.merge(forge.change(ann, forge.write(ann, message=f"x\n\nCo-authored-by: Bob <{bob.mail}>")), by=bob)
    assert merged(forge, server, older).authors == (person(ann), person(bob))


def test_somebody_who_is_called_like_an_address_does_not_own_it(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.account("carl@acme.example")
    forge.merge(forge.change(ann, forge.write(ann, message="x\n\nCo-authored-by: C <carl@acme.example>")), by=ann)
    assert len(merged(forge, server, older).unknown) == 1


def test_an_unknown_co_author_is_told(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    node = forge.write(ann, message="Change\n\nCo-authored-by: Carl <carl@elsewhere.example>")
    forge.merge(forge.change(ann, node), by=ann)
    found = merged(forge, server, older)
    assert found.unknown == (f"co-author Carl <carl@elsewhere.example> of {node.sha[:12]}",)


def test_an_author_without_an_account_is_told(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.merge(forge.change(ann, forge.write(None, stranger=True)), by=ann)
    assert [name.partition(" ")[0] for name in merged(forge, server, older).unknown] == ["author", "committer"]


def test_a_gitlab_that_names_no_authors_leaves_them_unknown(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    server.knows_authors = False
    forge.merge(forge.change(ann, forge.write(ann)), by=ann)
    found = merged(forge, server, older)
    assert found.authors == (person(ann),), "who opened it is known in any case"
    assert len(found.unknown) == 2


def test_an_approval_of_an_older_version(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(ann)
    change = forge.change(ann, first)
    forge.review(change, bob, "approved")
    forge.update(change, forge.write(ann, first.sha))
    forge.merge(change, by=bob, how="squash")
    assert "approved before the last version of" in only(merged(forge, server, older).approvals).flaw


def test_a_merge_request_that_was_force_pushed_after_its_approval(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.update(change, forge.write(ann), force=True)
    forge.merge(change, by=bob)
    assert "approved before the last version of" in only(merged(forge, server, older).approvals).flaw


def test_a_last_version_that_is_not_the_merged_one(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)
    change.heads.append((older, forge.now()))
    assert "that GitLab does not tell" in only(merged(forge, server, older).approvals).flaw


def test_an_approval_without_a_time(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)

    def timeless(answer: Any) -> Any:
        return {"approved_by": [{"user": word["user"] | {"state": "active"}} for word in answer["approved_by"]]}

    server.alter("/merge_requests/1/approvals", timeless)
    assert "that GitLab does not tell" in only(merged(forge, server, older).approvals).flaw


def test_an_approval_that_was_taken_back(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.review(change, bob, "withdrawn")
    forge.merge(change, by=ann)
    assert merged(forge, server, older).approvals == ()


def test_a_reviewer_who_asks_for_changes_after_approving(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.review(change, bob, "rejected")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).flaw == "asks for changes"


def test_an_approval_after_a_rejection_counts(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "rejected")
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).counts


@pytest.mark.parametrize("login", ["helper", "project_6_bot", "group_7_bot_0a1b", "service_account_x"])
def test_a_program_approves(forge: Forge, server: GitLabServer, login: str) -> None:
    ann, older = forge.account("ann"), forge.tip
    bot = forge.account(login, is_bot=login == "helper")
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bot, "approved")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).flaw == "is a program, and programs do not approve"


@pytest.mark.parametrize("role", ["read", "none"])
def test_somebody_without_the_role_approves(forge: Forge, server: GitLabServer, role: str) -> None:
    ann, older = forge.account("ann"), forge.tip
    guest = forge.account("guest", role=role)
    change = forge.change(ann, forge.write(ann))
    forge.review(change, guest, "approved")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).flaw == "may not push to the project"


def test_a_role_that_may_not_be_read_is_none(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    server.fail("/members/all", 403, "403 Forbidden")
    flaw = only(merged(forge, server, older).approvals).flaw
    assert flaw.startswith("has a role here that could not be read")
    assert "403 Forbidden" in flaw


def test_a_blocked_account_approves(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    bob.is_blocked = True
    assert only(merged(forge, server, older).approvals).flaw == "has an account that is not active"


def test_a_renamed_reviewer_is_the_same_person(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.decide(bob, "production", "approved")
    forge.merge(change, by=ann)
    before = only(source(server).decisions("production").approvals).person
    bob.login = "robert"
    forge.account("bob", role="none")
    approval = only(merged(forge, server, older).approvals)
    assert approval.counts
    assert approval.person == before
    assert (str(before), str(approval.person)) == ("bob", "robert")


# -- commits past the review ----------------------------------------------------------------------------------------


def test_a_direct_push_is_nobody_s_review(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    ann.has_public_mail = True
    forge.push(ann, forge.write(ann))
    forge.is_closed = False
    found = source(server).changes(older, forge.tip, "main")
    assert found.direct == (forge.tip,)
    assert found.authors == (person(ann),)
    assert found.unknown == found.gaps == ()


def test_a_direct_push_before_the_branch_was_closed_is_nobody_s_review(forge: Forge, server: GitLabServer) -> None:
    ann, eve, older = forge.account("ann"), forge.account("eve"), forge.tip
    forge.push(eve, forge.write(ann))
    found = source(server).changes(older, forge.tip, "main")
    assert found.direct == (forge.tip,)
    assert person(eve) in found.authors


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [branch_rule("main", 40)],
        [branch_rule("main", 0), branch_rule("m*", 30)],
        [branch_rule("main", 0, deploy_key_id=3)],
        [branch_rule("main", 0, user_id=3)],
        [branch_rule("main", 0, group_id=3)],
        [branch_rule("main", 0, member_role_id=3)],
        [branch_rule("main", 0, kind_of_a_later_gitlab_id=3)],
        [{**branch_rule("main", 0), "allow_force_push": True}],
        [{**branch_rule("main", 0), "push_access_levels": []}],
        [branch_rule("release/*", 0)],
    ],
)
def test_on_a_branch_that_lets_people_push_no_merge_covers_anything(
    forge: Forge, server: GitLabServer, rules: list[dict[str, Any]]
) -> None:
    ann, bob, eve, older = forge.account("ann"), forge.account("bob"), forge.account("eve"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.write(eve)
    forge.merge_by_hand(change, eve, extra=True)
    server.branch_rules = rules
    found = source(server).changes(older, forge.tip, "main")
    assert forge.tip in found.direct
    assert person(eve) in found.authors
    assert "Allowed to push and merge" in found.why_direct


def test_a_fast_forward_to_the_approved_head_is_covered_even_there(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge_by_hand(change, ann, fast_forward=True)
    forge.is_closed = False
    assert only(merged(forge, server, older).approvals).counts


def test_a_change_that_was_merged_into_another_branch_covers_nothing(forge: Forge, server: GitLabServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann), target="sandbox")
    forge.review(change, bob, "approved")
    change.merged_at, change.merged_as, change.landed = forge.now(), change.head, [change.head]
    forge.push(ann, *change.commits)
    found = source(server).changes(older, forge.tip, "main")
    assert found.changes == ()
    assert found.direct == (change.head,)


@pytest.mark.parametrize(
    "changed",
    [
        {"target_project_id": 5},
        {"target_branch": "sandbox"},
        {"state": "opened"},
        {"merge_commit_sha": "e" * 40},
        {"sha": "e" * 40},
        {"sha": None},
    ],
)
def test_a_merge_request_that_did_not_bring_the_commit(
    forge: Forge, server: GitLabServer, changed: dict[str, Any]
) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)
    server.alter("/merge_requests", lambda requests: [{**request, **changed} for request in requests])
    found = source(server).changes(older, forge.tip, "main")
    assert found.changes == ()
    assert found.direct == (forge.tip,)


@pytest.mark.parametrize("changed", [{"id": 5}, {"state": "awaiting"}, {"access_level": 25}])
def test_a_membership_that_lets_nobody_push(forge: Forge, server: GitLabServer, changed: dict[str, Any]) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)
    server.alter("/members/all", lambda members: [{**member, "state": "active", **changed} for member in members])
    assert only(merged(forge, server, older).approvals).flaw == "may not push to the project"


def test_a_revision_that_does_not_follow_is_a_gap(forge: Forge, server: GitLabServer) -> None:
    ann = forge.account("ann")
    root, older = forge.tip, forge.write(ann).sha
    forge.push(ann, forge.write(ann, root))
    assert "does not follow" in source(server).changes(older, forge.tip, "main").gaps[0].reason


@pytest.mark.parametrize("other", [{"ref": "sandbox"}, {"ref_type": "tag"}])
def test_the_pushes_of_another_branch_tell_nothing(forge: Forge, server: GitLabServer, other: dict[str, str]) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.alter("/events", lambda events: [{**one, "push_data": {**one["push_data"], **other}} for one in events])
    assert source(server).changes(older, forge.tip, "main").gaps


def test_pushes_that_gitlab_forgot_are_a_gap(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    forge.push(ann, forge.write(ann))
    del forge.moves[-2]
    assert "do not explain everything" in source(server).changes(older, forge.tip, "main").gaps[0].reason


def test_pushes_that_gitlab_told_in_bulk_are_a_gap(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.is_bulky = True
    assert "do not explain everything" in source(server).changes(older, forge.tip, "main").gaps[0].reason


def test_the_first_promotion_is_about_the_push_that_brought_it(forge: Forge, server: GitLabServer) -> None:
    ann, bob = forge.account("ann"), forge.account("bob")
    forge.push(ann, forge.write(ann))
    forge.merge(forge.change(bob, forge.write(bob)), by=bob)
    found = source(server).changes(None, forge.tip, "main")
    assert [change.number for change in found.changes] == [1]
    assert found.authors == (person(bob),)


def test_the_first_promotion_of_a_branch_s_first_push_is_unknown(forge: Forge, server: GitLabServer) -> None:
    assert "No push is known" in source(server).changes(None, forge.tip, "main").gaps[0].reason


def test_nothing_lies_between_a_revision_and_itself(forge: Forge, server: GitLabServer) -> None:
    assert source(server).changes(forge.tip, forge.tip, "main").gaps == ()
    assert server.asked == []


# -- approver tricks: the deployment --------------------------------------------------------------------------------


def test_who_started_the_job_approves_it(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.requester, "production", "approved")
    found = source(server).decisions("production")
    assert only(found.approvals).person in found.requesters


def test_an_approval_of_another_environment(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.account("bob"), "staging", "approved")
    assert source(server).decisions("production").approvals == ()


def test_a_job_that_deploys_elsewhere(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    server.environment = "staging"
    (gap,) = source(server).decisions("production").gaps
    assert gap.reason == f"Job {JOB} deploys to no environment production."
    assert gap.hint.endswith("environment:\n  name: production")


def test_an_approval_of_another_job(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    found = source(server, job=JOB + 1).decisions("production")
    assert found.approvals == ()
    assert "of another job or commit" in found.gaps[0].reason


def test_a_job_of_another_commit(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    found = source(server, commit="f" * 40).decisions("production")
    assert found.approvals == ()
    assert "of another job or commit" in found.gaps[0].reason


@pytest.mark.parametrize(
    "change", [{"sha": "e" * 40}, {"environment": {"name": "staging"}}, {"deployable": {"id": 5}}, {"deployable": None}]
)
def test_a_deployment_that_is_not_this_job_s(forge: Forge, server: GitLabServer, change: dict[str, Any]) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    server.alter(f"/deployments/{JOB % 1000}", lambda answer: {**answer, **change})
    found = source(server).decisions("production")
    assert found.approvals == ()
    assert "of another environment or commit" in found.gaps[0].reason


def test_without_an_environment_only_the_requesters_are_told(forge: Forge, server: GitLabServer) -> None:
    forge.restarter = forge.account("rob")
    found = source(server).decisions("")
    assert found.requesters == (person(forge.restarter), person(forge.requester))
    assert found.approvals == found.gaps == ()


def test_who_started_a_pipeline_is_told_to_a_token_of_one_s_own_only(forge: Forge, server: GitLabServer) -> None:
    forge.restarter = forge.account("rob")
    assert source(server, own=False).decisions("production").requesters == (person(forge.restarter),)


def test_a_program_that_started_the_job_is_told_as_one(forge: Forge, server: GitLabServer) -> None:
    forge.restarter = forge.account("helper", is_bot=True)
    (requester,) = source(server, own=False).decisions("production").requesters
    assert requester.is_bot


def test_a_job_that_nobody_started_is_a_gap(forge: Forge, server: GitLabServer) -> None:
    server.alter("/job", lambda answer: {**answer, "user": None})
    assert "does not say who started" in source(server).decisions("production").gaps[0].reason


def test_a_program_approves_the_deployment(forge: Forge, server: GitLabServer) -> None:
    forge.decide(forge.account("project_6_bot", is_bot=True), "production", "approved")
    assert only(source(server).decisions("production").approvals).flaw == "is a program, and programs do not approve"


def test_a_blocked_account_approves_the_deployment(forge: Forge, server: GitLabServer) -> None:
    bob = forge.account("bob")
    bob.is_blocked = True
    forge.decide(bob, "production", "approved")
    assert only(source(server).decisions("production").approvals).flaw == "has an account that is not active"


def test_the_last_word_on_a_deployment_is_the_one(forge: Forge, server: GitLabServer) -> None:
    ann, bob = forge.account("ann"), forge.account("bob")
    forge.decide(ann, "production", "approved")
    forge.decide(ann, "production", "rejected")
    forge.decide(bob, "production", "rejected")
    forge.decide(bob, "production", "approved")
    found = source(server).decisions("production").approvals
    assert {str(approval.person): approval.counts for approval in found} == {"ann": False, "bob": True}


def test_somebody_whom_no_rule_of_the_environment_names(forge: Forge, server: GitLabServer) -> None:
    ann, bob = forge.account("ann"), forge.account("bob")
    server.rules = [[bob]]
    forge.decide(ann, "production", "approved")
    forge.decide(bob, "production", "approved")
    found = {str(approval.person): approval.flaw for approval in source(server).decisions("production").approvals}
    assert found == {"ann": "is named by no approval rule of the environment", "bob": ""}


def test_a_gitlab_without_approvals_is_a_gap(forge: Forge, server: GitLabServer) -> None:
    server.is_premium = False
    (gap,) = source(server).decisions("production").gaps
    assert "tells of no approvals" in gap.reason
    assert "Protected environments" in gap.hint


# -- checks, pages, permissions, failures ---------------------------------------------------------------------------


def test_the_last_result_of_each_check(forge: Forge, server: GitLabServer) -> None:
    for name, status in (("e2e", "failed"), ("e2e", "success"), ("lint", "failed"), ("slow", "running")):
        forge.check(forge.tip, name, status)
    found = source(server).checks(forge.tip)
    assert {(item.name, item.app_id, item.conclusion) for item in found.results} == {
        ("e2e", None, "success"),
        ("lint", None, "failure"),
        ("slow", None, "pending"),
    }
    assert found.gaps == ()


def test_more_than_one_page_of_everything(forge: Forge) -> None:
    ann, older = forge.account("ann"), forge.tip
    with GitLabServer(forge, page_size=2) as server:
        nodes = [forge.write(ann)]
        for _ in range(4):
            nodes.append(forge.write(ann, nodes[-1].sha))
        change = forge.change(ann, nodes[0])
        for node in nodes[1:]:
            forge.update(change, node)
        for number in range(5):
            bob = forge.account(f"bob{number}")
            forge.review(change, bob, "approved")
            forge.check(nodes[0].sha, f"check {number}", "success")
        forge.merge(change, by=ann, how="squash")
        newer = forge.tip
        for _ in range(5):
            forge.push(ann, forge.write(ann))
        found = source(server).changes(older, newer, "main")
        assert [approval.counts for approval in found.changes[0].approvals] == [True] * 5
        assert found.unknown == ()
        assert len(source(server).checks(nodes[0].sha).results) == 5
        assert source(server).decisions("production").gaps == ()


def test_a_list_without_an_end_is_a_gap(forge: Forge, server: GitLabServer) -> None:
    server.faults.append(("/events", lambda _: Reply(200, b"[]", {"x-next-page": "1"})))
    assert "more than" in source(server).changes("e" * 40, forge.tip, "main").gaps[0].reason


def test_without_a_token_of_its_own_a_job_reads_no_merge_requests(forge: Forge, server: GitLabServer) -> None:
    found = source(server, own=False)
    for gap in (found.changes("e" * 40, forge.tip, "main").gaps[0], found.checks(forge.tip).gaps[0]):
        assert gap.reason.startswith("GitLab's job token may not read")
        assert "variables:\n  GITLESS_GITLAB_TOKEN: $GITLESS_GITLAB_TOKEN" in gap.hint
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_missing_permission_is_told_with_what_to_do(forge: Forge, server: GitLabServer, status: int) -> None:
    server.fail("/statuses", status, "insufficient_scope")
    (gap,) = source(server).checks(forge.tip).gaps
    assert f"GitLab answered {status}: insufficient_scope" in gap.reason
    assert "read_api" in gap.hint


def test_branch_rules_that_may_not_be_read_are_a_gap(forge: Forge, server: GitLabServer) -> None:
    server.fail("/protected_branches", 403)
    (gap,) = source(server).changes("e" * 40, forge.tip, "main").gaps
    assert "protected branches" in gap.reason
    assert "role Maintainer" in gap.hint


def test_a_job_token_that_may_not_read_deployments(forge: Forge, server: GitLabServer) -> None:
    server.fail("/deployments", 403)
    assert "environment:" in source(server).decisions("production").gaps[0].hint


@pytest.mark.parametrize("status", [429, 502])
def test_a_failure_that_passes_is_outlasted(forge: Forge, server: GitLabServer, status: int) -> None:
    server.fail("/statuses", status, times=2)
    assert source(server).checks(forge.tip).gaps == ()


def test_a_failure_that_stays_is_a_failure_and_no_answer(forge: Forge, server: GitLabServer) -> None:
    server.fail("/deployments", 503, "down")
    with pytest.raises(RemoteError, match="Cannot list this environment's deployments") as caught:
        source(server).decisions("production")
    assert caught.value.temporary
    assert JOB_TOKEN not in str(caught.value)


def test_a_redirect_gets_no_token(forge: Forge, server: GitLabServer) -> None:
    with GitLabServer(forge) as other:
        server.faults.append(("/deployments", lambda _: Reply(302, b"", {"Location": other.url + "/x"})))
        with pytest.raises(RemoteError, match="one host only"):
            source(server).decisions("production")
        assert other.asked == []


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {},
        lambda _: [5],
        lambda items: [{**item, "id": "1"} for item in items],
        lambda items: [{**item, "deployable": "x"} for item in items],
    ],
)
def test_an_answer_of_another_form_is_refused(forge: Forge, server: GitLabServer, change: Any) -> None:
    server.alter("/deployments", change)
    with pytest.raises(UntrustedContentError):
        source(server).decisions("production")


@pytest.mark.parametrize(
    "url", ["http://gitlab.acme.example/api/v4", "https://gitlab.com", "https://u@gitlab.com/api/v4"]
)
def test_an_address_that_is_not_the_api_s_gets_no_token(url: str) -> None:
    with pytest.raises(UsageError, match="API address"):
        GitLabApi(url, "1", Secret(TOKEN), {}, is_job_token=False)


def test_an_opener_whose_account_is_gone_is_unknown(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.merge(forge.change(ann, forge.write(ann)), by=ann)
    path = f"/commits/{forge.tip}/merge_requests"
    server.alter(path, lambda requests: [{**request, "author": None} for request in requests])
    assert merged(forge, server, older).unknown == ("opener of merge request 1",)


def test_commits_without_the_revision_are_refused(forge: Forge, server: GitLabServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.alter("/repository/commits", lambda commits: commits[1:])
    with pytest.raises(UntrustedContentError, match="It lacks"):
        source(server).changes(older, forge.tip, "main")


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"[" * 100_000), (200, b""), (422, b'{"message":' + b"[" * 100_000)]
)
def test_an_answer_that_is_no_json_is_refused(forge: Forge, server: GitLabServer, status: int, body: bytes) -> None:
    server.faults.append(("/events", lambda _: Reply(status, body)))
    with pytest.raises(UntrustedContentError, match="no JSON"):
        source(server).changes("e" * 40, forge.tip, "main")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"message": {"a": 5}}', b'{"error": "glpat-0123456789abcdef0123"}']
)
def test_a_refusal_s_words_are_foreign_text(forge: Forge, server: GitLabServer, body: bytes) -> None:
    server.faults.append(("/events", lambda _: Reply(422, body)))
    with pytest.raises(RemoteError, match="GitLab answered 422") as caught:
        source(server).changes("e" * 40, forge.tip, "main")
    assert "glpat-" not in str(caught.value)
    assert not caught.value.temporary


def test_a_host_that_is_down(forge: Forge) -> None:
    with GitLabServer(forge) as server:
        found = source(server)
    with pytest.raises(RemoteError, match="Cannot read this job") as caught:
        found.decisions("production")
    assert JOB_TOKEN not in str(caught.value)

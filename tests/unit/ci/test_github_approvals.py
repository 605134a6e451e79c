"""GitHub: who approved, who wrote, and every trick that must not count."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.api_server import TOKEN, Reply
from tests.fakes.forge import Account, Forge
from tests.fakes.github_api import GitHubServer

from gitless.ci.github_api import GitHubApi
from gitless.ci.github_approvals import GitHubApprovals
from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.approval import Approval, Change, Person
from gitless.model.secret import Secret
from gitless.web.patience import Patience

QUICK = Patience(attempts=3, total_seconds=20, sleep=lambda _: None)


@pytest.fixture
def forge() -> Forge:
    return Forge()


@pytest.fixture
def server(forge: Forge) -> Iterator[GitHubServer]:
    with GitHubServer(forge) as running:
        yield running


def source(server: GitHubServer, **changed: Any) -> GitHubApprovals:
    api = GitHubApi(server.url, "acme/apps", Secret(TOKEN), {}, QUICK)
    return GitHubApprovals(api, server.run(**changed))


def person(account: Account) -> Person:
    return Person("github.com", str(account.id))


def merged(forge: Forge, server: GitHubServer, older: str) -> Change:
    found = source(server).changes(older, forge.tip, "main")
    assert found.gaps == ()
    assert found.direct == ()
    (change,) = found.changes
    return change


def only(approvals: tuple[Approval, ...]) -> Approval:
    (found,) = approvals
    return found


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_review_of_the_merged_head_counts(forge: Forge, server: GitHubServer, how: str) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(ann)
    change = forge.change(ann, first, forge.write(ann, first.sha))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob, how=how)
    found = source(server).changes(older, forge.tip, "main")
    approval = only(found.changes[0].approvals)
    assert approval.counts
    assert approval.person == person(bob)
    assert approval.commit == change.head
    assert approval.at is not None
    assert found.authors == (person(ann),), "who merges is no author, however it is merged"
    assert found.direct == found.unknown == found.gaps == ()


def test_an_approval_of_the_environment_counts(forge: Forge, server: GitHubServer) -> None:
    bob = forge.account("bob")
    forge.decide(bob, "production", "approved")
    found = source(server).decisions("Production")
    assert only(found.approvals).counts
    assert only(found.approvals).person == person(bob)
    assert found.requesters == (person(forge.requester),)
    assert found.gaps == ()


# -- approver tricks: reviews ---------------------------------------------------------------------------------------


def test_the_author_approves_the_own_change(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, ann, "approved")
    forge.merge(change, by=ann)
    found = merged(forge, server, older)
    assert only(found.approvals).person in found.authors, "the gate sees that they are one person"


def test_a_co_author_approves_the_change(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    message = f"Change\n\nCo-Authored-By: Bob <{bob.id}+bob@users.noreply.github.com>"
    change = forge.change(ann, forge.write(ann, message=message))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob, how="squash")
    found = merged(forge, server, older)
    assert found.authors == (person(ann), person(bob))
    assert only(found.approvals).person in found.authors


def test_a_co_author_is_known_by_an_address_seen_on_a_commit(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(bob)
    change = forge.change(
        ann, first, forge.write(ann, first.sha, message=f"x\n\nco-authored-by: b <{bob.mail.upper()}>")
    )
    forge.merge(change, by=ann)
    found = merged(forge, server, older)
    assert set(found.authors) == {person(ann), person(bob)}
    assert found.unknown == ()


def test_a_co_author_is_known_by_an_address_that_only_github_knows(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    node = forge.write(ann, message=f"x\n\nCo-authored-by: Bob <{bob.mail}>")
    forge.merge(forge.change(ann, node), by=ann, how="squash")
    found = merged(forge, server, older)
    assert found.authors == (person(ann), person(bob))
    assert found.unknown == ()


@pytest.mark.parametrize("answer", [Reply(403), Reply(200, b'{"errors": [{"message": "no"}]}'), Reply(404)])
def test_without_that_answer_a_co_author_stays_unknown(forge: Forge, server: GitHubServer, answer: Reply) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    forge.merge(forge.change(ann, forge.write(ann, message=f"x\n\nCo-authored-by: Bob <{bob.mail}>")), by=ann)
    server.faults.append(("/graphql", lambda _: answer))
    assert len(merged(forge, server, older).unknown) == 1


def test_an_unknown_co_author_is_told(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    node = forge.write(ann, message="Change\n\nCo-authored-by: Carl <carl@elsewhere.example>")
    forge.merge(forge.change(ann, node), by=ann)
    found = merged(forge, server, older)
    assert found.unknown == (f"co-author Carl <carl@elsewhere.example> of {node.sha[:12]}",)


def test_a_private_address_of_another_platform_names_nobody(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.merge(
        forge.change(ann, forge.write(ann, message="x\n\nCo-authored-by: B <42+b@users.noreply.github.example>")),
        by=ann,
    )
    assert len(merged(forge, server, older).unknown) == 1


def test_an_author_without_an_account_is_told(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    node = forge.write(None, stranger=True)
    forge.merge(forge.change(ann, node), by=ann)
    found = merged(forge, server, older)
    assert found.unknown == (
        f"author Somebody <somebody@nowhere.example> of {node.sha[:12]}",
        f"committer Somebody <somebody@nowhere.example> of {node.sha[:12]}",
    )


def test_an_approval_of_an_older_commit(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(ann)
    change = forge.change(ann, first)
    forge.review(change, bob, "approved")
    forge.update(change, forge.write(ann, first.sha))
    forge.merge(change, by=bob, how="squash")
    approval = only(merged(forge, server, older).approvals)
    assert approval.flaw == f"approved commit {first.sha[:12]}, and {change.head[:12]} was merged"


def test_a_pull_request_that_was_force_pushed_after_its_approval(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.update(change, forge.write(ann), force=True)
    forge.merge(change, by=bob, how="rebase")
    assert "was merged" in only(merged(forge, server, older).approvals).flaw


def test_a_review_whose_commit_is_gone(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)
    server.alter("/reviews", lambda reviews: [{**review, "commit_id": None} for review in reviews])
    assert only(merged(forge, server, older).approvals).flaw.startswith("approved commit unknown")


def test_a_dismissed_review(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved").state = "withdrawn"
    forge.merge(change, by=ann)
    approval = only(merged(forge, server, older).approvals)
    assert approval.flaw == "gave a review that was dismissed"
    assert not approval.counts


@pytest.mark.parametrize(("states", "counts"), [(["rejected", "approved"], True), (["approved", "rejected"], False)])
def test_the_last_word_of_a_person_is_the_one(
    forge: Forge, server: GitHubServer, states: list[str], counts: bool
) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    for state in [*states, "commented"]:
        forge.review(change, bob, state)
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).counts is counts


def test_a_bot_approves(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    bot = forge.account("helper[bot]", is_bot=True)
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bot, "approved")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).flaw == "is a program, and programs do not approve"


@pytest.mark.parametrize("role", ["read", "none"])
def test_somebody_without_the_role_approves(forge: Forge, server: GitHubServer, role: str) -> None:
    ann, older = forge.account("ann"), forge.tip
    guest = forge.account("guest", role=role)
    change = forge.change(ann, forge.write(ann))
    forge.review(change, guest, "approved")
    forge.merge(change, by=ann)
    assert only(merged(forge, server, older).approvals).flaw == "may not write to the repository"


def test_a_role_that_may_not_be_read_is_none(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    server.fail("/permission", 403, "Resource not accessible by integration")
    flaw = only(merged(forge, server, older).approvals).flaw
    assert flaw.startswith("has a role here that could not be read")
    assert "Resource not accessible by integration" in flaw


def test_a_renamed_reviewer_is_the_same_person(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    bob.login = "robert"
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    approval = only(merged(forge, server, older).approvals)
    assert approval.counts
    assert approval.person == person(bob)
    assert str(approval.person) == "robert"


def test_an_author_who_was_renamed_is_still_the_author(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    change = forge.change(ann, forge.write(ann))
    ann.login = "someone-else"
    forge.review(change, ann, "approved")
    forge.merge(change, by=ann)
    found = merged(forge, server, older)
    assert only(found.approvals).person in found.authors


def test_a_name_that_somebody_else_took_over(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    guest = forge.account("guest", role="read")
    change = forge.change(ann, forge.write(ann))
    forge.review(change, guest, "approved")
    forge.merge(change, by=ann)
    forge.account("guest", role="admin")
    assert only(merged(forge, server, older).approvals).flaw == "goes by a name that belongs to another account now"


def test_a_deleted_account_is_nobody(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=ann)
    server.alter("/reviews", lambda reviews: [{**review, "user": None} for review in reviews])
    assert merged(forge, server, older).approvals == ()


# -- commits past the review ----------------------------------------------------------------------------------------


def test_a_direct_push_is_nobody_s_review(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    first = forge.write(ann)
    forge.push(ann, first, forge.write(ann, first.sha))
    found = source(server).changes(older, forge.tip, "main")
    assert found.direct == (forge.tip, first.sha)
    assert found.changes == ()
    assert found.authors == (person(ann),)
    assert found.gaps == ()


def test_who_pushes_another_s_commit_is_an_author(forge: Forge, server: GitHubServer) -> None:
    ann, eve, older = forge.account("ann"), forge.account("eve"), forge.tip
    forge.push(eve, forge.write(ann))
    assert source(server).changes(older, forge.tip, "main").authors == (person(eve), person(ann))


def test_a_merge_by_hand_with_more_in_it_is_a_direct_push(forge: Forge, server: GitHubServer) -> None:
    ann, bob, eve, older = forge.account("ann"), forge.account("bob"), forge.account("eve"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.write(forge.root)
    forge.merge_by_hand(change, eve, extra=True)
    found = source(server).changes(older, forge.tip, "main")
    assert forge.tip in found.direct
    assert person(eve) in found.authors


def test_a_fast_forward_by_hand_to_the_reviewed_head_is_covered(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    first = forge.write(ann)
    change = forge.change(ann, first, forge.write(ann, first.sha))
    forge.review(change, bob, "approved")
    forge.merge_by_hand(change, bob, fast_forward=True)
    found = merged(forge, server, older)
    assert only(found.approvals).counts


def test_a_change_that_was_merged_into_another_branch_covers_nothing(forge: Forge, server: GitHubServer) -> None:
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
        lambda pull: {**pull, "base": {**pull["base"], "repo": {**pull["base"]["repo"], "id": 5}}},
        lambda pull: {**pull, "base": {**pull["base"], "ref": "sandbox"}},
        lambda pull: {**pull, "merged_at": None},
        lambda pull: {**pull, "merge_commit_sha": None},
        lambda pull: {**pull, "merge_commit_sha": "e" * 40},
        lambda pull: {**pull, "head": {**pull["head"], "sha": "e" * 40}},
    ],
)
def test_a_pull_request_that_did_not_bring_the_commit(forge: Forge, server: GitHubServer, changed: Any) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    change = forge.change(ann, forge.write(ann))
    forge.review(change, bob, "approved")
    forge.merge(change, by=bob)
    server.alter("/pulls", lambda pulls: [changed(pull) for pull in pulls])
    found = source(server).changes(older, forge.tip, "main")
    assert found.changes == ()
    assert found.direct == (forge.tip,)


def test_several_changes_and_pushes_in_one_range(forge: Forge, server: GitHubServer) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    for how in ("merge", "squash", "rebase"):
        change = forge.change(ann, forge.write(ann))
        forge.review(change, bob, "approved")
        forge.merge(change, by=bob, how=how)
    newer = forge.push(bob, forge.write(bob))
    forge.push(ann, forge.write(ann))
    found = source(server).changes(older, newer, "main")
    assert sorted(change.number for change in found.changes) == [1, 2, 3]
    assert found.direct == (newer,)
    assert set(found.authors) == {person(ann), person(bob)}


def test_the_first_promotion_is_about_the_push_that_brought_it(forge: Forge, server: GitHubServer) -> None:
    ann, bob = forge.account("ann"), forge.account("bob")
    forge.push(ann, forge.write(ann))
    change = forge.change(bob, forge.write(bob))
    forge.merge(change, by=bob)
    found = source(server).changes(None, forge.tip, "main")
    assert [change.number for change in found.changes] == [1]
    assert found.authors == (person(bob),)


def test_the_first_promotion_of_a_branch_s_first_push_is_unknown(forge: Forge, server: GitHubServer) -> None:
    found = source(server).changes(None, forge.tip, "main")
    assert found.gaps[0].reason.startswith("No push is known that brought")


def test_nothing_lies_between_a_revision_and_itself(forge: Forge, server: GitHubServer) -> None:
    found = source(server).changes(forge.tip, forge.tip, "main")
    assert (found.changes, found.direct, found.gaps, server.asked) == ((), (), (), [])


def test_a_revision_that_does_not_follow_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    ann = forge.account("ann")
    root, older = forge.tip, forge.write(ann).sha
    forge.push(ann, forge.write(ann, root))
    found = source(server).changes(older, forge.tip, "main")
    assert "does not follow" in found.gaps[0].reason
    assert "environment" in found.gaps[0].hint


def test_an_activity_without_the_push_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    forge.push(ann, forge.write(ann))
    del forge.moves[-2]
    found = source(server).changes(older, forge.tip, "main")
    assert "do not explain everything" in found.gaps[0].reason


def test_the_activity_of_another_branch_tells_nothing(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.alter("/activity", lambda moves: [{**move, "ref": "refs/heads/sandbox"} for move in moves])
    assert source(server).changes(older, forge.tip, "main").gaps


def test_a_pusher_that_github_does_not_name_is_unknown(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.alter("/activity", lambda moves: [{**move, "actor": None} for move in moves])
    found = source(server).changes(older, forge.tip, "main")
    assert found.unknown == (f"pusher of {forge.tip[:12]}",)


# -- approver tricks: the run ---------------------------------------------------------------------------------------


def test_who_asks_for_the_run_approves_it(forge: Forge, server: GitHubServer) -> None:
    forge.restarter = forge.account("rob")
    forge.decide(forge.requester, "production", "approved")
    found = source(server).decisions("production")
    assert only(found.approvals).person in found.requesters
    assert found.requesters == (person(forge.requester), person(forge.restarter))


def test_without_an_environment_only_the_requesters_are_told(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    found = source(server).decisions("")
    assert found.requesters == (person(forge.requester),)
    assert found.approvals == found.gaps == ()


def test_a_run_that_nobody_started_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    server.alter("/actions/runs/9000000001", lambda run: {**run, "triggering_actor": None})
    assert "does not say who started" in source(server).decisions("production").gaps[0].reason


def test_an_approval_of_another_environment(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "staging", "approved")
    approval = only(source(server).decisions("production").approvals)
    assert approval.flaw == "spoke of another environment (staging)"


def test_an_approval_of_another_run(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    found = source(server, run_id="1").decisions("production")
    assert found.approvals == ()
    assert "404" in found.gaps[0].reason


def test_a_run_of_another_commit(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    found = source(server, commit="f" * 40).decisions("production")
    assert found.approvals == ()
    assert "of another repository or commit" in found.gaps[0].reason


def test_a_run_of_another_repository(forge: Forge, server: GitHubServer) -> None:
    assert source(server, repository_id="5").decisions("production").gaps


def test_a_program_approves_the_run(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("helper[bot]", is_bot=True), "production", "approved")
    assert only(source(server).decisions("production").approvals).flaw == "is a program, and programs do not approve"


def test_an_approval_beside_a_rejection_by_the_same_person(forge: Forge, server: GitHubServer) -> None:
    bob = forge.account("bob")
    forge.decide(bob, "production", "rejected")
    forge.decide(bob, "production", "approved")
    found = source(server).decisions("production").approvals
    assert [approval.flaw for approval in found] == [
        "rejected the deployment",
        "also rejected this run, and GitHub does not say which came last",
    ]


def test_an_approval_after_somebody_else_s_rejection_counts(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("ann"), "production", "rejected")
    forge.decide(forge.account("bob"), "production", "approved")
    assert [approval.counts for approval in source(server).decisions("production").approvals] == [False, True]


def test_two_names_of_one_id_are_one_person(forge: Forge, server: GitHubServer) -> None:
    bob = forge.account("bob")
    forge.decide(bob, "production", "approved")
    forge.decide(bob, "production", "approved")

    def renamed(words: Any) -> Any:
        words[1]["user"]["login"] = "robert"
        return words

    server.alter("/approvals", renamed)
    found = source(server).decisions("production").approvals
    assert [str(approval.person) for approval in found] == ["bob", "robert"]
    assert len({approval.person for approval in found}) == 1


def test_a_run_whose_earlier_jobs_ran_again_has_no_approval(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    forge.restart(forge.requester, all_jobs=True)
    approval = only(source(server).decisions("production").approvals)
    assert "ran again, and GitHub does not say when" in approval.flaw


def test_an_earlier_approval_stays_stale_in_later_attempts(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    forge.restart(forge.requester, all_jobs=True)
    forge.restart(forge.requester, all_jobs=False)
    assert "ran again" in only(source(server).decisions("production").approvals).flaw


def test_a_failed_job_that_runs_again_keeps_its_approval(forge: Forge, server: GitHubServer) -> None:
    forge.decide(forge.account("bob"), "production", "approved")
    forge.restart(forge.requester, all_jobs=False)
    forge.restart(forge.requester, all_jobs=False)
    assert only(source(server).decisions("production").approvals).counts


# -- checks ---------------------------------------------------------------------------------------------------------


def test_the_last_result_of_each_check(forge: Forge, server: GitHubServer) -> None:
    forge.check(forge.tip, "e2e", "failure", app=15368)
    forge.check(forge.tip, "e2e", "success", app=15368)
    forge.check(forge.tip, "e2e", "failure", app=99)
    forge.check(forge.tip, "slow", "", app=15368)
    forge.check(forge.tip, "ci/old", "success")
    forge.check(forge.tip, "ci/old", "error")
    forge.check("f" * 40, "e2e", "success", app=15368)
    found = source(server).checks(forge.tip)
    assert found.commit == forge.tip
    assert found.gaps == ()
    assert {(item.name, item.app_id, item.conclusion) for item in found.results} == {
        ("e2e", 15368, "success"),
        ("e2e", 99, "failure"),
        ("slow", 15368, "pending"),
        ("ci/old", None, "error"),
    }


# -- pages, permissions, failures -----------------------------------------------------------------------------------


def test_more_than_one_page_of_everything(forge: Forge) -> None:
    ann, older = forge.account("ann"), forge.tip
    with GitHubServer(forge, page_size=2) as server:
        people = [forge.account(f"person{number}") for number in range(5)]
        nodes = [forge.write(ann)]
        for _ in range(4):
            nodes.append(forge.write(ann, nodes[-1].sha))
        change = forge.change(ann, *nodes)
        for account in people:
            forge.review(change, account, "approved")
            forge.decide(account, "production", "approved")
            forge.check(nodes[0].sha, f"check {account.login}", "success", app=1)
        forge.merge(change, by=ann, how="rebase")
        for _ in range(5):
            forge.push(ann, forge.write(ann))
        newer = forge.moves[-5].before
        found = source(server).changes(older, newer, "main")
        assert len(found.changes[0].approvals) == 5
        assert all(approval.counts for approval in found.changes[0].approvals)
        assert len(source(server).decisions("production").approvals) == 5
        assert len(source(server).checks(nodes[0].sha).results) == 5


def test_an_enterprise_server_has_its_api_below_a_path(forge: Forge) -> None:
    ann, bob, older = forge.account("ann"), forge.account("bob"), forge.tip
    with GitHubServer(forge, page_size=1, prefix="/api/v3") as server:
        home = {"repository_url": "https://ghe.acme.example/acme/apps"}
        message = f"x\n\nCo-authored-by: Bob <{bob.mail}>\nCo-authored-by: R <{forge.root.id}+r@users.noreply.ghe.acme.example>"
        first = forge.write(ann)
        change = forge.change(ann, first, forge.write(ann, first.sha, message=message))
        forge.review(change, bob, "approved")
        forge.merge(change, by=bob)
        found = source(server, **home).changes(older, forge.tip, "main")
        assert found.gaps == found.unknown == found.direct == ()
        assert found.authors == tuple(Person("ghe.acme.example", str(account.id)) for account in (ann, bob, forge.root))


def test_a_list_without_an_end_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    def forever(_: Any) -> Reply:
        return Reply(200, b"[]", {"Link": f'<{server.url}/repos/acme/apps/activity?after=1>; rel="next"'})

    server.faults.append(("/activity", forever))
    found = source(server).changes("e" * 40, forge.tip, "main")
    assert "more than" in found.gaps[0].reason
    assert len(server.asked) == 30


def test_a_next_page_on_another_host_is_refused(forge: Forge, server: GitHubServer) -> None:
    server.faults.append(("/activity", lambda _: Reply(200, b"[]", {"Link": '<http://localhost:1/x>; rel="next"'})))
    with pytest.raises(UntrustedContentError, match="another host"):
        source(server).changes("e" * 40, forge.tip, "main")


def test_a_redirect_to_another_host_is_refused(forge: Forge, server: GitHubServer) -> None:
    server.faults.append(("/activity", lambda _: Reply(301, b"", {"Location": "http://127.0.0.1:1/x"})))
    with pytest.raises(RemoteError, match="another host"):
        source(server).changes("e" * 40, forge.tip, "main")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_missing_permission_is_told_with_the_lines_to_paste(forge: Forge, server: GitHubServer, status: int) -> None:
    server.fail("/check-runs", status, "Resource not accessible by integration")
    (gap,) = source(server).checks(forge.tip).gaps
    assert f"GitHub answered {status}: Resource not accessible by integration" in gap.reason
    assert "The token lacks `checks: read`" in gap.hint
    assert "permissions:\n  actions: read\n  checks: read\n" in gap.hint
    assert TOKEN not in gap.reason + gap.hint


@pytest.mark.parametrize(
    ("status", "headers"),
    [(502, {}), (429, {"retry_after": "3"}), (403, {"retry_after": "3"}), (403, {"x_ratelimit_remaining": "0"})],
)
def test_a_failure_that_passes_is_outlasted(
    forge: Forge, server: GitHubServer, status: int, headers: dict[str, str]
) -> None:
    server.fail("/check-runs", status, times=2, **headers)
    assert source(server).checks(forge.tip).gaps == ()


def test_a_failure_that_stays_is_a_failure_and_no_answer(forge: Forge, server: GitHubServer) -> None:
    server.fail("/activity", 503, "down")
    with pytest.raises(RemoteError, match="Cannot read the activity of main") as caught:
        source(server).changes("e" * 40, forge.tip, "main")
    assert caught.value.temporary


def test_a_wait_that_is_too_long_is_not_waited(forge: Forge, server: GitHubServer) -> None:
    server.fail("/activity", 403, "rate limit", x_ratelimit_remaining="0", x_ratelimit_reset="99999999999")
    with pytest.raises(RemoteError, match="It asks to wait"):
        source(server).changes("e" * 40, forge.tip, "main")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {},
        lambda _: ["text"],
        lambda moves: [{**move, "after": 5} for move in moves],
        lambda moves: [{**move, "actor": {"id": "7", "login": "x", "type": "User"}} for move in moves],
        lambda moves: [{**move, "actor": {"id": -7, "login": "x", "type": "User"}} for move in moves],
        lambda moves: [{**move, "actor": {"id": True, "login": "x", "type": "User"}} for move in moves],
    ],
)
def test_an_answer_of_another_form_is_refused(forge: Forge, server: GitHubServer, change: Any) -> None:
    server.alter("/activity", change)
    with pytest.raises(UntrustedContentError):
        source(server).changes("e" * 40, forge.tip, "main")


def test_a_compare_that_leaves_commits_out_is_refused(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    first = forge.write(ann)
    forge.push(ann, first, forge.write(ann, first.sha))
    server.alter("/compare/", lambda answer: {**answer, "commits": answer["commits"][1:]})
    with pytest.raises(UntrustedContentError, match="names 2 commits and lists 1"):
        source(server).changes(older, forge.tip, "main")


def test_a_pull_request_with_more_commits_than_github_lists_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.merge(forge.change(ann, forge.write(ann)), by=ann, how="squash")
    server.alter("/pulls/1/commits", lambda commits: commits * 250)
    found = source(server).changes(older, forge.tip, "main")
    assert "250 commits or more" in found.gaps[0].reason


def test_a_range_that_is_too_long_is_a_gap(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.push(ann, forge.write(ann))
    server.alter("/compare/", lambda answer: {**answer, "total_commits": 2001})
    assert "at most 2000" in source(server).changes(older, forge.tip, "main").gaps[0].reason


def test_an_opener_whose_account_is_gone_is_unknown(forge: Forge, server: GitHubServer) -> None:
    ann, older = forge.account("ann"), forge.tip
    forge.merge(forge.change(ann, forge.write(ann)), by=ann)
    server.alter(f"/commits/{forge.tip}/pulls", lambda pulls: [{**pull, "user": None} for pull in pulls])
    assert merged(forge, server, older).unknown == ("opener of pull request 1",)


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b""])
def test_an_answer_that_is_no_json_is_refused(forge: Forge, server: GitHubServer, body: bytes) -> None:
    server.faults.append(("/activity", lambda _: Reply(200, body)))
    with pytest.raises(UntrustedContentError, match="no JSON"):
        source(server).changes("e" * 40, forge.tip, "main")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"message": 5}', b'{"message": "ghp_0123456789abcdef0123"}'])
def test_a_refusal_s_words_are_foreign_text(forge: Forge, server: GitHubServer, body: bytes) -> None:
    server.faults.append(("/activity", lambda _: Reply(422, body)))
    with pytest.raises(RemoteError, match="GitHub answered 422") as caught:
        source(server).changes("e" * 40, forge.tip, "main")
    assert "ghp_" not in str(caught.value)
    assert not caught.value.temporary


def test_an_address_that_is_not_https_gets_no_token() -> None:
    with pytest.raises(UsageError, match="API address"):
        GitHubApi("http://github.acme.example/api/v3", "acme/apps", Secret(TOKEN), {})


def test_a_host_that_is_down(forge: Forge) -> None:
    with GitHubServer(forge) as server:
        run = server.run()
    api = GitHubApi(server.url, "acme/apps", Secret(TOKEN), {}, QUICK)
    with pytest.raises(RemoteError, match="Cannot read this run") as caught:
        GitHubApprovals(api, run).decisions("production")
    assert TOKEN not in str(caught.value)

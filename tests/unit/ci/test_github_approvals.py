"""GitHub: who approved, who wrote, and every trick that must not count."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Account, Forge
from tests.fakes.github_api import GitHubServer

from gitless.ci.github_api import GitHubApi
from gitless.ci.github_approvals import GitHubApprovals
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

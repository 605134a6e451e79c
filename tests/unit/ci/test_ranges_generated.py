"""Random stories of a repository: what covers what, who reviewed and who wrote is what the story says, on both platforms."""

from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Forge
from tests.fakes.github_api import GitHubServer
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer

from gitless.ci.github_api import GitHubApi
from gitless.ci.github_approvals import GitHubApprovals
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_approvals import GitLabApprovals
from gitless.model.approval import Changes
from gitless.model.secret import Secret

HOW = {"github": ["merge", "squash", "rebase"], "gitlab": ["merge", "squash", "fast_forward", "squash_merge"]}
STEP = st.tuples(
    st.sampled_from(["merge", "merge", "push", "hand", "fast", "stale"]),
    st.integers(0, 3),  # who writes
    st.integers(0, 3),  # who else has a hand in it
    st.integers(1, 3),  # commits
    st.integers(0, 3),  # how it is merged
)


@dataclass
class Story:
    """A repository, and what must be found in it."""

    forge: Forge
    ways: list[str]
    direct: list[str] = field(default_factory=list)
    counts: dict[int, bool] = field(default_factory=dict)
    authors: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.people = [self.forge.account(name) for name in ("ann", "bob", "cleo", "dan")]
        for account in self.people:
            account.has_public_mail = True
        self.older = self.forge.tip

    def tell(self, kind: str, writer: int, other: int, count: int, how: int) -> None:
        """One step."""
        ann, bob, forge = self.people[writer], self.people[other], self.forge
        nodes = [forge.write(ann)]
        for _ in range(count - 1):
            nodes.append(forge.write(ann, nodes[-1].sha))
        self.authors.add(ann.id)
        if kind == "push":
            forge.push(bob, *nodes)
            self.authors.add(bob.id)
            self.direct += [node.sha for node in nodes]
            return
        change = forge.change(ann, *nodes)
        forge.review(change, bob, "approved")
        if kind == "stale":
            forge.update(change, forge.write(ann, nodes[-1].sha))
        if kind in ("merge", "stale"):
            forge.merge(change, by=bob, how=self.ways[how % len(self.ways)])
            self.counts[change.number] = kind == "merge"
            return
        forge.merge_by_hand(change, bob, fast_forward=kind == "fast", extra=True)
        self.authors.add(bob.id)
        if kind == "fast":
            self.counts[change.number] = True
        else:
            self.direct.append(forge.tip)


def github(story: Story) -> Changes:
    with GitHubServer(story.forge, page_size=7) as server:
        api = GitHubApi(server.url, "acme/apps", Secret(TOKEN), {})
        return GitHubApprovals(api, server.run()).changes(story.older, story.forge.tip, "main")


def gitlab(story: Story) -> Changes:
    with GitLabServer(story.forge, page_size=7) as server:
        run = server.run()
        by_job = GitLabApi(server.url, run.repository_id, Secret(JOB_TOKEN), {}, is_job_token=True)
        by_owner = GitLabApi(server.url, run.repository_id, Secret(TOKEN), {}, is_job_token=False)
        return GitLabApprovals(by_job, by_owner, run, str(JOB)).changes(story.older, story.forge.tip, "main")


@pytest.mark.parametrize(("name", "read"), [("github", github), ("gitlab", gitlab)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEP, min_size=1, max_size=6))
def test_a_story_is_found_as_it_was(
    name: str, read: Callable[[Story], Changes], steps: list[tuple[str, int, int, int, int]]
) -> None:
    story = Story(Forge(), HOW[name])
    for step in steps:
        if name == "gitlab" and step[0] in ("hand", "fast"):
            continue  # nobody can, on the closed branch that merge requests need there
        story.tell(*step)
    found = read(story)
    assert found.gaps == ()
    assert found.unknown == ()
    assert sorted(found.direct) == sorted(story.direct)
    assert {change.number: any(word.counts for word in change.approvals) for change in found.changes} == story.counts
    assert {int(person.id) for person in found.authors} == story.authors

"""Two revisions of a branch on GitLab: the commits between them, the pushes that brought them, merged merge requests.

GitLab does not tell a merge of its own from a push that looks like one. Merge requests cover commits therefore only on
branches that nobody may push to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gitless.ci.answers import Fields, Question
from gitless.ci.authorship import Commit
from gitless.ci.commit_range import CommitRange, Push
from gitless.ci.coverage import Merged, judge, no_range, start
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_people import GitLabPeople
from gitless.ci.gitlab_reviews import MergeRequests
from gitless.errors import UntrustedContentError
from gitless.model.approval import Change, Changes


class GitLabChanges:
    """Reads ranges of one project.

    Args:
        api: How to ask, with a token of one's own.
        people: Who is who.
        project: The project's number.
        path: Its path.
    """

    def __init__(self, api: GitLabApi, people: GitLabPeople, project: str, path: str) -> None:
        self._api, self._people, self._project = api, people, project
        self._requests = MergeRequests(api, people, path)

    def between(self, older: str | None, newer: str, branch: str) -> Changes:
        """See `ports.ApprovalSource.changes`.

        Raises:
            GapError: Something may not be read, or does not add up.
            RemoteError: GitLab failed.
        """
        if older == newer:
            return Changes(newer, newer)
        is_closed = self._is_closed(branch)
        pushes = self._pushes(branch, newer, older, is_closed)
        found = judge(self._range(older or start(pushes, newer), newer), pushes, branch, self)
        return found if is_closed else replace(found, why_direct=_open(branch))

    def about(self, sha: str, branch: str) -> list[Merged]:
        """See `coverage.Merges`."""
        question = Question(
            f"read the merge requests of commit {sha[:12]}", f"/repository/commits/{sha}/merge_requests"
        )
        return [_merged(request) for request in self._api.pages(question) if self._is_merged(request, branch)]

    def read(self, merged: Sequence[Merged], commits: Sequence[Commit]) -> list[Change]:
        """See `coverage.Merges`."""
        del commits  # GitLab tells whose addresses are only of commits in merge requests
        return self._requests.read([one.fields for one in merged])

    def _is_merged(self, request: Fields, branch: str) -> bool:
        here = str(request.number("target_project_id")) == self._project and request.text("target_branch") == branch
        return here and request.text("state") == "merged" and bool(request.commit("sha"))

    def _range(self, older: str, newer: str) -> CommitRange:
        base = self._api.get(
            Question(
                f"see whether {newer[:12]} follows {older[:12]}",
                "/repository/merge_base",
                (("refs[]", older), ("refs[]", newer)),
            )
        )
        if base.commit("id") != older:
            raise no_range(older, newer)
        doing = f"read the commits from {older[:12]} to {newer[:12]}"
        # not /repository/compare: it knows no pages, and makes a diff that nobody asked for
        question = Question(doing, "/repository/commits", (("ref_name", f"{older}..{newer}"),))
        found = CommitRange(older, newer, self._people.commits(self._api.pages(question)))
        if newer not in found.commits:
            raise UntrustedContentError(f"GitLab's answer to: {doing} cannot be used.", why=f"It lacks {newer[:12]}.")
        return found

    def _pushes(self, branch: str, newer: str, older: str | None, is_closed: bool) -> list[Push]:
        question = Question(f"read the pushes to {branch}", "/events", (("action", "pushed"), ("sort", "desc")))
        last, sha = ("commit_from", older) if older else ("commit_to", newer)

        def is_ours(event: Fields) -> bool:
            data = event.inner("push_data")
            return data is not None and data.text("ref_type") == "branch" and data.text("ref") == branch

        events = self._api.pages(question, enough=lambda event: is_ours(event) and _sha(event, last) == sha)
        return [
            Push(
                _sha(event, "commit_from"),
                _sha(event, "commit_to"),
                is_closed,
                self._people.person(event.inner("author")),
            )
            for event in events
            if is_ours(event)
        ]

    def _is_closed(self, branch: str) -> bool:
        """Whether nobody may push to the branch, so that whatever is on it was merged by GitLab.

        Of several rules that fit a branch the most permissive one holds.
        """
        rules = self._api.pages(Question("read the protected branches", "/protected_branches"))
        fitting = [rule for rule in rules if _names(rule.text("name"), branch)]
        return bool(fitting) and all(map(_forbids_pushes, fitting))


def _open(branch: str) -> str:
    return (
        f"{branch} lets people push, and GitLab does not tell a push from a merge of its own; set, in "
        "Settings > Repository > Protected branches, `Allowed to push and merge` to `No one`"
    )


def _names(pattern: str, branch: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), branch))


def _forbids_pushes(rule: Fields) -> bool:
    levels = rule.list("push_access_levels")
    return bool(levels) and rule.values.get("allow_force_push") is False and all(map(_is_no_one, levels))


def _is_no_one(level: Fields) -> bool:
    # user_id, group_id, deploy_key_id, member_role_id: whoever it is, somebody may push, whatever the level says
    named = any(name.endswith("_id") and value is not None for name, value in level.values.items())
    return level.values.get("access_level") == 0 and not named


def _merged(request: Fields) -> Merged:
    """A merge request lands as a merge commit, a squashed commit, both, or, fast-forwarded, as its own head."""
    names = ("merge_commit_sha", "squash_commit_sha")
    made = {request.commit(name) for name in names if request.commit(name)}
    head = request.commit("sha")
    return Merged(request.number("iid"), head, frozenset(made or {head}), request)


def _sha(event: Fields, name: str) -> str:
    return event.must("push_data").text(name)

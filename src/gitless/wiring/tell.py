"""Tells the platform what a run did: one comment under its request, and a deployment or a status. It never fails a job.

Whatever keeps it from writing becomes a notice: a sentence for people, with what to do, and YAML to paste where a right
is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gitless.ci.answers import GapError
from gitless.ci.detect import detect
from gitless.ci.event import read_event
from gitless.ci.merge_request import read_merge_request
from gitless.ci.sticky import Board, keep_one
from gitless.errors import GitlessError
from gitless.model.approval import Gap
from gitless.model.delivery import Delivery
from gitless.model.run import CiRun
from gitless.model.secret import Secret
from gitless.report.comment import GITHUB_LIMIT, GITLAB_LIMIT, compose, mark
from gitless.web.patience import Patience

if TYPE_CHECKING:
    from gitless.ci.github_api import GitHubApi

DEPLOYMENTS = ("none", "status", "deployment")
_PATIENCE = Patience(attempts=4, total_seconds=90.0)  # a secondary rate limit asks for a minute
_FOREIGN = "No {} is written: this pull request comes from a fork or from Dependabot, whose jobs may not write."
_NO_TOKEN = "Give it to the step:\nenv:\n  GITHUB_TOKEN: ${{ github.token }}"  # noqa: S105  # a text


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants to be told about.

    Attributes:
        verb: What was run: `publish`.
        key: What tells its comment from others under the same request: the channel or environment; may be empty.
        comment: Whether to write a comment under the pull or merge request.
        deployment: What to write about the commit.
    """

    verb: str
    key: str
    comment: bool = False
    deployment: Literal["none", "status", "deployment"] = "none"


def tell(
    env: Mapping[str, str],
    asked: Asked,
    markdown: str,
    delivery: Delivery | None = None,
    patience: Patience = _PATIENCE,
) -> tuple[str, ...]:
    """Tell the platform.

    Args:
        env: The environment of the job.
        asked: What is wanted.
        markdown: The report, with all foreign text in it escaped: what the job's summary holds.
        delivery: What was brought where; None where nothing was, as in a dry run.
        patience: Limits and retry of one request.

    Returns:
        Notices: what could not be written and why, and what was tidied up. They may quote the platform's words.
    """
    works: list[Callable[[_Job], tuple[str, ...]]] = []
    if asked.comment:
        works.append(lambda job: _comment(job, asked, markdown))
    if asked.deployment != "none" and delivery:
        works.append(lambda job: _deliver(job, asked, delivery))
    try:
        run = detect(env) if works else None
    except GitlessError as error:
        return (str(error),)
    return tuple(notice for work in works for notice in _heard(work, _Job(env, run, patience))) if run else ()


@dataclass(frozen=True)
class _Job:
    env: Mapping[str, str] = field(repr=False)
    run: CiRun
    patience: Patience

    @property
    def where(self) -> str:
        place = "in the job's summary" if self.run.platform == "github" else "with the job"
        return f"The report is {place}: {self.run.run_url}"


def _heard(work: Callable[[_Job], tuple[str, ...]], job: _Job) -> tuple[str, ...]:
    """What a work has to say, its failure included."""
    try:
        return work(job)
    except GapError as error:
        return (_lines(error.gap.reason, job.where, error.gap.hint),)
    except GitlessError as error:
        return (_lines(error.what, error.why, job.where, error.hint),)


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


# -- comments -------------------------------------------------------------------------------------------------------


def _comment(job: _Job, asked: Asked, markdown: str) -> tuple[str, ...]:
    is_github = job.run.platform == "github"
    board = _github_board(job) if is_github else _gitlab_board(job)
    if board is None:
        return ()
    first = mark(asked.verb, asked.key)
    limit = GITHUB_LIMIT if is_github else GITLAB_LIMIT
    removed = keep_one(board, first, compose(first, markdown, limit, job.run.run_url))
    if not removed:
        return ()
    numbers = ", ".join(map(str, removed))
    return (f"Removed comments of ours beside the oldest one ({numbers}): two jobs had written at the same time.",)


def _github_board(job: _Job) -> Board | None:
    """The comments of this run's pull request; None where there is none.

    Raises:
        GapError: They are left alone.
    """
    event = read_event(job.env)
    if event.is_privileged:
        raise _gap(
            f"No comment is written on {event.name}: such a run has the repository's rights and serves whoever "
            "started it.",
            "Run the workflow on pull_request.",
        )
    if event.is_foreign:
        raise _gap(_FOREIGN.format("comment"))
    if event.number is None:
        return None
    from gitless.ci.github_comments import GitHubComments

    return GitHubComments(_github(job, "comment"), event.number)


def _gitlab_board(job: _Job) -> Board | None:
    """The notes of this pipeline's merge request; as `_github_board`."""
    request, token, run = read_merge_request(job.env), job.env.get("GITLESS_GITLAB_TOKEN"), job.run
    if request is None:
        return None
    if request.is_foreign:
        raise _gap("No note is written: this merge request comes from a fork, whose jobs may not write.")
    from gitless.ci.gitlab_api import GitLabApi
    from gitless.ci.gitlab_notes import NOTE_HINT, GitLabNotes

    if not token:
        raise _gap(
            "No note is written: the job has no GITLESS_GITLAB_TOKEN, and GitLab's job token may not write notes.",
            NOTE_HINT,
        )
    api = GitLabApi(run.api_url, run.repository_id, Secret(token), job.env, is_job_token=False, patience=job.patience)
    return GitLabNotes(api, request.number)


# -- deliveries -----------------------------------------------------------------------------------------------------


def _deliver(job: _Job, asked: Asked, delivery: Delivery) -> tuple[str, ...]:
    if job.run.platform == "gitlab":
        raise _gap(
            f"No {asked.deployment} is written on GitLab: its job token may not. The job's `environment:` makes the "
            "deployment.",
            f"environment:\n  name: {delivery.environment}",
        )
    if read_event(job.env).is_foreign:
        raise _gap(_FOREIGN.format(asked.deployment))
    from gitless.ci.github_deployments import GitHubDeployments

    deployments = GitHubDeployments(_github(job, asked.deployment), job.run)
    if asked.deployment == "deployment":
        deployments.record(delivery)
    else:
        deployments.set_status(delivery)
    return ()


def _github(job: _Job, what: str) -> GitHubApi:
    from gitless.ci.github_api import GitHubApi

    token = job.env.get("GITHUB_TOKEN")
    if not token:
        raise _gap(f"No {what} is written: the job has no GITHUB_TOKEN.", _NO_TOKEN)
    return GitHubApi(job.run.api_url, job.run.repository, Secret(token), job.env, job.patience)


def _gap(reason: str, hint: str = "") -> GapError:
    return GapError(Gap(reason, hint))

"""The deployment this job makes, and who approved it; the job token suffices (GitLab REST API, deployments)."""

from __future__ import annotations

from collections.abc import Iterable

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import IS_PROGRAM
from gitless.ci.gitlab_api import GitLabApi
from gitless.ci.gitlab_people import person_of
from gitless.model.approval import Approval, Decisions, Gap, Person, State
from gitless.model.run import CiRun

_STATES: dict[str, State] = {"approved": "approved", "rejected": "rejected"}


class Deployments:
    """Reads what was decided about one job.

    Args:
        by_job: How to ask with the job token.
        by_owner: How to ask with a token of one's own; only it may read who started the pipeline.
        platform: Host of the server.
        job: The number of this job.
        run: The run.
    """

    def __init__(self, by_job: GitLabApi, by_owner: GitLabApi | None, platform: str, job: str, run: CiRun) -> None:
        self._api, self._owner, self._platform, self._job, self._run = by_job, by_owner, platform, job, run

    def decisions(self, environment: str) -> Decisions:
        """See `ports.ApprovalSource.decisions`; without an environment there is nobody but who asked.

        Raises:
            RemoteError: GitLab failed.
        """
        requesters: tuple[Person, ...] = ()
        try:
            requesters = self._requesters()
            return Decisions(requesters, self._approvals(environment) if environment else ())
        except GapError as error:
            return Decisions(requesters, gaps=(error.gap,))

    def _approvals(self, environment: str) -> tuple[Approval, ...]:
        number = self._find(environment)
        deployment = self._api.get(Question("read this job's deployment", f"/deployments/{number}"))
        self._check(deployment, environment)
        if not isinstance(deployment.values.get("approvals"), list):
            raise GapError(
                Gap(
                    f"GitLab tells of no approvals of the deployment to {environment}.",
                    "Protect the environment and set who must approve (GitLab Premium): "
                    "Settings > CI/CD > Protected environments.",
                )
            )
        return tuple(self._words(deployment.list("approvals"), self._allowed(deployment)))

    def _requesters(self) -> tuple[Person, ...]:
        """Who started the job, and who its pipeline."""
        job = self._api.get(Question("read this job", "/job"), beyond=True)
        if str(job.number("id")) != self._job or job.must("pipeline").commit("sha") != self._run.commit:
            raise GapError(Gap("The job token is of another job or commit.", "Check that CI_JOB_ID is the job's own."))
        accounts = [job.inner("user")]
        if self._owner:
            number = job.must("pipeline").number("id")
            pipeline = self._owner.get(Question("read who started the pipeline", f"/pipelines/{number}"))
            accounts.append(pipeline.inner("user"))
        found = [person_of(account, self._platform) for account in accounts]
        if not all(found):
            raise GapError(Gap(f"GitLab does not say who started job {self._job}.", "Start a new pipeline."))
        return tuple(dict.fromkeys(person for person in found if person))

    def _find(self, environment: str) -> int:
        """The deployment of this very job: no other, however like it that is."""
        question = Question(
            "list this environment's deployments",
            "/deployments",
            (("environment", environment), ("order_by", "id"), ("sort", "desc")),
        )
        found = self._api.pages(question, enough=self._is_ours)
        number = next((item.number("id") for item in found if self._is_ours(item)), None)
        if number is None:
            reason = f"Job {self._job} deploys to no environment {environment}."
            raise GapError(Gap(reason, f"Add to the job:\nenvironment:\n  name: {environment}"))
        return number

    def _is_ours(self, deployment: Fields) -> bool:
        job = deployment.inner("deployable")
        return job is not None and str(job.number("id")) == self._job

    def _check(self, deployment: Fields, environment: str) -> None:
        fits = (
            self._is_ours(deployment)
            and deployment.must("environment").text("name") == environment
            and deployment.commit("sha") == self._run.commit
        )
        if not fits:
            reason = f"The deployment of job {self._job} is of another environment or commit than this job."
            raise GapError(Gap(reason, "Check that CI_JOB_ID is the job's own."))

    def _words(self, words: Iterable[Fields], allowed: frozenset[Person] | None) -> Iterable[Approval]:
        for word in words:
            state, account = _STATES.get(word.text("status")), word.inner("user")
            person = person_of(account, self._platform)
            if state is None or person is None or account is None:
                continue
            flaw = _flaw(state, person, account, allowed)
            yield Approval(
                person, "deployment", state, word.moment("created_at"), self._run.commit, self._run.run_url, flaw
            )

    def _allowed(self, deployment: Fields) -> frozenset[Person] | None:
        """Whom the environment's approval rules let approve; None where it has no rules of its own."""
        summary = deployment.inner("approval_summary")
        if summary is None or not summary.list("rules"):
            return None
        words = [word for rule in summary.list("rules") for word in rule.list("deployment_approvals")]
        return frozenset(
            person for person in (person_of(word.inner("user"), self._platform) for word in words) if person
        )


def _flaw(state: State, person: Person, account: Fields, allowed: frozenset[Person] | None) -> str:
    if state == "rejected":
        return "rejected the deployment"
    if account.text("state") != "active":
        return "has an account that is not active"
    if person.is_bot:
        return IS_PROGRAM
    if allowed is not None and person not in allowed:
        return "is named by no approval rule of the environment"
    return ""

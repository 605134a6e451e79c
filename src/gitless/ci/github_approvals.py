"""Approvals, authors and checks as GitHub tells them; implements the port `ApprovalSource`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlsplit

from gitless.ci.answers import Fields, GapError, Question
from gitless.ci.authorship import IS_PROGRAM
from gitless.ci.github_api import GitHubApi
from gitless.ci.github_changes import GitHubChanges
from gitless.ci.github_people import People
from gitless.model.approval import Approval, Changes, CheckResult, CheckResults, Decisions, Gap, Person, State
from gitless.model.run import CiRun

_STATES: dict[str, State] = {"approved": "approved", "rejected": "rejected"}
_ANEW = "Start the workflow anew."


class GitHubApprovals:
    """Reads what people decided about one run and one repository.

    Args:
        api: How to ask.
        run: The run; its number, commit and repository id must be those of the verified token.
    """

    def __init__(self, api: GitHubApi, run: CiRun) -> None:
        self._api, self._run = api, run
        self._people = People(api, urlsplit(run.repository_url).hostname or "")
        self._changes = GitHubChanges(api, self._people, run.repository_id)

    def decisions(self, environment: str) -> Decisions:
        """See `ports.ApprovalSource`: the reviews of this run's environments, which carry no time."""
        requesters: tuple[Person, ...] = ()
        try:
            run = self._read_run()
            requesters = self._requesters(run)
            if not environment:
                return Decisions(requesters)
            stale = self._stale(run)
            question = Question(
                "read the approvals of this run",
                f"/actions/runs/{self._run.run_id}/approvals",
                need="actions",
                is_paged=False,
            )
            words = [word for word in self._api.pages(question) if _STATES.get(word.text("state"))]
            return Decisions(requesters, tuple(self._weighed(words, environment, stale)))
        except GapError as error:
            return Decisions(requesters, gaps=(error.gap,))

    def changes(self, older: str | None, newer: str, branch: str) -> Changes:
        """See `ports.ApprovalSource`."""
        try:
            return self._changes.between(older, newer, branch)
        except GapError as error:
            return Changes(older or "", newer, gaps=(error.gap,))

    def checks(self, commit: str) -> CheckResults:
        """See `ports.ApprovalSource`: check runs of every app, and commit statuses, which name none."""
        try:
            return CheckResults(commit, (*self._check_runs(commit), *self._statuses(commit)))
        except GapError as error:
            return CheckResults(commit, gaps=(error.gap,))

    def _read_run(self) -> Fields:
        run = self._api.get(Question("read this run", f"/actions/runs/{self._run.run_id}", need="actions"))
        here = str(run.must("repository").number("id")) == self._run.repository_id
        if not here or run.commit("head_sha") != self._run.commit:
            reason = f"Run {self._run.run_id} is of another repository or commit than this job."
            raise GapError(Gap(reason, "Check that GITHUB_RUN_ID is the job's own."))
        return run

    def _requesters(self, run: Fields) -> tuple[Person, ...]:
        found = [self._people.person(run.inner(name)) for name in ("actor", "triggering_actor")]
        if not all(found):
            raise GapError(Gap(f"GitHub does not say who started run {self._run.run_id}.", _ANEW))
        return tuple(dict.fromkeys(person for person in found if person))

    def _stale(self, run: Fields) -> str:
        """Why approvals may be of an earlier attempt that was about something else; empty when they are not.

        GitHub lists the approvals of all attempts together and without a time. They are all about the same thing where
        no job that had succeeded ran again: what this job was given is then what it was given before.
        """
        if run.number("run_attempt") == 1:
            return ""
        question = Question(
            "read the jobs of this run",
            f"/actions/runs/{self._run.run_id}/jobs",
            (("filter", "all"),),
            need="actions",
        )
        succeeded: dict[str, set[datetime | None]] = {}
        started: dict[str, set[datetime | None]] = {}
        for job in self._api.pages(question, "jobs"):
            name, at = job.text("name"), job.moment("started_at")
            started.setdefault(name, set()).add(at)
            if job.text("conclusion") == "success":
                succeeded.setdefault(name, set()).add(at)
        # a job that did not run again may be listed once more, with its first start
        if all(len(started[name]) == 1 for name in succeeded):
            return ""
        return "approved a run in which jobs that had succeeded ran again, and GitHub does not say when"

    def _weighed(self, words: Iterable[Fields], environment: str, stale: str) -> Iterable[Approval]:
        # the names of environments do not differ in case
        here = [(word, _is_about(word, environment)) for word in words]
        against = {self._people.person(word.must("user")) for word, about in here if about and _is_no(word)}
        for word, about in here:
            person = self._people.person(word.must("user"))
            if person is None:
                continue
            flaw = _flaw(word, person, about, person in against) or stale
            yield Approval(person, "environment", _STATES[word.text("state")], url=self._run.run_url, flaw=flaw)

    def _check_runs(self, commit: str) -> list[CheckResult]:
        question = Question(
            f"read the checks of {commit[:12]}", f"/commits/{commit}/check-runs", (("filter", "latest"),), "checks"
        )
        latest: dict[tuple[str, int | None], tuple[int, CheckResult]] = {}
        for run in self._api.pages(question, "check_runs"):
            app = run.inner("app")
            done = run.text("status") == "completed"
            result = CheckResult(
                run.text("name"),
                app.number("id") if app else None,
                (run.text("conclusion") if done else "") or "pending",
                run.url("html_url"),
            )
            key, number = (result.name, result.app_id), run.number("id")
            if run.commit("head_sha") == commit and (key not in latest or number > latest[key][0]):
                latest[key] = (number, result)
        return [result for _, result in latest.values()]

    def _statuses(self, commit: str) -> list[CheckResult]:
        question = Question(
            f"read the statuses of {commit[:12]}", f"/commits/{quote(commit)}/statuses", need="statuses"
        )
        latest: dict[str, tuple[int, CheckResult]] = {}
        for status in self._api.pages(question):
            name, number = status.text("context"), status.number("id")
            if name not in latest or number > latest[name][0]:
                latest[name] = (number, CheckResult(name, None, status.text("state"), status.url("target_url")))
        return [result for _, result in latest.values()]


def _is_about(word: Fields, environment: str) -> bool:
    return environment.lower() in {named.text("name").lower() for named in word.list("environments")}


def _is_no(word: Fields) -> bool:
    return word.text("state") == "rejected"


def _flaw(word: Fields, person: Person, about: bool, has_rejected: bool) -> str:
    if not about:
        names = ", ".join(named.text("name")[:60] for named in word.list("environments"))
        return f"spoke of another environment ({names})"
    if _is_no(word):
        return "rejected the deployment"
    if has_rejected:
        return "also rejected this run, and GitHub does not say which came last"
    return IS_PROGRAM if person.is_bot else ""

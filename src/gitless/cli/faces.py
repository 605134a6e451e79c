"""The platforms that run steps: what a verb has to say, told where each of them looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from gitless.cli.output import report_error, show
from gitless.errors import GitlessError, UsageError
from gitless.report.commands import Annotation, notices
from gitless.report.foreign import log_line
from gitless.report.record import error_record, to_json
from gitless.report.verdicts import error_summary

if TYPE_CHECKING:
    from gitless.ci.github_step import Step
    from gitless.ci.gitlab_reports import Reports
    from gitless.cli.told import Told


class Face(Protocol):
    """A platform, for one verb."""

    def prepare(self) -> None:
        """Make ready, before anything else is done.

        Raises:
            UsageError: The checkout is in the way.
        """

    def deaf(self) -> AbstractContextManager[None]:
        """Let the platform obey nothing that is printed meanwhile: it may be foreign."""

    def tell(self, told: Told, *, summary: bool) -> None:
        """Tell a result.

        Args:
            told: The result.
            summary: Whether to write the job's summary.

        Raises:
            UsageError: One of the platform's files cannot be written.
        """

    def fail(self, error: GitlessError) -> None:
        """Tell why there is no result."""


class GitHubFace:
    """A step of a GitHub job: outputs, annotations and the job's summary.

    Args:
        step: The step.
        verb: The verb.
    """

    def __init__(self, step: Step, verb: str) -> None:
        self._step, self._verb = step, verb

    def prepare(self) -> None:
        """As `Face.prepare`; a step's files are the runner's, and new."""

    def deaf(self) -> AbstractContextManager[None]:
        """As `Face.deaf`."""
        return self._step.deaf()

    def tell(self, told: Told, *, summary: bool) -> None:
        """As `Face.tell`."""
        path = self._step.keep(f"gitless-{self._verb}", to_json(dict(told.record)))
        self._step.set_outputs({**told.outputs, "json": str(path)})
        self._step.annotate([*told.annotations, *notices(self._verb, told.notices)])
        if summary:
            self._step.summarize(told.summary)

    def fail(self, error: GitlessError) -> None:
        """As `Face.fail`."""
        if not self._step.listens:  # else the platform prints the annotation in the log as well
            report_error(error)
        self._step.annotate([Annotation.of_error(f"gitless {self._verb}", error)])
        with suppress(UsageError):  # the error is told already
            self._step.summarize(error_summary(self._verb, error))


class GitLabFace:
    """A job of GitLab CI: report files, none of which takes a token, and the log.

    Args:
        reports: The folder of reports.
        verb: The verb.
    """

    def __init__(self, reports: Reports, verb: str) -> None:
        self._reports, self._verb = reports, verb

    def prepare(self) -> None:
        """As `Face.prepare`."""
        self._reports.prepare()

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """As `Face.deaf`; GitLab's log knows no commands but those that begin with an escape character."""
        yield

    def tell(self, told: Told, *, summary: bool) -> None:
        """As `Face.tell`."""
        from gitless.ci.gitlab_reports import JUNIT, LINKS, OUTPUTS, QUALITY, RESULT, SUMMARY
        from gitless.report.gitlab import code_quality, dotenv, junit, links

        show(line for notice in told.notices if notice for line in log_line(f"note: {notice}").split("\n"))
        reports = self._reports
        files = {"Result as JSON": reports.write(RESULT, to_json(dict(told.record)) + "\n")}
        reports.write(OUTPUTS, dotenv(self._verb, {**told.outputs, "json": files["Result as JSON"]}))
        reports.write(JUNIT, junit(self._verb, told.cases))
        reports.write(QUALITY, code_quality(told.findings, "gitless.yaml"))
        if summary:
            files["Summary"] = reports.write(SUMMARY, f"{told.summary}\n")
        if told.outputs.get("html"):
            files["History"] = told.outputs["html"]
        named = [(f"{label}: {self._verb}", reports.address(path)) for label, path in files.items()]
        reports.write(LINKS, links(named))

    def fail(self, error: GitlessError) -> None:
        """As `Face.fail`."""
        from gitless.ci.gitlab_reports import JUNIT, RESULT, SUMMARY
        from gitless.model.case import Case
        from gitless.report.gitlab import junit

        report_error(error)
        with suppress(UsageError):  # the error is told already
            self._reports.prepare()  # a part of a result may stand there
            self._reports.write(SUMMARY, error_summary(self._verb, error))
            self._reports.write(JUNIT, junit(self._verb, [Case("gitless", self._verb, "failed", str(error))]))
            self._reports.write(RESULT, to_json(error_record(self._verb, error)) + "\n")


def open_face(env: Mapping[str, str], verb: str, say: Callable[[str], None]) -> Face:
    """The platform this process runs on; outside of CI, a step that nobody listens to."""
    if env.get("GITLAB_CI") == "true":
        from gitless.ci.gitlab_reports import Reports

        return GitLabFace(Reports(env, verb), verb)
    from gitless.ci.github_step import Step

    return GitHubFace(Step(env, say), verb)

"""The step of a GitHub job: its outputs, its annotations, its summary, and the log while foreign text is printed."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from gitless.errors import UsageError
from gitless.report.commands import Annotation, file_command, within_budget

Say = Callable[[str], None]


class Step:
    """What a step tells its platform; outside of GitHub Actions it tells nobody.

    Args:
        env: The environment.
        say: Prints one line to the log.
    """

    def __init__(self, env: Mapping[str, str], say: Say) -> None:
        self._env, self._say = env, say
        self.listens = env.get("GITHUB_ACTIONS") == "true"

    def set_outputs(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step.

        Raises:
            UsageError: The platform's file cannot be written.
        """
        entries = [file_command(name, value, f"gitless-{secrets.token_hex(16)}") for name, value in values.items()]
        self._append("GITHUB_OUTPUT", "".join(entries))

    def summarize(self, text: str) -> None:
        """Add to the job's summary.

        Raises:
            UsageError: The platform's file cannot be written.
        """
        self._append("GITHUB_STEP_SUMMARY", f"{text}\n")

    def annotate(self, annotations: Iterable[Annotation]) -> None:
        """Show messages beside the log, as many as the platform keeps."""
        if self.listens:
            for annotation in within_budget(list(annotations)):
                self._say(str(annotation))

    @contextlib.contextmanager
    def deaf(self) -> Iterator[None]:
        """Let the platform obey nothing that is printed meanwhile: it may be foreign."""
        if not self.listens:
            yield
            return
        token = secrets.token_hex(16)
        self._say(f"::stop-commands::{token}")
        try:
            yield
        finally:
            self._say(f"::{token}::")

    def keep(self, name: str, content: str) -> Path:
        """Write a file for later steps, below the job's folder for temporary files.

        Raises:
            UsageError: It cannot be written.
        """
        folder = self._env.get("RUNNER_TEMP") or tempfile.gettempdir()
        try:
            handle, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".json", dir=folder)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(content)
        except OSError as error:
            raise UsageError("The result's file cannot be written.", why=error.strerror or "") from error
        return Path(path)

    def _append(self, variable: str, text: str) -> None:
        target = self._env.get(variable)
        if not target:
            return
        try:
            with Path(target).open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise UsageError(f"{variable} cannot be written.", why=error.strerror or "") from error

"""Runs git plumbing: argv list, deadline, no hooks, no pager, no prompt, and none of the caller's GIT_* variables."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitless.errors import RemoteError, UsageError
from gitless.model.redaction import redact
from gitless.model.secret import Secret

TIMEOUT_SECONDS = 60.0
MAX_OUTPUT_BYTES = 16 * 1024 * 1024
_SAFE = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "log.showSignature=false",
    "status.renames=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_VARIABLES = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # replacement objects would let refs of a hostile clone rewrite what history says
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said.

    Attributes:
        status: Exit status.
        output: stdout, at most MAX_OUTPUT_BYTES.
        messages: stderr, redacted.
    """

    status: int
    output: bytes
    messages: str

    @property
    def line(self) -> str:
        """The output as one line of text."""
        return self.output.decode("utf-8", "replace").strip()


class GitCommand:
    """git, in one working tree.

    Args:
        root: The folder git runs in. This very folder is named as safe, since CI jobs often run as another user than
            the one that cloned; folders above it are not.
        env: The environment: PATH, HOME, proxies and the SSH agent are passed on, every GIT_* variable is not.
    """

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root = root
        self._env = {key: value for key, value in env.items() if not key.upper().startswith("GIT_")} | _VARIABLES
        settings = (*_SAFE, f"safe.directory={os.path.abspath(root)}")
        self._options = [word for setting in settings for word in ("-c", setting)]

    def run(
        self, *arguments: str, timeout: float = TIMEOUT_SECONDS, secrets: Mapping[str, Secret] | None = None
    ) -> Answer:
        """Run one command to its end.

        Args:
            arguments: Subcommand and arguments; the caller checks what comes from outside.
            timeout: Seconds.
            secrets: Settings for this command that must not be seen in the list of processes.

        Raises:
            UsageError: git is not installed, or it prints more than MAX_OUTPUT_BYTES.
            RemoteError: It did not end in time.
        """
        program = shutil.which("git", path=self._env.get("PATH", ""))
        if program is None or not os.path.isabs(program):
            raise UsageError("git is not installed.", hint="Install git, or give --source, --revision and --created.")
        argv = [program, *self._options, "--no-pager", *arguments]
        # files instead of pipes: a helper process that git leaves behind cannot keep us waiting for its end
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(  # noqa: S603 - an argv list, no shell
                argv,
                cwd=self._root,
                env=self._env | _settings(secrets or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=messages,
                start_new_session=True,
            )
            status = _wait(process, arguments[0], timeout)
            output.seek(0)
            messages.seek(0)
            content = output.read(MAX_OUTPUT_BYTES + 1)
            text = redact(messages.read(64 * 1024).decode("utf-8", "replace").strip(), 1000)
        if len(content) > MAX_OUTPUT_BYTES:
            raise UsageError(f"git {arguments[0]} printed more than {MAX_OUTPUT_BYTES} bytes.")
        return Answer(status, content, text)


def _settings(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Settings as variables, which git reads since 2.31."""
    if not secrets:
        return {}
    named = {"GIT_CONFIG_COUNT": str(len(secrets))}
    for number, (key, value) in enumerate(secrets.items()):
        named |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value.reveal()}
    return named


def _wait(process: subprocess.Popen[bytes], name: str, timeout: float) -> int:
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise RemoteError(f"git {name} did not end within {timeout:g} seconds.", temporary=True) from error
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

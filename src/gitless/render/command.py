"""Runs a renderer: argv list, no shell, a deadline, limits on what it may print, and nothing of our environment."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gitless.errors import CheckError, UsageError
from gitless.model.tree import MAX_FILE_BYTES

TIMEOUT_SECONDS = 120.0
MAX_STDERR_BYTES = 64 * 1024
_CHUNK = 64 * 1024
# a renderer has no business on the network: what slips through the structural checks ends at a closed port
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a finished command left.

    Attributes:
        status: Exit status; negative for a signal.
        output: Everything it wrote to stdout.
        messages: The beginning of what it wrote to stderr.
    """

    status: int
    output: bytes
    messages: str


def clean_environment(path: str, home: Path) -> dict[str, str]:
    """Build the only environment a renderer sees: no token, no kubeconfig, no plugin, no network.

    Args:
        path: Value of PATH, for tools that are wrapper scripts.
        home: An empty folder that stands in for the home directory and every Helm folder.
    """
    folders = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "HELM_REPOSITORY_CACHE")
    xdg = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR", "HOME")
    files = ("HELM_REGISTRY_CONFIG", "HELM_REPOSITORY_CONFIG", "KUBECONFIG", "DOCKER_CONFIG")
    environment = {name: str(home) for name in (*folders, *xdg)}
    environment.update({name: str(home / "absent") for name in files})
    environment.update(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE))
    environment.update({"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"})
    return {**environment, "PATH": path, "LC_ALL": "C", "TZ": "UTC"}


def run(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout: float = TIMEOUT_SECONDS,
    max_output: int = MAX_FILE_BYTES,
) -> Completed:
    """Run a program to its end; it and its children are killed when it breaks a limit.

    Args:
        argv: Absolute path of the program and its arguments.
        folder: Working directory.
        environment: The whole environment.
        timeout: Seconds until it is killed.
        max_output: Bytes of stdout; an output becomes one file of the artifact, whose limit this is.

    Raises:
        UsageError: It cannot be started.
        CheckError: It ran too long or printed too much.
    """
    name = os.path.basename(argv[0])
    deadline = time.monotonic() + timeout
    try:
        process = subprocess.Popen(  # noqa: S603 - an argv list, found on PATH by absolute name
            list(argv),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"{name} could not be started.", why=error.strerror or type(error).__name__) from error
    try:
        output, messages = _collect(process, deadline, max_output)
        status = process.wait(timeout=max(deadline - time.monotonic(), 0.1))
    except (_TooMuchError, TimeoutError, subprocess.TimeoutExpired) as error:
        raise _limit_error(name, error, timeout, max_output) from error
    finally:
        _end(process)
    return Completed(status, output, messages.decode("utf-8", "replace"))


class _TooMuchError(Exception):
    """stdout went over its limit."""


def _limit_error(name: str, error: Exception, timeout: float, max_output: int) -> CheckError:
    if isinstance(error, _TooMuchError):
        return CheckError(f"{name} printed more than {max_output // (1024 * 1024)} MiB and was stopped.")
    return CheckError(f"{name} did not finish within {timeout:g} seconds and was stopped.")


def _collect(process: subprocess.Popen[bytes], deadline: float, max_output: int) -> tuple[bytes, bytes]:
    output, messages = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream, kept in ((process.stdout, output), (process.stderr, messages)):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, kept)
        while selector.get_map():
            ready = selector.select(timeout=max(deadline - time.monotonic(), 0))
            if time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk if key.data is output else chunk[: MAX_STDERR_BYTES - len(messages)])
            if len(output) > max_output:
                raise _TooMuchError
    return bytes(output), bytes(messages)


def _end(process: subprocess.Popen[bytes]) -> None:
    # also after a good end: a child left behind in the group must not outlive the run
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    streams: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
    for stream in streams:
        if stream is not None:
            stream.close()

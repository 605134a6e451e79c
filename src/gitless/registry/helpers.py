"""Asks docker credential helpers (`docker-credential-NAME get`): no shell, a time limit, each asked once."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future

from gitless.errors import RemoteError, UsageError
from gitless.model.secret import Secret
from gitless.registry.wire import printable

HELPER_SECONDS = 15.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_ABSENT = "credentials not found"


class Helpers:
    """Asks each helper for each server once in a run, however many threads and repositories want to know.

    What failed stays failed: a helper that hung until its time was up would hang again.

    Args:
        seconds: How long a helper may take.
    """

    def __init__(self, seconds: float = HELPER_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], Future[tuple[str, Secret] | None]] = {}

    def __call__(self, name: str, key: str, env: Mapping[str, str]) -> tuple[str, Secret] | None:
        """As `ask_helper`; whoever comes second waits for the first one's answer.

        Args:
            name: The helper's name.
            key: The server to ask for.
            env: The environment of the run.

        Raises:
            UsageError: As `ask_helper`.
            RemoteError: As `ask_helper`.
        """
        with self._lock:
            known = self._answers.get((name, key))
            answer = self._answers.setdefault((name, key), Future())
        if known is None:
            try:
                answer.set_result(ask_helper(name, key, env, self._seconds))
            except BaseException as error:  # whoever waits gets it, whatever it is
                answer.set_exception(error)
        return answer.result()


def ask_helper(
    name: str, key: str, env: Mapping[str, str], seconds: float = HELPER_SECONDS
) -> tuple[str, Secret] | None:
    """Ask a helper for a server's user name and secret; None when it knows none.

    Args:
        name: The helper's name as docker's file writes it, without `docker-credential-`.
        key: The server to ask for.
        env: The environment it is found in and started with.
        seconds: How long it may take.

    Raises:
        UsageError: The name is no plain name, or the helper is not installed.
        RemoteError: It failed, hung or answered with something else.
    """
    program = shutil.which(f"docker-credential-{name}", path=env.get("PATH")) if _NAME.fullmatch(name) else None
    # a relative entry of PATH would find it in the foreign checkout that we run in
    if program is None or not os.path.isabs(program):
        raise UsageError(
            f"The docker config names the credential helper {name[:60]!r}, which is not installed.",
            hint=f"Install docker-credential-{printable(name[:60])}, or take it out of the docker config.",
        )
    output, status = _run(program, name, key, env, seconds)
    if status != 0:
        if _ABSENT in output.lower():
            return None
        # its words may hold what it was asked to keep, so they are not repeated
        raise RemoteError(f"The credential helper {name} failed with status {status}.", hint=f"Asked for: {key}")
    try:
        answer = json.loads(output)
        user, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError) as error:
        raise RemoteError(f"The credential helper {name} did not answer as docker's protocol asks.") from error
    if not isinstance(user, str) or not isinstance(secret, str):
        raise RemoteError(f"The credential helper {name} did not answer as docker's protocol asks.")
    return (user, Secret(secret)) if user and secret else None


def _run(program: str, name: str, key: str, env: Mapping[str, str], seconds: float) -> tuple[str, int]:
    with subprocess.Popen(  # noqa: S603 - an argv list, found on PATH under a checked name
        [program, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(env),
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(key.encode(), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            # its children hold the pipes open, so the whole group goes
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise RemoteError(
                f"The credential helper {name} did not answer within {seconds:.0f} s and was stopped.",
                hint="Run it by hand, or set GITLESS_REGISTRY_HOST, _USERNAME and _PASSWORD.",
            ) from error
    return output[:65536].decode("utf-8", "replace"), process.returncode

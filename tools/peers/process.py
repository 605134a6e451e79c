"""Start a server on loopback, wait until it serves, and end it by its own process id."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nothing listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [handle.getsockname()[1] for handle in sockets]
    for handle in sockets:
        handle.close()
    return ports


def wait_until(condition: Callable[[], bool], what: str | Callable[[], str], seconds: float = 30.0) -> None:
    """Ask again and again until it is so.

    Args:
        condition: What is asked.
        what: What to say when it never was; a function is called only then.
        seconds: How long to wait.

    Raises:
        TimeoutError: It was not so within the time.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds:.0f} s still not: {what if isinstance(what, str) else what()}")
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether anything answers HTTP there, with whatever status."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def answers_ok(url: str) -> bool:
    """Whether it answers with status 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


@functools.cache
def _bound() -> tuple[str, ...]:
    """The command prefix with which a process ends when we do, even if we are killed; empty where there is none."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    prefix = (setpriv, "--pdeathsig", "KILL")
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else ()


class Server:
    """One server process, with its output in a file. Start it from the main thread: it ends with the one it is from.

    Args:
        command: Program and arguments.
        log: Where its output goes.
        env: Variables beside those of this process.
        cwd: The folder it runs in, when not this process's.
    """

    def __init__(
        self, command: list[str], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_bound(), *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=cwd,
                env={**os.environ, **(env or {})},
            )

    def ready(self, condition: Callable[[], bool], seconds: float = 30.0) -> Server:
        """Wait until the condition holds.

        Raises:
            RuntimeError: The process ended, or the time was up; with the end of its output.
        """

        def settled() -> bool:
            return self._process.poll() is not None or condition()

        try:
            wait_until(settled, f"{self.name} serves", seconds)
        except TimeoutError as error:
            self.stop()
            raise RuntimeError(f"{error}\n{self._tail()}") from error
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with code {self._process.returncode}\n{self._tail()}")
        return self

    def logged(self, *words: str) -> bool:
        """Whether one line of its output holds all the words."""
        return any(all(word in line for word in words) for line in self.log.read_text(errors="replace").splitlines())

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> None:
        """End it: by the signal, after five seconds by force."""
        if self._process.poll() is None:
            self._process.send_signal(sent)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

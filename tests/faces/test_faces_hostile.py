"""A first step in a stranger's checkout: the real uv installs the locked wheels there, for every action."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.hostile_workspace import Workspace
from tests.fakes.runner_rules import obeyed
from tools.faces.kept import wheelhouse


class Evil:
    """A package index that nobody should ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.asked))
        self.host = f"127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close it."""
        self._http.shutdown()
        self._http.server_close()


def _handler(asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def evil() -> Iterator[Evil]:
    made = Evil()
    yield made
    made.stop()


@pytest.mark.parametrize("verb", ["publish", "promote", "rollback", "verify", "history", "audit", "setup"])
def test_a_first_step_installs_nothing_that_the_checkout_names(tmp_path: Path, evil: Evil, verb: str) -> None:
    workspace = Workspace(tmp_path, index=evil.host, wheelhouse=str(wheelhouse()))
    key = {"signing_key": str(workspace.repo.keys["publish"])}
    given = {"publish": {"components": "web", **key}, "audit": {"components": "web"}, "history": {"component": "web"}}
    done = workspace.act(verb, **given.get(verb, {}))
    # promote, rollback and verify are told what they lack, by the core, which is installed and running then
    assert done.code == (0 if verb in (*given, "setup") else 2), done.log
    assert {word for word, _ in obeyed(done.log)} <= {"error", "notice"}
    assert "Traceback" not in done.log
    assert workspace.marks() == []
    assert evil.asked == []
    installed = [path.name for path in (workspace.runner / "gitless").glob("*-*/")]
    assert len([name for name in installed if not name.startswith(("uv-", "bin-"))]) == 1
    if verb == "publish":
        _prove_that_it_would_be_asked(workspace, evil)


def _prove_that_it_would_be_asked(workspace: Workspace, evil: Evil) -> None:
    """The same uv, and pip, started in the checkout without what guards them."""
    (uv,) = (workspace.runner / "gitless").glob("uv-*/**/uv")
    target = ("--target", str(workspace.folder / "target"))
    pip = (str(workspace.folder / "tools" / "python3"), "-I", "-m", "pip", "install", "--retries=0")
    for words in ((str(uv), "pip", "install", *target, "click"), (*pip, *target, "click")):
        evil.asked.clear()
        env = {"PATH": "/usr/bin:/bin", "HOME": str(workspace.home)}
        done = subprocess.run(words, cwd=workspace.repo.clone, env=env, capture_output=True, text=True, check=False)
        assert "/simple/click/" in evil.asked, done.stderr

"""The bootstrap with the real uv and the real packages: from an index, from a wheelhouse, many at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.faces.example import anyone
from tools.faces.kept import wheelhouse
from tools.peers.commands import PASSWORD, Tools
from tools.peers.publisher import Repository
from tools.peers.recipes import REPOSITORY


class Watched(SimpleHTTPRequestHandler):
    """An index over the wheelhouse, that writes down what it is asked."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        parts = self.path.strip("/").split("/")
        if parts[0] == "simple":
            return self._page(parts[-1])
        self.path = "/" + parts[-1]
        return super().do_GET()

    def _page(self, project: str) -> None:
        names = [path.name for path in sorted(wheelhouse().iterdir())]
        found = [name for name in names if name.split("-")[0].lower().replace("_", "-").replace(".", "-") == project]
        body = "".join(f'<a href="/files/{name}">{name}</a>' for name in found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    kind = type("Index", (Watched,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: kind(*given, directory=str(wheelhouse())))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a job."""
    (tmp_path / "bin").mkdir()
    # the wheelhouse was made for this interpreter
    (tmp_path / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    (tmp_path / "home").mkdir()
    return {
        "PATH": os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]),
        "HOME": str(tmp_path / "home"),
        "RUNNER_TEMP": str(tmp_path / "runner"),
    }


def start(release: Path, env: dict[str, str], *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(release / "bootstrap" / "run.sh"), *arguments]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=200, check=False)


def test_an_index_with_a_credential_gets_it_and_nothing_shows_it(
    release: Path, machine: dict[str, str], tmp_path: Path, index: tuple[str, list[tuple[str, str | None]]]
) -> None:
    host, asked = index
    env = {**machine, "GITLESS_INPUT_INDEX_URL": f"http://user:s3cret@{host}/simple", "GITHUB_ACTIONS": "true"}
    done = start(release, env, "verify", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("s3cret") == 1  # the command that masks it
    pages = [basic for path, basic in asked if path.startswith("/simple/")]
    assert pages
    assert all(basic for basic in pages)


def test_a_tampered_wheel_is_refused_from_a_wheelhouse_of_the_checkout(
    release: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    house = tmp_path / "house"
    shutil.copytree(wheelhouse(), house)
    click = next(house.glob("click-*.whl"))
    click.write_bytes(next(house.glob("rich-*.whl")).read_bytes())
    done = start(release, {**machine, "GITLESS_WHEELHOUSE": str(house)}, "verify", "--help", cwd=tmp_path)
    assert done.returncode == 3
    assert "dependencies cannot be installed" in done.stderr
    assert not list((tmp_path / "runner" / "gitless").glob("report-*/"))


def test_a_wheelhouse_that_lacks_something_says_so(release: Path, machine: dict[str, str], tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(wheelhouse(), house)
    next(house.glob("click-*.whl")).unlink()
    done = start(release, {**machine, "GITLESS_WHEELHOUSE": str(house)}, "verify", "--help", cwd=tmp_path)
    assert done.returncode == 3
    assert "click" in done.stderr
    assert "The wheelhouse lacks a locked file" in done.stderr


def test_steps_that_start_together_share_one_environment(
    release: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    env = {**machine, "GITLESS_WHEELHOUSE": str(wheelhouse())}
    command = ["sh", str(release / "bootstrap" / "run.sh"), "publish", "--help"]
    together = [
        subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in together:
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    inside = sorted(path.name.split("-")[0] for path in (tmp_path / "runner" / "gitless").iterdir() if path.is_dir())
    assert inside == ["cache", "publish", "uv"]
    # a later step takes what is there, and asks nobody
    later = start(release, {**machine, "GITLESS_WHEELHOUSE": "/nowhere"}, "verify", "--help", cwd=tmp_path)
    assert later.returncode == 0, later.stderr
    assert "report" not in {path.name.split("-")[0] for path in (tmp_path / "runner" / "gitless").iterdir()}


def test_each_set_holds_all_that_its_verbs_need(release: Path, machine: dict[str, str], tmp_path: Path) -> None:
    repository = Repository(tmp_path / "apps")
    repository.copy(REPOSITORY / "examples" / "apps")
    repository.write({"gitless.yaml": anyone(repository.path)})
    repository.commit()
    key = Tools(tmp_path / "tools").generate_key()
    settings = {"GITLESS_WHEELHOUSE": str(wheelhouse()), "GITLESS_REGISTRY": f"oci-layout:{tmp_path / 'store'}"}
    place, public = f"{settings['GITLESS_REGISTRY']}/backend:latest", str(key.with_suffix(".pub"))
    making = {**machine, **settings, "COSIGN_PASSWORD": PASSWORD, "GITLESS_SIGNING_KEY": str(key)}
    reading = {**machine, **settings, "RUNNER_TEMP": str(tmp_path / "other")}
    for env, arguments in (
        (making, ("publish", "backend")),
        (reading, ("verify", place, "--key", public)),
        (reading, ("inspect", place, "--key", public)),
        (reading, ("identity", "--config", "gitless.yaml")),
    ):
        done = start(release, env, *arguments, cwd=repository.path)
        assert "ModuleNotFoundError" not in done.stderr
        assert done.returncode == 0 or arguments[0] == "identity", done.stderr
    assert [path.name.split("-")[0] for path in (tmp_path / "other" / "gitless").glob("*-*/")].count("publish") == 0

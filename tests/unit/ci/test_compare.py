"""The compare APIs, against a server on loopback that records what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gitless.ci.compare import GitHubComparer, GitLabComparer, comparer_for
from gitless.ci.detect import detect
from gitless.errors import UsageError
from gitless.model.secret import Secret

OLD, NEW = "a" * 40, "b" * 40
TOKEN = Secret("t0ken")


class Platform:
    """Answers every request with one status and body."""

    def __init__(self) -> None:
        self.status, self.body, self.location = 200, b"{}", ""
        self.seen: list[tuple[str, dict[str, str]]] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.seen.append((self.path, dict(self.headers)))
                self.send_response(platform.status)
                if platform.location:
                    self.send_header("Location", platform.location)
                self.send_header("Content-Length", str(len(platform.body)))
                self.end_headers()
                self.wfile.write(platform.body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def platform() -> Iterator[Platform]:
    fake = Platform()
    thread = threading.Thread(target=fake.server.serve_forever, daemon=True)
    thread.start()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "answer"),
    [("ahead", True), ("identical", True), ("behind", False), ("diverged", False), ("?", None), (["ahead"], None)],
)
def test_github_status_words(platform: Platform, status: object, answer: bool | None) -> None:
    platform.body = json.dumps({"status": status}).encode()
    assert GitHubComparer(platform.url, "acme/apps", TOKEN).is_ancestor(OLD, NEW) is answer
    path, headers = platform.seen[0]
    assert path == f"/repos/acme/apps/compare/{OLD}...{NEW}?per_page=1&page=2"
    assert headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(("base", "answer"), [(OLD, True), ("c" * 40, False), ("x", None), (None, None)])
def test_gitlab_merge_base(platform: Platform, base: str | None, answer: bool | None) -> None:
    platform.body = json.dumps({"id": base}).encode()
    assert GitLabComparer(f"{platform.url}/api/v4", "acme/apps", TOKEN).is_ancestor(OLD, NEW) is answer
    path, headers = platform.seen[0]
    assert path == f"/api/v4/projects/acme%2Fapps/repository/merge_base?refs%5B%5D={OLD}&refs%5B%5D={NEW}"
    assert headers["JOB-TOKEN"] == "t0ken"


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_any_other_status_is_no_answer(platform: Platform, status: int) -> None:
    platform.status, platform.body = status, b'{"status": "ahead"}'
    assert GitHubComparer(platform.url, "acme/apps", TOKEN).is_ancestor(OLD, NEW) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"ahead"', b"[" * 100_000, b" " * (9 * 1024 * 1024)])
def test_hostile_bodies_are_no_answer(platform: Platform, body: bytes) -> None:
    platform.body = body
    assert GitHubComparer(platform.url, "acme/apps", TOKEN).is_ancestor(OLD, NEW) is None


def test_a_redirect_is_not_followed(platform: Platform) -> None:
    platform.status, platform.location = 302, f"{platform.url}/elsewhere"
    assert GitHubComparer(platform.url, "acme/apps", TOKEN).is_ancestor(OLD, NEW) is None
    assert len(platform.seen) == 1


def test_nobody_there_is_no_answer() -> None:
    assert GitHubComparer("http://127.0.0.1:9", "acme/apps", TOKEN).is_ancestor(OLD, NEW) is None


@pytest.mark.parametrize("url", ["http://api.example", "https://u:p@api.example", "ftp://x", "", "api.example"])
def test_a_token_is_never_sent_in_the_clear(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        GitHubComparer(url, "acme/apps", TOKEN)


def test_only_full_commit_ids_reach_the_url(platform: Platform) -> None:
    with pytest.raises(UsageError, match="Not a full commit id"):
        GitHubComparer(platform.url, "acme/apps", TOKEN).is_ancestor("main", NEW)
    assert platform.seen == []


def test_the_platform_and_its_token_choose_the_comparer() -> None:
    github = detect(
        {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/apps", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "7", "GITHUB_SHA": OLD, "GITHUB_REF": "refs/heads/main",
        }
    )  # fmt: skip
    assert github is not None
    assert comparer_for(github, {}) is None
    assert comparer_for(github, {"CI_JOB_TOKEN": "x"}) is None
    assert isinstance(comparer_for(github, {"GITHUB_TOKEN": "x"}), GitHubComparer)
    gitlab = detect(
        {
            "GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/apps", "CI_PROJECT_ID": "9", "CI_PIPELINE_ID": "5",
            "CI_PROJECT_URL": "https://gitlab.example/acme/apps", "CI_API_V4_URL": "https://gitlab.example/api/v4",
            "CI_COMMIT_SHA": OLD, "CI_COMMIT_BRANCH": "main",
        }
    )  # fmt: skip
    assert gitlab is not None
    assert comparer_for(gitlab, {"GITHUB_TOKEN": "x"}) is None
    assert isinstance(comparer_for(gitlab, {"CI_JOB_TOKEN": "x"}), GitLabComparer)

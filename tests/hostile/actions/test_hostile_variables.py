"""The platform's own variables, as a stranger can fill them: branches, tags, titles and names that want to be commands.

GitHub's are given to every action, GitLab's to `gitless publish`. Everything that a run leaves is searched: the log, the
JSON, the summary, and every file of the store, provenance and annotations included.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.action_step import Step
from tests.fakes.protected_repo import ProtectedRepo
from tests.fakes.runner_rules import obeyed

from gitless.cli.main import run

TOKEN = "canary-job-token-93c1"
SHELL = (
    "$(touch${IFS}pwned)",
    "`touch${IFS}pwned`",
    "x;touch${IFS}pwned;",
    "x|touch${IFS}pwned",
    "x&&touch${IFS}pwned",
    "x';touch${IFS}pwned;'",
    'x";touch${IFS}pwned;"',
)
TEXT = (
    "a\n::set-output name=pushed::true",
    "a\r::set-env name=X::y",
    "%0A::error::x",
    "::add-mask::a",
    "##[add-path]/tmp",
    "a\x1b[0Ksection_start:1:evil\r",
    "a\u202eb",
    "a\u200bb",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "@everyone",
    "--upload-pack=touch${IFS}pwned",
    "../../../etc",
    "${{ secrets.GITHUB_TOKEN }}",
    "a" * 100_000,
)
GITHUB = (
    "GITHUB_REF",
    "GITHUB_HEAD_REF",
    "GITHUB_BASE_REF",
    "GITHUB_REF_NAME",
    "GITHUB_ACTOR",
    "GITHUB_TRIGGERING_ACTOR",
    "GITHUB_EVENT_NAME",
    "GITHUB_REPOSITORY",
    "GITHUB_SERVER_URL",
    "GITHUB_WORKFLOW_REF",
    "GITHUB_SHA",
    "GITHUB_RUN_ID",
)
GITLAB = (
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_COMMIT_TITLE",
    "CI_COMMIT_AUTHOR",
    "CI_PROJECT_PATH",
    "CI_PROJECT_URL",
    "CI_JOB_URL",
    "CI_CONFIG_PATH",
    "CI_DEFAULT_BRANCH",
    "CI_MERGE_REQUEST_TITLE",
    "CI_MERGE_REQUEST_REF_PATH",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
    "CI_PIPELINE_SOURCE",
    "GITLAB_USER_LOGIN",
    "GITLAB_USER_NAME",
)
VERBS = {
    "publish": {"components": "web", "channel": "preview", "signing_key": "publish"},
    "promote": {"components": "web", "to": "stable", "release": "v1.0.0", "signing_key": "promote", "dry_run": "true"},
    "rollback": {
        "components": "web", "channel": "stable", "to": "previous", "reason": "why", "signing_key": "promote",
    },
    "verify": {"references": "STORE/web:latest", "key": "keys/publish.pub"},
    "history": {"component": "web"},
    "audit": {"components": "web"},
}  # fmt: skip

READ = ("GITHUB_REF", "GITHUB_HEAD_REF", "GITHUB_ACTOR", "GITHUB_REPOSITORY", "GITHUB_SHA")
"""Of these every verb is asked; all variables are for publish, which reads the most."""
CHANNELS = "  preview: {}\n  stable: {from: latest, releases: {scheme: semver}}\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProtectedRepo:
    made = ProtectedRepo(tmp_path, channels=CHANNELS)
    monkeypatch.chdir(made.clone)
    made.publish()
    return made


Publish = Callable[..., tuple[int, str]]


@pytest.fixture
def gitlab(repo: ProtectedRepo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Publish:
    """Publishes as a job of GitLab with these variables; exit code, and all that was printed."""
    project = "https://gitlab.com/acme/apps"
    usual = {
        "GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.com", "CI_API_V4_URL": "https://gitlab.com/api/v4",
        "CI_PROJECT_URL": project, "CI_PROJECT_PATH": "acme/apps", "CI_PROJECT_ID": "700002", "CI_PIPELINE_ID": "7",
        "CI_COMMIT_SHA": repo.git("rev-parse", "HEAD"), "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main",
        "CI_JOB_ID": "8", "CI_JOB_URL": f"{project}/-/jobs/8", "CI_JOB_TOKEN": TOKEN, "HOME": str(repo.clone.parent),
        "CI_REPOSITORY_URL": f"https://gitlab-ci-token:{TOKEN}@gitlab.com/acme/apps.git",
        "GITLESS_SIGNING_KEY": str(repo.keys["publish"]), "GITLESS_DEBUG": "1",
    }  # fmt: skip

    def publish(**given: str | None) -> tuple[int, str]:
        for name, value in {**usual, **given}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        words = ("--summary", str(repo.clone.parent / "summary.md"))
        code = run(["publish", "web", "--channel", "preview", "--json", *words])
        return code, "".join(capfd.readouterr())

    return publish


def left_behind(repo: ProtectedRepo) -> Iterator[tuple[str, str]]:
    """The store and the summary, file by file, with what stands in base64 in them: a bundle's statement."""
    for path in (*(repo.clone.parent / "out").rglob("*"), repo.clone.parent / "summary.md"):
        if path.is_file():
            content = path.read_bytes()
            inner = [base64.b64decode(text + b"==") for text in re.findall(rb'"payload": *"([A-Za-z0-9+/]+)', content)]
            yield path.name, b"\n".join([content, *inner]).decode("utf-8", "replace")


def hold(repo: ProtectedRepo, log: str) -> None:
    """What holds whatever a run was given."""
    assert not (repo.clone / "pwned").exists()
    assert "Traceback" not in log
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u200b]", log.replace("\r\n", "\n").replace(":\u200b:", ""))


@pytest.mark.parametrize("payload", SHELL)
def test_a_payload_is_run_where_it_is_part_of_a_script(tmp_path: Path, payload: str) -> None:
    for script in (f"echo {payload}", f"echo '{payload}'", f'echo "{payload}"'):
        subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert (tmp_path / "pwned").exists()


def test_a_payload_is_obeyed_where_it_is_printed_as_it_is() -> None:
    names = [name for text in TEXT for name, _ in obeyed(text)]
    assert names == ["set-output", "set-env", "add-mask", "add-path"]


@pytest.mark.parametrize("verb", VERBS)
def test_githubs_variables_are_text_to_every_action(
    repo: ProtectedRepo, verb: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    step, folder = Step(repo.clone, monkeypatch, capfd), repo.clone.parent
    event = folder / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    known = {role: str(path) for role, path in repo.keys.items()}
    given = {name: known.get(value, value.replace("STORE", repo.registry)) for name, value in VERBS[verb].items()}
    codes = set()
    for name in GITHUB if verb == "publish" else READ:
        for payload in (*SHELL, *TEXT) if verb == "publish" else (*SHELL[::3], *TEXT[::2]):
            value = f"refs/heads/{payload}" if name == "GITHUB_REF" else payload
            outcome = step.run(verb, **given, **{"GITHUB_EVENT_PATH": str(event), name: value})
            assert {word for word, _ in obeyed(outcome.log)} <= {"error", "warning", "notice"}, (name, payload)
            assert not re.search(r"<img|(?<!\\)\]\(javascript|@everyone", outcome.summary), (name, payload)
            assert outcome.written == [], (name, payload)
            assert outcome.code in (0, 1, 2), (name, payload)
            hold(repo, outcome.log.replace("\u200b", ""))
            codes.add(outcome.code)
    assert codes & {0, 1}, "nothing got further than the first variable"


@pytest.mark.parametrize("name", GITLAB)
def test_gitlabs_variables_are_text_to_publish(repo: ProtectedRepo, gitlab: Publish, name: str) -> None:
    codes = set()
    for payload in (*SHELL, *TEXT):
        given = {"CI_COMMIT_BRANCH": None, "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/1/head"}
        is_change = name.startswith("CI_MERGE_REQUEST_") or name == "CI_COMMIT_TAG"
        code, log = gitlab(**{**(given if is_change else {}), name: payload})
        hold(repo, log.replace("\u200b", ""))
        assert code in (0, 2), (payload, log)
        codes.add(code)
        if name in ("CI_COMMIT_REF_NAME", "CI_COMMIT_TITLE", "CI_MERGE_REQUEST_TITLE"):
            assert not [file for file, text in left_behind(repo) if payload in text]
    assert codes
    assert TOKEN not in log + "".join(text for _, text in left_behind(repo))


def test_the_job_token_in_the_remotes_address_is_nowhere_else(repo: ProtectedRepo, gitlab: Publish) -> None:
    # as GitLab's runner clones
    repo.git("remote", "set-url", "origin", f"https://gitlab-ci-token:{TOKEN}@gitlab.com/acme/apps.git")
    for variables in ({}, {"GITLAB_CI": None}):
        code, log = gitlab(**variables)
        assert code == 0, log
        kept = dict(left_behind(repo))
        statements = [text for text in kept.values() if '"predicateType":"https://slsa.dev/' in text]
        assert any("https://gitlab.com/acme/apps" in text for text in statements)
        assert "summary.md" in kept
        assert TOKEN not in log + "".join(kept.values())
    # the search would find it, inside of a statement too
    planted = base64.b64encode(f"x {TOKEN}".encode()).decode()
    (repo.clone.parent / "out" / "planted").write_text(f'{{"payload": "{planted}"}}')
    assert [name for name, text in left_behind(repo) if TOKEN in text] == ["planted"]


def test_a_source_with_a_token_is_refused_without_repeating_it(repo: ProtectedRepo, gitlab: Publish) -> None:
    for name in ("CI_PROJECT_URL", "CI_SERVER_URL", "CI_API_V4_URL"):
        code, log = gitlab(**{name: f"https://gitlab-ci-token:{TOKEN}@gitlab.com/acme/apps"})
        assert TOKEN not in log
        assert TOKEN not in "".join(text for _, text in left_behind(repo))
        assert code == (0 if name == "CI_SERVER_URL" else 2)  # publishing with a key does not read that one

"""A component's job on GitLab with hostile inputs and variables: nothing runs, and no report is more than a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.fakes.protected_repo import ProtectedRepo
from tests.hostile.actions.test_hostile_variables import CHANNELS, GITLAB, SHELL, TEXT, TOKEN, VERBS, hold

from gitless.cli.main import run
from gitless.report.gitlab import MAX_DOTENV_BYTES

INPUTS = {
    "publish": ("components", "channel", "tags", "annotations", "ignore-paths", "signing-key", "registry", "dry-run"),
    "promote": ("components", "to", "from", "digest", "release", "reason", "ticket", "config", "registry"),
    "rollback": ("components", "channel", "to", "reason", "ticket"),
    "verify": ("references", "policy", "key", "certificate-identity", "trusted-root"),
    "history": ("component", "channels", "since", "registry"),
    "audit": ("components", "channels", "max-tags", "registry"),
}
_VARIABLE = re.compile(r"(GITLESS_[A-Z]+_[A-Z_]+|IMAGE_DIGEST)=[A-Za-z0-9._:/@+,=-]+")


class Job:
    """Runs verbs as jobs of one project.

    Args:
        repo: The checkout, with a store beside it.
        patch: Sets variables for the test.
        capture: Reads what was printed.
    """

    def __init__(
        self, repo: ProtectedRepo, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], verb: str
    ) -> None:
        self.repo, self.verb, self._patch, self._capture = repo, verb, patch, capture
        known = {role: str(path) for role, path in repo.keys.items()}
        given = VERBS[verb]
        self._given = {name: known.get(value, value.replace("STORE", repo.registry)) for name, value in given.items()}

    def run(self, **given: str) -> tuple[int, str]:
        """Run it; exit code and log. Names in small letters are inputs, others variables."""
        project = "https://gitlab.com/acme/apps"
        usual = {
            "GITLAB_CI": "true", "CI_SERVER_URL": "https://gitlab.com", "CI_API_V4_URL": "https://gitlab.com/api/v4",
            "CI_PROJECT_URL": project, "CI_PROJECT_PATH": "acme/apps", "CI_PROJECT_ID": "700002", "CI_PIPELINE_ID": "7",
            "CI_PROJECT_DIR": str(self.repo.clone), "CI_COMMIT_SHA": self.repo.git("rev-parse", "HEAD"),
            "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_JOB_ID": "8",
            "CI_JOB_URL": f"{project}/-/jobs/8", "CI_JOB_TOKEN": TOKEN, "HOME": str(self.repo.clone.parent),
        }  # fmt: skip
        for name, value in {**usual, **self._given, **given}.items():
            is_input = not name.isupper()
            self._patch.setenv(f"GITLESS_INPUT_{name.upper().replace('-', '_')}" if is_input else name, value)
        code = run(["action", self.verb])
        return code, "".join(self._capture.readouterr())

    def check_reports(self) -> None:
        """Every report is there or not at all, can be read by what reads it, and holds nothing of the token."""
        folder = self.repo.clone / "gitless-reports" / self.verb
        for path in folder.iterdir():
            text = path.read_text()
            assert TOKEN not in text
            if path.suffix == ".json":
                json.loads(text)
            if path.suffix == ".xml":
                ElementTree.fromstring(text.encode())
            if path.suffix == ".env":
                assert len(text) <= MAX_DOTENV_BYTES
                assert all(_VARIABLE.fullmatch(line) for line in text.splitlines()), text
            if path.suffix == ".md":
                plain = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
                plain = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", plain)
                assert not re.search(r"(?<!\\)<img|(?<!\\)\]\(javascript|@everyone", plain)
        assert not (self.repo.clone / "pwned").exists()


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProtectedRepo:
    made = ProtectedRepo(tmp_path, channels=CHANNELS)
    monkeypatch.chdir(made.clone)
    made.publish()
    return made


@pytest.mark.parametrize("verb", INPUTS)
def test_inputs_are_text_to_every_component(
    repo: ProtectedRepo, verb: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    honest = Job(repo, monkeypatch, capfd, verb)
    code, log = honest.run()
    assert code in (0, 1), log
    honest.check_reports()
    for name in INPUTS[verb]:
        for payload in (*SHELL[::2], *TEXT):
            with monkeypatch.context() as patch:
                job = Job(repo, patch, capfd, verb)
                code, log = job.run(**{name: payload})
            assert code in (0, 1, 2), (name, payload, log)
            hold(repo, log.replace("\u200b", ""))
            assert TOKEN not in log
            job.check_reports()


@pytest.mark.parametrize("name", GITLAB)
def test_variables_are_text_to_the_publish_component(
    repo: ProtectedRepo, name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for payload in (*SHELL[::2], *TEXT):
        with monkeypatch.context() as patch:
            job = Job(repo, patch, capfd, "publish")
            code, log = job.run(**{name: payload})
        assert code in (0, 2), (payload, log)
        hold(repo, log.replace("\u200b", ""))
        assert TOKEN not in log
        job.check_reports()

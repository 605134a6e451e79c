"""What an action tells beside its outputs: one comment under the change, a deployment, and GitLab's reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.fakes.action_step import Step, make_checkout
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Forge
from tests.fakes.github_api import GitHubServer
from tests.fakes.registry_server import Auth, RegistryServer
from tests.fakes.runner_rules import obeyed

from gitless.config.inputs import Inputs
from gitless.errors import UsageError
from gitless.model.delivery import Delivery
from gitless.model.moves import MoveResult, MovesResult
from gitless.wiring.action_moves import move_asked, move_delivery
from gitless.wiring.move_request import MoveRequest
from gitless.wiring.tell import Asked

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer(Forge()) as server:
        yield server


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Step:
    return Step(make_checkout(tmp_path / "apps"), monkeypatch, capsys)


def pull_request(server: GitHubServer, folder: Path, owner: str = "acme") -> dict[str, str]:
    """The variables of a job for pull request 7."""
    head, base = ({"repo": {"full_name": f"{name}/apps"}} for name in (owner, "acme"))
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": head, "base": base}}))
    return {
        "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": "main", "GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN,
    }  # fmt: skip


def test_a_pull_request_gets_the_summary_as_its_one_comment(step: Step, github: GitHubServer, tmp_path: Path) -> None:
    env = pull_request(github, tmp_path)
    for _ in range(2):
        outcome = step(comment="true", **env)
        assert outcome.code == 0, outcome.log
    (body,) = github.board.bodies(7)
    first, _, rest = body.partition("\n")
    assert first.startswith("<!-- gitless-report v1 publish ")
    assert rest.strip() == outcome.summary.strip()
    assert "1 would be published" in body


def test_no_comment_is_written_unless_it_is_asked_for(step: Step, github: GitHubServer, tmp_path: Path) -> None:
    assert step(**pull_request(github, tmp_path)).code == 0
    assert github.asked == []


def test_a_missing_right_is_a_notice_with_the_yaml_and_no_failure(
    step: Step, github: GitHubServer, tmp_path: Path
) -> None:
    github.permissions = {"contents: read"}
    outcome = step(comment="true", **pull_request(github, tmp_path))
    assert outcome.code == 0
    (said,) = [text for kind, text in obeyed(outcome.log) if kind == "notice" and "comment" in text]
    assert "GitHub answered 403" in said
    assert "pull-requests: write" in said


def test_a_fork_has_its_summary_and_a_notice(step: Step, github: GitHubServer, tmp_path: Path) -> None:
    outcome = step(comment="true", **pull_request(github, tmp_path, "stranger"))
    assert outcome.code == 0
    assert "1 would be published" in outcome.summary
    assert any("No comment is written: this pull request comes from a fork" in text for _, text in obeyed(outcome.log))
    assert github.board.bodies(7) == []


def test_a_fork_without_the_registrys_password_has_its_summary(
    step: Step, github: GitHubServer, tmp_path: Path
) -> None:
    with RegistryServer(auth=Auth("robot", "hunter2-password")) as registry:
        login = {"GITLESS_REGISTRY_HOST": registry.host, "GITLESS_REGISTRY_USERNAME": "robot"}
        place = {"repository": f"{registry.host}/acme/web", **login, "GITLESS_REGISTRY_PASSWORD": ""}
        outcome = step(**place, **pull_request(github, tmp_path, "stranger"))
        assert outcome.code == 0, outcome.log
        assert "1 would be published" in outcome.summary
        told = step(**place)  # on a push it would write, and a login that is not complete is a mistake
        assert told.code == 2
        assert "The registry credential in the environment is incomplete." in told.log


@pytest.mark.parametrize("verb", ["publish", "promote", "rollback"])
def test_an_input_that_is_wrong_is_told_before_anything_is_done(step: Step, verb: str, tmp_path: Path) -> None:
    given = {"components": "web", "to": "stable", "channel": "stable"} if verb != "publish" else {"path": "web"}
    outcome = step.run(verb, **given, comment="maybe", signing_key=str(tmp_path / "key.pem"))
    assert outcome.code == 2
    assert "The input 'comment' is not valid" in outcome.log
    assert not (tmp_path / "store").exists()


def moved(**given: object) -> MovesResult:
    place = {"repository": "ghcr.io/acme/web", "digest": DIGEST, "record": DIGEST}
    return MovesResult("promote", "stable", (MoveResult("web", "stable", **{**place, **given}),), environment="prod")  # type: ignore[arg-type]


def test_what_was_promoted_is_delivered_into_the_channels_environment() -> None:
    assert move_delivery(moved()) == Delivery("promote", "prod", {"web": f"ghcr.io/acme/web@{DIGEST}"}, ok=False)


@pytest.mark.parametrize(
    "result", [moved(record=""), moved(error=UsageError("no")), MovesResult("promote", "stable", ())]
)
def test_where_nothing_was_signed_nothing_was_delivered(result: MovesResult) -> None:
    assert move_delivery(result) is None


def test_a_plan_delivers_nothing() -> None:
    result = MovesResult("promote", "stable", moved().moves, planned=True)
    assert move_delivery(result) is None


def test_a_comment_is_kept_for_each_channel_and_its_components() -> None:
    inputs = Inputs({"GITLESS_INPUT_COMMENT": "true", "GITLESS_INPUT_DEPLOYMENT": "status"})
    request = MoveRequest(kind="promote", names=("web", "db"), channel="stable")
    assert move_asked(inputs, request) == Asked("promote", "stable web db", comment=True, deployment="status")
    with pytest.raises(UsageError, match="must be one of: none, status, deployment"):
        move_asked(Inputs({"GITLESS_INPUT_DEPLOYMENT": "yes"}), request)


# -- GitLab ---------------------------------------------------------------------------------------------------------


def test_a_gitlab_job_reports_in_files_and_says_its_notices_in_the_log(step: Step) -> None:
    commit = "2f" * 20
    outcome = step(
        GITHUB_ACTIONS="", GITLAB_CI="true", CI_PROJECT_DIR=str(step.checkout), CI_PROJECT_PATH="acme/apps",
        CI_PROJECT_ID="7", CI_PROJECT_URL="https://gitlab.com/acme/apps", CI_API_V4_URL="https://gitlab.com/api/v4",
        CI_COMMIT_SHA=commit, CI_PIPELINE_ID="1", CI_PIPELINE_SOURCE="merge_request_event", CI_MERGE_REQUEST_IID="3",
        CI_MERGE_REQUEST_PROJECT_ID="7", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="7",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CI_MERGE_REQUEST_REF_PATH="refs/merge-requests/3/head",
    )  # fmt: skip
    assert outcome.code == 0, outcome.log
    assert "note: This is a merge request, and no channel of its own is named" in outcome.log
    assert (outcome.outputs, outcome.summary) == ({}, "")
    folder = step.checkout / "gitless-reports" / "publish"
    files = ["code-quality.json", "junit.xml", "links.json", "outputs.env", "result.json", "summary.md"]
    assert sorted(path.name for path in folder.iterdir()) == files
    assert "1 would be published" in (folder / "summary.md").read_text()
    assert yaml.safe_load((folder / "code-quality.json").read_text()) == []


def test_a_gitlab_job_that_fails_leaves_the_reason_and_no_outputs(step: Step) -> None:
    outcome = step(GITHUB_ACTIONS="", GITLAB_CI="true", CI_PROJECT_DIR=str(step.checkout), path="nowhere")
    assert outcome.code == 2
    folder = step.checkout / "gitless-reports" / "publish"
    assert sorted(path.name for path in folder.iterdir()) == ["junit.xml", "result.json", "summary.md"]
    assert "nowhere" in (folder / "summary.md").read_text()

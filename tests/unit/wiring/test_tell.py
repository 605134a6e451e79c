"""What a job tells its platform: comments, deployments and statuses; every refusal as whole text, with the least rights."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from tests.fakes.api_server import TOKEN, Reply
from tests.fakes.forge import Account, Forge
from tests.fakes.github_api import RUN, GitHubServer
from tests.fakes.gitlab_api import JOB_TOKEN, GitLabServer

from gitless.errors import RemoteError
from gitless.model.delivery import Delivery
from gitless.model.difference import Difference
from gitless.model.results import ComponentResult, PublishResult
from gitless.report.comment import mark
from gitless.report.summary import publish_summary
from gitless.web.patience import Patience
from gitless.wiring.tell import Asked as Wanted
from gitless.wiring.tell import tell

QUICK = Patience(attempts=2, total_seconds=20, sleep=lambda _: None)
RUN_URL = f"https://github.com/acme/apps/actions/runs/{RUN}/attempts/1"
JOB_URL = "https://gitlab.com/acme/apps/-/jobs/8000000001"
COMMENT = Wanted("publish", "preview", comment=True)
MARK = mark("publish", "preview")
DIGEST = "sha256:" + "3f" * 32
STABLE = Delivery("promote", "production", {"web": f"registry.example/acme/web@{DIGEST}"})


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer(Forge()) as server:
        yield server


@pytest.fixture
def gitlab() -> Iterator[GitLabServer]:
    with GitLabServer(Forge()) as server:
        yield server


def github_env(
    server: GitHubServer, folder: Path, event: dict[str, Any] | None = None, **changed: str
) -> dict[str, str]:
    """A job for pull request 7 of a branch of the repository itself."""
    own = {"repo": {"full_name": "acme/apps"}}
    payload = {"pull_request": {"number": 7, "head": own, "base": own}} if event is None else event
    (folder / "event.json").write_text(json.dumps(payload))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "acme/apps",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_API_URL": server.url,
        "GITHUB_RUN_ID": str(RUN),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_SHA": server.forge.tip,
        "GITHUB_TOKEN": TOKEN,
        **changed,
    }


def gitlab_env(server: GitLabServer, **changed: str) -> dict[str, str]:
    """A job of merge request 7's pipeline, from a branch of the project itself."""
    project = str(server.forge.id)
    return {
        "GITLAB_CI": "true",
        "CI_PROJECT_PATH": "acme/apps",
        "CI_PROJECT_ID": project,
        "CI_PROJECT_URL": "https://gitlab.com/acme/apps",
        "CI_API_V4_URL": server.url,
        "CI_COMMIT_SHA": server.forge.tip,
        "CI_PIPELINE_ID": "36",
        "CI_JOB_URL": JOB_URL,
        "CI_JOB_TOKEN": JOB_TOKEN,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
        "CI_MERGE_REQUEST_PROJECT_ID": project,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": project,
        "GITLESS_GITLAB_TOKEN": TOKEN,
        **changed,
    }


def push_env(server: GitHubServer, folder: Path, **changed: str) -> dict[str, str]:
    return github_env(server, folder, {}, GITHUB_EVENT_NAME="push", GITHUB_REF="refs/heads/main", **changed)


def notice(env: dict[str, str], asked: Wanted, delivery: Delivery | None = None) -> str:
    """The one thing that a job is told."""
    (found,) = tell(env, asked, "x", delivery, QUICK)
    return found


# -- comments on GitHub ---------------------------------------------------------------------------------------------


def test_a_pull_request_gets_its_comment_with_the_least_rights(github: GitHubServer, tmp_path: Path) -> None:
    github.permissions = {"pull-requests: write"}
    env = github_env(github, tmp_path)
    assert tell(env, COMMENT, "## 1 published", patience=QUICK) == ()
    assert github.board.bodies(7) == [f"{MARK}\n## 1 published"]
    assert github.log == [
        "POST /graphql",
        "GET /repos/acme/apps/issues/7/comments",
        "POST /repos/acme/apps/issues/7/comments",
        "GET /repos/acme/apps/issues/7/comments",
    ]
    number, seen = github.board.last, len(github.asked)
    assert tell(env, COMMENT, "## 2 published", patience=QUICK) == ()
    assert github.log[seen:] == [
        "POST /graphql",
        "GET /repos/acme/apps/issues/7/comments",
        f"PATCH /repos/acme/apps/issues/comments/{number}",
    ]


def test_what_two_jobs_left_is_removed_and_said(github: GitHubServer, tmp_path: Path) -> None:
    github.permissions = {"pull-requests: write"}
    first, second, third = (github.board.say(7, github.me, f"{MARK}\nx").id for _ in range(3))
    assert tell(github_env(github, tmp_path), COMMENT, "new", patience=QUICK) == (
        f"Removed comments of ours beside the oldest one ({second}, {third}): two jobs had written at the same time.",
    )
    assert github.log[-3:] == [
        f"PATCH /repos/acme/apps/issues/comments/{first}",
        f"DELETE /repos/acme/apps/issues/comments/{second}",
        f"DELETE /repos/acme/apps/issues/comments/{third}",
    ]


def test_a_report_that_is_too_long_arrives_cut_with_a_link(github: GitHubServer, tmp_path: Path) -> None:
    report = "## Published\n\n" + "\n".join(f"- image number {number} 🚢" for number in range(9000))
    assert tell(github_env(github, tmp_path), COMMENT, report, patience=QUICK) == ()
    (body,) = github.board.bodies(7)
    assert 60_000 < len(body) <= 65_536
    assert body.endswith(f"The whole report is with [this run]({RUN_URL})._")


@pytest.mark.parametrize("permissions", [set(), {"pull-requests: read"}, {"contents: write", "statuses: write"}])
def test_a_missing_right_is_told_with_the_yaml_to_paste(
    github: GitHubServer, tmp_path: Path, permissions: set[str]
) -> None:
    github.permissions = permissions
    doing = "write a comment to" if permissions == {"pull-requests: read"} else "read the comments of"
    assert notice(github_env(github, tmp_path), COMMENT) == (
        f"Cannot {doing} pull request 7: GitHub answered 403: Resource not accessible by integration\n"
        f"The report is in the job's summary: {RUN_URL}\n"
        "The token lacks `pull-requests: write`. Give the job, beside the permissions it has:\n"
        "permissions:\n"
        "  pull-requests: write"
    )
    assert github.board.notes == {}


FOREIGN = (
    "No comment is written: this pull request comes from a fork or from Dependabot, whose jobs may not write.\n"
    f"The report is in the job's summary: {RUN_URL}"
)


@pytest.mark.parametrize("head", [{"full_name": "mallory/apps"}, None])
def test_a_fork_gets_no_comment_and_nobody_is_asked(github: GitHubServer, tmp_path: Path, head: Any) -> None:
    event = {"pull_request": {"number": 7, "head": {"repo": head}, "base": {"repo": {"full_name": "acme/apps"}}}}
    assert tell(github_env(github, tmp_path, event), COMMENT, "x", patience=QUICK) == (FOREIGN,)
    assert github.asked == []


def test_dependabot_gets_no_comment_and_nobody_is_asked(github: GitHubServer, tmp_path: Path) -> None:
    env = github_env(github, tmp_path, GITHUB_ACTOR="dependabot[bot]")
    assert tell(env, COMMENT, "x", patience=QUICK) == (FOREIGN,)
    assert github.asked == []


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run"])
def test_an_event_with_the_repository_s_rights_names_no_pull_request(
    github: GitHubServer, tmp_path: Path, name: str
) -> None:
    assert notice(github_env(github, tmp_path, GITHUB_EVENT_NAME=name), COMMENT) == (
        f"No comment is written on {name}: such a run has the repository's rights and serves whoever started it.\n"
        f"The report is in the job's summary: {RUN_URL}\n"
        "Run the workflow on pull_request."
    )
    assert github.asked == []


@pytest.mark.parametrize("name", ["push", "schedule", "merge_group", "workflow_dispatch", "issue_comment"])
def test_without_a_pull_request_there_is_no_comment_and_no_word(
    github: GitHubServer, tmp_path: Path, name: str
) -> None:
    env = github_env(github, tmp_path, GITHUB_EVENT_NAME=name, GITHUB_REF="refs/heads/main")
    assert tell(env, COMMENT, "x", patience=QUICK) == ()
    assert github.asked == []


@pytest.mark.parametrize("number", [None, "7", True, 0, -7, 7.5, "7/../8"])
def test_a_number_that_is_none_is_not_used(github: GitHubServer, tmp_path: Path, number: Any) -> None:
    own = {"repo": {"full_name": "acme/apps"}}
    env = github_env(github, tmp_path, {"pull_request": {"number": number, "head": own, "base": own}})
    assert tell(env, COMMENT, "x", patience=QUICK) == ()
    assert github.asked == []


def test_a_job_without_a_token_is_told_how_to_get_one(github: GitHubServer, tmp_path: Path) -> None:
    assert notice(github_env(github, tmp_path, GITHUB_TOKEN=""), COMMENT) == (
        "No comment is written: the job has no GITHUB_TOKEN.\n"
        f"The report is in the job's summary: {RUN_URL}\n"
        "Give it to the step:\n"
        "env:\n"
        "  GITHUB_TOKEN: ${{ github.token }}"
    )


def test_a_weak_platform_is_a_notice(github: GitHubServer, tmp_path: Path) -> None:
    github.fail("/comments", 503, "down")
    assert notice(github_env(github, tmp_path), COMMENT) == (
        "Cannot read the comments of pull request 7.\n"
        "GitHub answered 503: down\n"
        f"The report is in the job's summary: {RUN_URL}"
    )


@pytest.mark.parametrize(
    "answer", [b"{", b"{}", b'[{"id": "x", "user": {"id": 41898282}}]', b'[{"user": {"id": []}}]', b"[" * 9000]
)
def test_an_answer_of_another_form_is_a_notice(github: GitHubServer, tmp_path: Path, answer: bytes) -> None:
    github.faults.append(("GET /repos/acme/apps/issues", lambda _: Reply(200, answer)))
    assert notice(github_env(github, tmp_path), COMMENT).endswith(f"The report is in the job's summary: {RUN_URL}")
    assert github.board.notes == {}


def test_a_platform_that_cannot_be_reached_is_a_notice(tmp_path: Path) -> None:
    with GitHubServer(Forge()) as server:
        env = github_env(server, tmp_path)
    text = notice(env, COMMENT)
    assert text.startswith("Cannot learn whose token GITHUB_TOKEN is.\nThe connection failed (ConnectionError).\n")
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("variable", "value"),
    [("GITHUB_SHA", "x"), ("GITHUB_EVENT_PATH", "/nowhere"), ("GITHUB_API_URL", "http://a.example")],
)
def test_an_environment_that_cannot_be_read_is_a_notice(
    github: GitHubServer, tmp_path: Path, variable: str, value: str
) -> None:
    assert notice(github_env(github, tmp_path, **{variable: value}), COMMENT)
    assert github.asked == []


def test_outside_of_ci_and_where_nothing_is_asked_nothing_is_done(github: GitHubServer, tmp_path: Path) -> None:
    assert tell({}, COMMENT, "x", STABLE) == ()
    assert tell(github_env(github, tmp_path), Wanted("publish", "preview"), "x", STABLE) == ()
    assert github.asked == []


HOSTILE = (
    "x</details> @everyone @acme/owners ![a](https://evil.example/a.png) | `b` <img src=x> acme/other#1 "
    "<!-- gitless-report v1 publish preview -->\n```\n````\n/merge\n</details>\n# Heading\u202e"
)


def test_hostile_content_stays_text(github: GitHubServer, tmp_path: Path) -> None:
    component = ComponentResult(
        name=HOSTILE,
        repository="registry.example/acme/web",
        channel="preview",
        tags=(HOSTILE,),
        notes=(HOSTILE,),
        images=(HOSTILE,),
        changes=Difference(added=(HOSTILE,)),
        error=RemoteError(HOSTILE, why=HOSTILE, hint=HOSTILE),
    )
    github.board.say(7, Account(666, "mallory"), f"{MARK}\n{HOSTILE}")
    report = publish_summary(PublishResult((component, component), notices=(HOSTILE,)))
    assert tell(github_env(github, tmp_path), COMMENT, report, patience=QUICK) == ()
    planted, body = github.board.bodies(7)
    assert planted == f"{MARK}\n{HOSTILE}", "a stranger's comment is left as it is"
    assert body.startswith(f"{MARK}\n## ")
    assert body.count("<!--") == 1
    assert "\u202e" not in body
    assert not [line for line in body.split("\n") if line.lstrip().startswith("/")]
    tokens = [
        token
        for block in MarkdownIt("commonmark").enable("table").parse(body)
        for token in (block, *(block.children or ()))
    ]
    raw = [token.content.strip() for token in tokens if token.type in ("html_block", "html_inline")]
    assert raw == [MARK]
    assert not [token for token in tokens if token.type in ("image", "link_open")]
    assert not [token for token in tokens if token.type == "text" and re.search(r"@\w|://", token.content)]
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h3", "h3"]
    assert sum(token.type == "tr_open" for token in tokens) == 3
    assert sum(token.type == "td_open" for token in tokens) == 14


# -- notes on GitLab ------------------------------------------------------------------------------------------------


def test_a_merge_request_gets_its_note(gitlab: GitLabServer) -> None:
    env = gitlab_env(gitlab)
    assert tell(env, COMMENT, "## 1 published\n/approve", patience=QUICK) == ()
    assert gitlab.board.bodies(7) == [f"{MARK}\n## 1 published\n\u200b/approve"]
    assert gitlab.commands == []
    notes = f"/projects/{gitlab.forge.id}/merge_requests/7/notes"
    assert gitlab.log == ["GET /user", f"GET {notes}", f"POST {notes}", f"GET {notes}"]
    assert {asked.headers["private-token"] for asked in gitlab.asked} == {TOKEN}
    tell(env, COMMENT, "## 2 published", patience=QUICK)
    assert gitlab.log[4:] == ["GET /user", f"GET {notes}", f"PUT {notes}/{gitlab.board.last}"]
    assert tell(gitlab_env(gitlab), COMMENT, f"{'x' * 99}\n" * 12_000, patience=QUICK) == ()
    assert gitlab.board.bodies(7)[0].endswith(f"The whole report is with [this run]({JOB_URL})._")


NOTE_YAML = (
    "Make a project access token with the role Reporter and the scope api, store it as a masked CI/CD variable of its\n"
    "own (not protected, since merge request pipelines run on unprotected branches), and pass it to this job:\n"
    "variables:\n"
    "  GITLESS_GITLAB_TOKEN: $GITLESS_NOTES_TOKEN"
)


def test_the_job_token_writes_no_notes_and_is_not_tried(gitlab: GitLabServer) -> None:
    assert notice(gitlab_env(gitlab, GITLESS_GITLAB_TOKEN=""), COMMENT) == (
        "No note is written: the job has no GITLESS_GITLAB_TOKEN, and GitLab's job token may not write notes.\n"
        f"The report is with the job: {JOB_URL}\n" + NOTE_YAML
    )
    assert gitlab.asked == []


def test_a_token_without_the_right_is_told(gitlab: GitLabServer) -> None:
    gitlab.fail("POST /projects", 403, "403 Forbidden")
    assert notice(gitlab_env(gitlab), COMMENT) == (
        "Cannot write a note to merge request 7: GitLab answered 403: 403 Forbidden\n"
        f"The report is with the job: {JOB_URL}\n" + NOTE_YAML
    )


@pytest.mark.parametrize("variable", ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_PROJECT_ID"])
def test_a_merge_request_from_a_fork_gets_no_note(gitlab: GitLabServer, variable: str) -> None:
    assert notice(gitlab_env(gitlab, **{variable: "999"}), COMMENT) == (
        "No note is written: this merge request comes from a fork, whose jobs may not write.\n"
        f"The report is with the job: {JOB_URL}"
    )
    assert gitlab.asked == []


def test_a_branch_pipeline_has_no_merge_request(gitlab: GitLabServer) -> None:
    assert tell(gitlab_env(gitlab, CI_MERGE_REQUEST_IID=""), COMMENT, "x", patience=QUICK) == ()
    assert notice(gitlab_env(gitlab, CI_MERGE_REQUEST_IID="7/x"), COMMENT) == (
        "CI_MERGE_REQUEST_IID is malformed.\n"
        f"The report is with the job: {JOB_URL}\n"
        "Pass GitLab's own variables on to the command."
    )
    assert gitlab.asked == []


@pytest.mark.parametrize("word", ["status", "deployment"])
def test_on_gitlab_the_job_s_environment_is_the_deployment(gitlab: GitLabServer, word: Any) -> None:
    assert notice(gitlab_env(gitlab), Wanted("promote", "stable", deployment=word), STABLE) == (
        f"No {word} is written on GitLab: its job token may not. The job's `environment:` makes the deployment.\n"
        f"The report is with the job: {JOB_URL}\n"
        "environment:\n"
        "  name: production"
    )
    assert gitlab.asked == []


# -- deployments ----------------------------------------------------------------------------------------------------

DEPLOYMENT = Wanted("promote", "stable", deployment="deployment")
STATUS = Wanted("promote", "stable", deployment="status")
PAYLOAD = {"gitless": {"run": str(RUN), "verb": "promote", "artifacts": dict(STABLE.artifacts)}}


def test_a_promotion_is_a_deployment_with_its_digest(github: GitHubServer, tmp_path: Path) -> None:
    github.permissions = {"deployments: write"}
    env = push_env(github, tmp_path)
    assert tell(env, DEPLOYMENT, "x", STABLE, QUICK) == ()
    (made,) = github.board.deployments
    assert (made.sha, made.environment, made.payload) == (github.forge.tip, "production", PAYLOAD)
    assert made.fields == {"description": "promote: 1 artifact to production"}
    words = {"state": "success", "description": "promote: 1 artifact to production", "log_url": RUN_URL}
    assert made.states == [words]
    assert github.log == [
        "GET /repos/acme/apps/deployments",
        "POST /repos/acme/apps/deployments",
        f"GET /repos/acme/apps/deployments/{made.id}/statuses",
        f"POST /repos/acme/apps/deployments/{made.id}/statuses",
    ]
    assert tell(env, DEPLOYMENT, "x", STABLE, QUICK) == ()
    assert (github.board.deployments, len(made.states)) == ([made], 1), "the same run again adds nothing"


def test_a_run_that_is_repeated_after_a_failure_gets_the_new_state(github: GitHubServer, tmp_path: Path) -> None:
    env = push_env(github, tmp_path)
    tell(env, DEPLOYMENT, "x", Delivery("promote", "production", STABLE.artifacts, ok=False), QUICK)
    tell(env, DEPLOYMENT, "x", STABLE, QUICK)
    (made,) = github.board.deployments
    assert [(state["state"], state["description"]) for state in made.states] == [
        ("success", "promote: 1 artifact to production"),
        ("failure", "promote: failed, on the way to production"),
    ]


@pytest.mark.parametrize("payload", [{}, "", "{", "[]", None])
def test_the_job_s_own_environment_makes_the_only_deployment(
    github: GitHubServer, tmp_path: Path, payload: Any
) -> None:
    job = {"state": "in_progress", "target_url": f"https://github.com/acme/apps/actions/runs/{RUN}/job/51"}
    other = {"state": "success", "log_url": f"https://github.com/acme/apps/actions/runs/{RUN - 1}/job/50"}
    made = github.board.deploy(github.forge.tip, "production", payload or "", job)
    github.board.deploy(github.forge.tip, "production", {}, other)
    assert tell(push_env(github, tmp_path), DEPLOYMENT, "x", STABLE, QUICK) == ()
    assert len(github.board.deployments) == 2
    assert made.states == [job]
    assert not [text for text in github.log if text.startswith("POST")]


@pytest.mark.parametrize(
    "address",
    [
        f"https://github.com/acme/apps/actions/runs/{RUN}0/job/51",
        f"https://github.com/acme/other/actions/runs/{RUN}/job/51",
        f"https://evil.example/acme/apps/actions/runs/{RUN}/job/51",
        "",
    ],
)
def test_a_deployment_of_another_run_is_another_one(github: GitHubServer, tmp_path: Path, address: str) -> None:
    github.board.deploy(github.forge.tip, "production", {}, {"state": "success", "log_url": address})
    github.board.deploy(github.forge.tip, "staging", PAYLOAD)
    github.board.deploy("e" * 40, "production", PAYLOAD)
    tell(push_env(github, tmp_path), DEPLOYMENT, "x", STABLE, QUICK)
    assert len(github.board.deployments) == 4
    assert github.board.deployments[0].payload == PAYLOAD


def test_two_jobs_of_a_run_that_deliver_different_things_have_a_deployment_each(
    github: GitHubServer, tmp_path: Path
) -> None:
    env = push_env(github, tmp_path)
    api = Delivery("promote", "production", {"api": f"registry.example/acme/api@{DIGEST}"})
    for delivery in (STABLE, api, STABLE):
        tell(env, DEPLOYMENT, "x", delivery, QUICK)
    assert [item.payload["gitless"]["artifacts"] for item in github.board.deployments] == [
        dict(api.artifacts),
        dict(STABLE.artifacts),
    ]


def test_lost_answers_make_no_second_deployment_and_no_second_state(github: GitHubServer, tmp_path: Path) -> None:
    github.lose("POST /repos/acme/apps/deployments", times=2)
    env = push_env(github, tmp_path)
    assert tell(env, DEPLOYMENT, "x", STABLE, QUICK) == ()
    (made,) = github.board.deployments
    assert len(made.states) == 1


def test_a_payload_that_github_gives_back_as_text_is_known(github: GitHubServer, tmp_path: Path) -> None:
    github.board.deploy(github.forge.tip, "production", json.dumps(PAYLOAD))
    tell(push_env(github, tmp_path), DEPLOYMENT, "x", STABLE, QUICK)
    (made,) = github.board.deployments
    assert [state["state"] for state in made.states] == ["success"]


@pytest.mark.parametrize(("asked", "name"), [(DEPLOYMENT, "deployments"), (STATUS, "statuses")])
def test_a_missing_right_to_deploy_is_told_with_the_yaml_to_paste(
    github: GitHubServer, tmp_path: Path, asked: Wanted, name: str
) -> None:
    github.permissions = {"pull-requests: write", f"{name}: read"}
    doing = "make a deployment" if name == "deployments" else "set the commit's status"
    assert notice(push_env(github, tmp_path), asked, STABLE) == (
        f"Cannot {doing}: GitHub answered 403: Resource not accessible by integration\n"
        f"The report is in the job's summary: {RUN_URL}\n"
        f"The token lacks `{name}: write`. Give the job, beside the permissions it has:\n"
        "permissions:\n"
        f"  {name}: write"
    )


@pytest.mark.parametrize(("asked", "word"), [(DEPLOYMENT, "deployment"), (STATUS, "status")])
def test_a_fork_gets_no_deployment(github: GitHubServer, tmp_path: Path, asked: Wanted, word: str) -> None:
    env = github_env(github, tmp_path, GITHUB_ACTOR="dependabot[bot]")
    assert notice(env, asked, STABLE) == (
        f"No {word} is written: this pull request comes from a fork or from Dependabot, whose jobs may not write.\n"
        f"The report is in the job's summary: {RUN_URL}"
    )
    assert github.asked == []


@pytest.mark.parametrize("asked", [DEPLOYMENT, STATUS])
def test_where_nothing_was_delivered_nothing_is_recorded(github: GitHubServer, tmp_path: Path, asked: Wanted) -> None:
    assert tell(push_env(github, tmp_path), asked, "x", None, QUICK) == ()
    assert github.asked == []


# -- statuses -------------------------------------------------------------------------------------------------------


def test_a_promotion_is_a_commit_status(github: GitHubServer, tmp_path: Path) -> None:
    github.permissions = {"statuses: write"}
    tip = github.forge.tip
    github.board.statuses.append(
        {"id": 1, "sha": tip, "state": "success", "description": "x", "context": "ci/other", "target_url": ""}
    )
    env = push_env(github, tmp_path)
    assert tell(env, STATUS, "x", STABLE, QUICK) == ()
    words = {"state": "success", "description": "promote: 1 artifact to production", "target_url": RUN_URL}
    made = {"id": github.board.last, "sha": tip, "context": "gitless/promote/production", **words}
    assert github.board.statuses[0] == made
    assert github.log == [f"GET /repos/acme/apps/commits/{tip}/statuses", f"POST /repos/acme/apps/statuses/{tip}"]
    assert tell(env, STATUS, "x", STABLE, QUICK) == ()
    assert len(github.board.statuses) == 2, "what is said already is not written again"
    tell(env, STATUS, "x", Delivery("promote", "production", {}, ok=False), QUICK)
    assert [item["state"] for item in github.board.statuses] == ["failure", "success", "success"]


def test_a_lost_answer_makes_no_second_status(github: GitHubServer, tmp_path: Path) -> None:
    github.lose("POST /repos/acme/apps/statuses")
    assert tell(push_env(github, tmp_path), STATUS, "x", STABLE, QUICK) == ()
    assert len(github.board.statuses) == 1


@pytest.mark.parametrize("asked", [DEPLOYMENT, STATUS])
def test_a_long_name_fits_the_platform_s_limits(github: GitHubServer, tmp_path: Path, asked: Wanted) -> None:
    long = Delivery("promote", "p" * 240, {"web": f"registry.example/acme/web@{DIGEST}"})
    assert tell(push_env(github, tmp_path), asked, "x", long, QUICK) == ()


def test_a_comment_that_cannot_be_written_keeps_no_deployment_from_being_made(
    github: GitHubServer, tmp_path: Path
) -> None:
    github.permissions = {"deployments: write"}
    both = Wanted("promote", "stable", comment=True, deployment="deployment")
    assert "pull-requests: write" in notice(github_env(github, tmp_path), both, STABLE)
    assert len(github.board.deployments) == 1


def test_an_enterprise_server_is_asked_below_its_path(tmp_path: Path) -> None:
    with GitHubServer(Forge(), prefix="/api/v3") as server:
        assert tell(github_env(server, tmp_path), COMMENT, "x", patience=QUICK) == ()
        assert server.board.bodies(7) == [f"{MARK}\nx"]


def test_a_write_is_not_sent_on_to_another_address(github: GitHubServer, tmp_path: Path) -> None:
    github.faults.append(("POST /repos", lambda _: Reply(307, b"{}", {"Location": "http://127.0.0.1:9/x"})))
    assert notice(github_env(github, tmp_path), COMMENT).startswith(
        "Cannot write a comment to pull request 7.\nGitHub answered 307.\n"
    )

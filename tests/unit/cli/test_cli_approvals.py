"""Approvals through the command line: a plan job, a gated job, and every trick, as both platforms' APIs tell it.

The commits are real, the forges answer for them, and each trick is refused with its own reason.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.api_server import TOKEN
from tests.fakes.forge import Account, Change
from tests.fakes.git_forge import GitForge
from tests.fakes.github_api import RUN, GitHubServer
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer

from gitless.cli.main import run

HOSTS = {"github": "github.com", "gitlab": "gitlab.com"}
CONFIGURATION = """\
version: 1
components: [{path: web}]
registry: oci-layout:../registry
identities: {publish: {key: publish.pub}, promote: {key: promote.pub}}
channels:
  latest: {branches: [main]}
  stable:
    from: latest
    environment: production
    gates:
      approvals: {count: 1, except: [requester, author]}
"""


@dataclass
class Team:
    """Two jobs of one repository: the one that plans, and the one that the environment `production` gates."""

    platform: str
    forge: GitForge
    server: GitHubServer | GitLabServer
    folder: Path
    set_env: Callable[[dict[str, str]], None]
    capture: Any

    def publish(self) -> str:
        """Publish the tip of main, on somebody's machine; its digest."""
        self.set_env({})
        arguments = ("publish", "--signing-key", str(self.folder / "publish.key"), "--json")
        code, document, said = self._run(*arguments)
        assert code == 0, said
        digest: str = document["components"][0]["digest"]
        return digest

    def promote(self, *flags: str, without: tuple[str, ...] = ()) -> tuple[int, dict[str, Any], str]:
        """Promote to `stable` in a job: exit code, JSON document, and what people read."""
        self.set_env({name: text for name, text in self.job().items() if name not in without})
        key = ("--signing-key", str(self.folder / "promote.key"))
        return self._run("promote", "web", "--to", "stable", *key, "--json", *flags)

    def refusal(self, digest: str, **named: Any) -> str:
        """Promote that digest; the approvals gate says no, and nothing moves. Why."""
        code, document, said = self.promote("--digest", digest, **named)
        assert code == 1, said
        (component,) = document["components"]
        failed = [gate for gate in component["gates"] if gate["verdict"] == "failed"]
        assert [gate["name"] for gate in failed] == ["approvals"]
        assert component["record"] is None
        assert not component["moved"]
        named = self.tags()
        assert named["latest"] == digest
        assert named.get("stable") != digest
        reason: str = failed[0]["reason"]
        return reason

    def tags(self) -> dict[str, str]:
        """What every tag of the layout names."""
        index = json.loads((self.folder / "registry" / "web" / "index.json").read_text())
        name = "org.opencontainers.image.ref.name"
        return {
            entry["annotations"][name]: entry["digest"]
            for entry in index["manifests"]
            if name in entry.get("annotations", {})
        }

    def record(self, document: dict[str, Any]) -> dict[str, Any]:
        """The predicate of the record that a promotion left in the layout."""
        blobs = self.folder / "registry" / "web" / "blobs" / "sha256"
        manifest = json.loads((blobs / document["components"][0]["record"].removeprefix("sha256:")).read_text())
        bundle = json.loads((blobs / manifest["layers"][0]["digest"].removeprefix("sha256:")).read_text())
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        predicate: dict[str, Any] = statement["predicate"]
        return predicate

    def job(self) -> dict[str, str]:
        """The variables of the running job."""
        shared = {"CI": "true", "HOME": str(self.folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
        return {**shared, **(self._github() if self.platform == "github" else self._gitlab())}

    def _github(self) -> dict[str, str]:
        event = self.folder / "event.json"
        event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.server.url,
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/tags/v1.0.0",
            "GITHUB_REPOSITORY": "acme/apps",
            "GITHUB_REPOSITORY_ID": str(self.forge.id),
            "GITHUB_RUN_ID": str(RUN),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": self.forge.tip,
            "GITHUB_TOKEN": TOKEN,
        }

    def _gitlab(self) -> dict[str, str]:
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.server.url,
            "CI_COMMIT_REF_NAME": "v1.0.0",
            "CI_COMMIT_SHA": self.forge.tip,
            "CI_COMMIT_TAG": "v1.0.0",
            "CI_DEFAULT_BRANCH": "main",
            "CI_JOB_ID": str(JOB),
            "CI_JOB_TOKEN": JOB_TOKEN,
            "CI_JOB_URL": f"https://gitlab.com/acme/apps/-/jobs/{JOB}",
            "CI_PIPELINE_ID": "36",
            "CI_PROJECT_ID": str(self.forge.id),
            "CI_PROJECT_PATH": "acme/apps",
            "CI_PROJECT_URL": "https://gitlab.com/acme/apps",
            "GITLESS_GITLAB_TOKEN": TOKEN,
        }

    def _run(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        code = run(list(arguments))
        captured = self.capture.readouterr()
        return code, json.loads(captured.out), captured.err

    # -- what people do ---------------------------------------------------------------------------------------

    def change(self, author: Account, *approvers: Account, state: str = "approved") -> Change:
        """A change by somebody, reviewed by others and merged."""
        found = self.forge.change(author, self.forge.write(author))
        for approver in approvers:
            self.forge.review(found, approver, state)
        self.forge.merge(found, by=self.forge.root)
        return found


@pytest.fixture(params=["github", "gitlab"])
def team(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Team]:
    platform = request.param
    files = {"gitless.yaml": CONFIGURATION}
    for name in ("publish", "promote"):
        private, files[f"{name}.pub"] = _key_pair()
        (tmp_path / f"{name}.key").write_bytes(private)
    forge = GitForge(tmp_path, HOSTS[platform], files)
    given: set[str] = set()

    def set_env(variables: dict[str, str]) -> None:
        for name in given:
            monkeypatch.delenv(name)
        given.clear()
        given.update(variables)
        for name, text in variables.items():
            monkeypatch.setenv(name, text)

    monkeypatch.chdir(forge.clone.path)
    with (GitHubServer if platform == "github" else GitLabServer)(forge) as server:
        yield Team(platform, forge, server, tmp_path, set_env, capsys)


def _key_pair() -> tuple[bytes, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


def test_a_plan_job_shows_and_the_gated_job_promotes_exactly_that(team: Team) -> None:
    ann, bob = team.forge.account("ann"), team.forge.account("bob")
    team.change(ann)
    digest = team.publish()
    plan = team.folder / "plan.json"
    code, document, said = team.promote("--plan", str(plan))
    assert code == 0, said
    assert document["planned"] is True
    assert "approvals" not in [gate["name"] for gate in document["components"][0]["gates"]]

    code, document, said = team.promote("--from", "latest")
    assert code == 2, "what nobody has looked at is not promoted"
    assert "the digest that was reviewed must be named" in said

    team.forge.decide(bob, "production", "approved")
    code, document, said = team.promote("--planned", str(plan))
    assert code == 0, said
    assert document["components"][0]["digest"] == digest
    assert document["components"][0]["approvers"] == ["bob"]
    predicate = team.record(document)
    (approver,), (requester,) = predicate["approvers"], predicate["requesters"]
    assert approver["person"] == {"platform": HOSTS[team.platform], "id": str(bob.id), "login": "bob"}
    assert approver["kind"] == {"github": "environment", "gitlab": "deployment"}[team.platform]
    assert requester["id"] == str(team.forge.requester.id)


def test_what_is_published_after_the_plan_is_not_what_was_approved(team: Team) -> None:
    ann, bob = team.forge.account("ann"), team.forge.account("bob")
    team.change(ann)
    digest = team.publish()
    plan = team.folder / "plan.json"
    assert team.promote("--plan", str(plan))[0] == 0
    team.forge.decide(bob, "production", "approved")
    approved = team.forge.tip
    team.change(ann)
    newer = team.publish()
    assert newer != digest
    team.forge.tip = approved  # the run is still the one of the approved commit
    code, document, said = team.promote("--planned", str(plan))
    assert code == 0, said
    assert document["components"][0]["digest"] == digest
    assert team.tags()["stable"] == digest


def test_reviews_of_what_was_merged_are_enough_and_the_record_names_them(team: Team) -> None:
    ann, bob = team.forge.account("ann"), team.forge.account("bob")
    found = team.change(ann, bob)
    code, document, said = team.promote("--digest", team.publish())
    assert code == 0, said
    (approver,) = team.record(document)["approvers"]
    assert approver["person"]["id"] == str(bob.id)
    assert approver["change"].endswith(f"/{found.number}")


# -- tricks: each is refused, and says why ----------------------------------------------------------------------


def test_whoever_asked_approves(team: Team) -> None:
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(team.forge.requester, "production", "approved")
    assert "rita asked for this promotion: nobody approves their own." in team.refusal(digest)


def test_whoever_wrote_it_approves(team: Team) -> None:
    ann = team.forge.account("ann")
    team.change(ann)
    digest = team.publish()
    team.forge.decide(ann, "production", "approved")
    assert "ann wrote part of what is promoted." in team.refusal(digest)


def test_an_author_was_renamed_and_approves(team: Team) -> None:
    ann = team.forge.account("ann")
    team.change(ann)
    digest = team.publish()
    ann.login = "somebody-else"
    team.forge.decide(ann, "production", "approved")
    assert "somebody-else wrote part of what is promoted." in team.refusal(digest)


def test_the_login_of_an_author_is_taken_over_by_somebody_who_may_approve(team: Team) -> None:
    ann = team.forge.account("ann")
    team.change(ann)
    digest = team.publish()
    ann.login = "ann-that-was"
    other = team.forge.account("ann")
    team.forge.decide(other, "production", "approved")
    code, document, said = team.promote("--digest", digest)
    assert code == 0, said
    assert team.record(document)["approvers"][0]["person"]["id"] == str(other.id)


def test_a_bot_approves(team: Team) -> None:
    login = {"github": "helper[bot]", "gitlab": "project_700001_bot_0123456789abcdef"}[team.platform]
    bot = team.forge.account(login, is_bot=True)
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(bot, "production", "approved")
    assert f"{login} is a program, and programs do not approve." in team.refusal(digest)


def test_somebody_rejects_the_run(team: Team) -> None:
    bob = team.forge.account("bob")
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(bob, "production", "rejected")
    assert "bob said no." in team.refusal(digest)


def test_another_environment_was_approved(team: Team) -> None:
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(team.forge.account("bob"), "staging", "approved")
    assert "0 of 1 approvals" in team.refusal(digest)


@pytest.fixture
def started(team: Team) -> Team:
    """The channel exists, and what was approved for it once approves nothing more."""
    team.change(team.forge.account("yan"), team.forge.account("zoe"))
    code, _, said = team.promote("--digest", team.publish())
    assert code == 0, said
    return team


def _open(team: Team) -> tuple[Account, Account, Change]:
    ann, bob = team.forge.account("ann"), team.forge.account("bob")
    change = team.forge.change(ann, team.forge.write(ann))
    return ann, bob, change


def _merged(team: Team, change: Change) -> str:
    team.forge.merge(change, by=team.forge.root)
    return team.refusal(team.publish())


def test_an_older_commit_was_approved(started: Team) -> None:
    ann, bob, change = _open(started)
    started.forge.review(change, bob, "approved")
    started.forge.update(change, started.forge.write(ann, change.head))
    reason = _merged(started, change)
    expected = {"github": f"and {change.head[:12]} was merged", "gitlab": "bob approved before the last version of"}
    assert expected[started.platform] in reason
    assert "Change 2 has 0 of 1 approvals." in reason


def test_the_review_was_dismissed(started: Team) -> None:
    _, bob, change = _open(started)
    started.forge.review(change, bob, "approved")
    started.forge.review(change, bob, "withdrawn")
    reason = _merged(started, change)
    assert "Change 2 has 0 of 1 approvals." in reason
    # GitLab tells of no approval that was taken back
    assert started.platform == "gitlab" or "bob withdrew the approval." in reason


def test_a_reviewer_has_no_role(started: Team) -> None:
    _, bob, change = _open(started)
    bob.role = "read"
    started.forge.review(change, bob, "approved")
    expected = {"github": "may not write to the repository", "gitlab": "may not push to the project"}
    assert f"bob {expected[started.platform]}" in _merged(started, change)


def test_the_author_reviews_the_own_change(started: Team) -> None:
    ann, _, change = _open(started)
    started.forge.review(change, ann, "approved")
    assert "ann wrote part of what is promoted." in _merged(started, change)


def test_a_commit_came_past_every_review(started: Team) -> None:
    ann = started.forge.account("ann")
    ann.has_public_mail = True  # GitLab names no accounts beside commits
    sha = started.forge.push(ann, started.forge.write(ann))
    assert f"Commit {sha[:12]}, which no change brought, has 0 of 1 approvals." in started.refusal(started.publish())


# -- rights that are missing ------------------------------------------------------------------------------------


def test_a_right_that_is_missing_is_told_as_lines_to_paste(team: Team) -> None:
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(team.forge.account("bob"), "production", "approved")
    part, words = {
        "github": ("/approvals", "Resource not accessible by integration"),
        "gitlab": ("/deployments", "403 Forbidden"),
    }[team.platform]
    team.server.fail(part, 403, words)
    code, document, said = team.promote("--digest", digest)
    assert code == 1
    assert words in said
    hint = document["components"][0]["error"]["hint"]
    expected = {"github": "permissions:\n  actions: read\n", "gitlab": "job token"}
    assert expected[team.platform] in hint
    assert all(line in said for line in hint.splitlines())


def test_a_job_without_a_token_of_its_own_is_told_to_get_one(team: Team) -> None:
    team.change(team.forge.account("ann"))
    digest = team.publish()
    team.forge.decide(team.forge.account("bob"), "production", "approved")
    name = {"github": "GITHUB_TOKEN", "gitlab": "GITLESS_GITLAB_TOKEN"}[team.platform]
    code, document, said = team.promote("--digest", digest, without=(name,))
    assert code == 1
    assert name in document["components"][0]["error"]["hint"]
    assert name in said


def test_a_platform_that_is_down_is_worth_a_retry(team: Team) -> None:
    digest = team.publish()
    team.server.fail("", 503, "Service Unavailable", Retry_After="3600")
    code, _, said = team.promote("--digest", digest)
    assert code == 3, said
    assert "503" in said

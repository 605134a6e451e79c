"""Approvals of the job that the token names: keyless, with real Sigstore services and the platforms' APIs on loopback."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.api_server import TOKEN
from tests.fakes.git_forge import GitForge
from tests.fakes.github_api import RUN, GitHubServer
from tests.fakes.gitlab_api import JOB, JOB_TOKEN, GitLabServer
from tests.fakes.sigstore.stack import Stack
from tests.peers.promoting import ISSUERS
from tools.peers.commands import Tools
from tools.peers.publisher import gitless

CONFIGURATION = """\
version: 1
components: [{path: web}]
signing:
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}
channels:
  latest: {branches: [main]}
  stable:
    from: latest
    environment: production
    gates:
      provenance: {repository: acme/apps, ref: refs/heads/main}
      approvals: {count: 1, except: [requester, author]}
identities:
"""
IDENTITIES = {
    "github": """\
  publish: {github: {repository: acme/apps, workflow: push-artifact.yaml, ref: refs/heads/main}}
  promote: {github: {repository: acme/apps, workflow: release-artifact.yaml, ref: refs/tags/*}}
""",
    "gitlab": """\
  publish: {gitlab: {project: acme/apps, ref: refs/heads/main}}
  promote: {gitlab: {project: acme/apps, ref: refs/tags/*}}
""",
}


@dataclass
class Team:
    """One repository on a platform, published and with an approval of the running promotion."""

    platform: str
    forge: GitForge
    server: GitHubServer | GitLabServer
    stack: Stack
    place: str

    def publish(self) -> str:
        """Publish as the job of main; the digest."""
        done = self._run("publish", env=self._job("main"))
        assert done.returncode == 0, done.stderr
        digest: str = json.loads(done.stdout)["components"][0]["digest"]
        return digest

    def promote(self, digest: str, *flags: str, **claims: str) -> subprocess.CompletedProcess[str]:
        """Promote as the job of a tag, with these claims in its token and not in its variables."""
        honest = self._job("v1.0.0", environment="production")
        token = self._job("v1.0.0", **{"environment": "production", **claims})
        secret = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SIGSTORE_ID_TOKEN")
        env = {**honest, **{name: token[name] for name in secret if name in token}}
        return self._run("promote", "web", "--to", "stable", "--digest", digest, *flags, env=env)

    def _run(self, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        flags = ("--registry", self.place, "--json")
        return gitless(*arguments, *flags, cwd=self.forge.clone.path, env=env, check=False)

    def _job(self, ref: str, **claims: str) -> dict[str, str]:
        common = {"sha": self.forge.tip, **claims}
        issuers = self.stack.issuers
        if self.platform == "gitlab":
            kind = {"ref": ref, "ref_type": "branch" if ref == "main" else "tag"}
            named = {"project_path": "acme/apps", "project_id": str(self.forge.id), "job_id": str(JOB)}
            job = issuers.gitlab_job(**{**kind, **named, **common})
            job |= {"CI_JOB_TOKEN": JOB_TOKEN, "GITLESS_GITLAB_TOKEN": TOKEN, "CI_API_V4_URL": self.server.url}
            return {**job, "CI_DEFAULT_BRANCH": "main", **issuers.client_environment()}
        path = ".github/workflows/" + ("push-artifact.yaml" if ref == "main" else "release-artifact.yaml")
        full = f"refs/heads/{ref}" if ref == "main" else f"refs/tags/{ref}"
        named = {"repository": "acme/apps", "repository_id": str(self.forge.id), "run_id": str(RUN)}
        job = issuers.github_job(**{"path": path, "ref": full, **named, **common})
        event = self.forge.clone.path.with_name("event.json")
        event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
        job |= {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": self.server.url, "GITHUB_EVENT_PATH": str(event)}
        return {**job, **issuers.client_environment()}


@pytest.fixture(params=["github", "gitlab"])
def team(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack, registries: dict[str, str]) -> Iterator[Team]:
    platform: str = request.param
    files = {f"sigstore/{file.name}": file.read_text() for file in (sigstore.trusted_root, sigstore.signing_config)}
    files["gitless.yaml"] = CONFIGURATION + IDENTITIES[platform]
    forge = GitForge(tmp_path, f"{platform}.com", files)
    ann, bob = forge.account("ann"), forge.account("bob")
    forge.merge(forge.change(ann, forge.write(ann)), by=forge.root)
    forge.decide(bob, "production", "approved")
    with (GitHubServer if platform == "github" else GitLabServer)(forge) as server:
        yield Team(platform, forge, server, sigstore, f"{registries['ggcr-registry']}/{tmp_path.name}")


def test_a_record_names_the_verified_run_and_who_approved_it(team: Team, tools: Tools, sigstore: Stack) -> None:
    digest = team.publish()
    done = team.promote(digest)
    assert done.returncode == 0, done.stderr
    promoter = {
        "github": "https://github.com/acme/apps/.github/workflows/release-artifact.yaml@refs/tags/v1.0.0",
        "gitlab": "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/tags/v1.0.0",
    }[team.platform]
    statement: dict[str, Any] = tools.attestation_by(
        sigstore.trusted_root,
        promoter,
        ISSUERS[team.platform],
        f"{team.place}/web@{digest}",
        "https://gitless.dev/promotion/v1",
    )
    predicate = statement["predicate"]
    (approver,) = predicate["approvers"]
    bob = next(account for account in team.forge.accounts if account.login == "bob")
    assert approver["person"] == {"platform": f"{team.platform}.com", "id": str(bob.id), "login": "bob"}
    assert [each["login"] for each in predicate["requesters"]] == ["rita"]
    assert predicate["run"]["verified"] is True
    number = {"github": f"/actions/runs/{RUN}/attempts/1", "gitlab": f"/-/jobs/{JOB}"}[team.platform]
    assert predicate["run"]["url"].endswith(number)


@pytest.mark.parametrize("claim", ["run", "environment"])
def test_approvals_of_another_run_or_environment_than_the_tokens_do_not_count(
    team: Team, claim: str, tools: Tools
) -> None:
    digest = team.publish()
    other = {
        ("run", "github"): {"run_id": "9000000002"},
        ("run", "gitlab"): {"job_id": "8000000002"},
    }.get((claim, team.platform), {"environment": "staging"})
    done = team.promote(digest, **other)
    assert done.returncode == 1, done.stderr
    assert "This job is not the one its variables describe." in done.stderr
    assert "stable" not in tools.run("crane", "ls", f"{team.place}/web").stdout.decode().split()


def test_an_emergency_counts_approvals_of_its_own_run_too(team: Team) -> None:
    rules = team.forge.clone.path / "gitless.yaml"
    calm = "      approvals: {count: 1, except: [requester, author]}\n"
    urgent = "    emergency: {may-skip: [soak], approvals: {count: 1}}\n"
    team.forge.clone.write({"gitless.yaml": rules.read_text().replace(calm, urgent)})
    team.forge.push(team.forge.root, team.forge.write(team.forge.root))
    digest = team.publish()
    flags = ("--emergency", "--reason", "the shop is down")
    done = team.promote(digest, *flags, environment="staging")
    assert done.returncode == 1, done.stderr
    assert "This job is not the one its variables describe." in done.stderr
    done = team.promote(digest, *flags)
    assert done.returncode == 0, done.stderr
    assert "Approved by bob." in done.stderr

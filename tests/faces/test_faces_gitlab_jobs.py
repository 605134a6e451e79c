"""The example's GitLab pipeline runs as it is: components, reports and tokens, from the first push to the audit."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faces.example import Example
from tests.faces.gitlab import NAME, GitLab, Project
from tests.fakes.sigstore.stack import Stack
from tools.peers.commands import Tools

ISSUER = "https://gitlab.com"
SUBJECT = f"https://gitlab.com/{NAME}//.gitlab-ci.yml@refs/heads/main"
TAG = "v1.0.0"


@pytest.fixture
def gitlab(tmp_path: Path) -> GitLab:
    """A machine of its own."""
    return GitLab(tmp_path / "gitlab")


@pytest.fixture
def project(example: Example, sigstore: Stack) -> Project:
    """The example on GitLab."""
    return Project(example, sigstore)


@pytest.mark.timeout(400)
def test_from_the_first_push_to_the_audit(
    project: Project, gitlab: GitLab, registry: str, sigstore: Stack, tools: Tools, tmp_path: Path
) -> None:
    place = f"{registry}/{tmp_path.name}"
    at = {"GITLESS_REGISTRY": place}
    pushed = gitlab.run(project.example.path, {**project.job(), **at}, "gitless-publish")
    assert pushed.code == 0, pushed.log
    components = pushed.result("gitless-publish", "publish")["components"]
    assert [item["name"] for item in components] == ["backend", "frontend", "web"]
    for item in components:
        tools.verify_identity(sigstore.trusted_root, SUBJECT, ISSUER, item["reference"])
    assert "✅ 3 published" in pushed.report("gitless-publish", "publish", "summary.md")
    assert pushed.outputs("gitless-publish", "publish")["GITLESS_PUBLISH_PUSHED"] == "true"
    assert set(pushed.cases("gitless-publish", "publish").values()) == {"passed"}

    release = {**project.job(TAG, "tag", environment="production"), **at}
    promoted = gitlab.run(project.example.path, release, "gitless-promote")
    assert promoted.code == 0, promoted.log
    assert "would move" in promoted.report("gitless-promote-plan", "promote", "summary.md")
    planned, done = (promoted.outputs(job, "promote") for job in ("gitless-promote-plan", "gitless-promote"))
    assert planned["GITLESS_PROMOTE_DIGEST"] == done["GITLESS_PROMOTE_DIGEST"]
    assert done["GITLESS_PROMOTE_RELEASE"] == TAG
    assert done["IMAGE_DIGEST"] == f"{place}/web@{done['GITLESS_PROMOTE_DIGEST']}"
    assert promoted.cases("gitless-promote", "promote")["web sbom"] == "passed"
    subject = f"https://gitlab.com/{NAME}//.gitlab-ci.yml@refs/tags/{TAG}"
    for tag in ("stable", TAG):
        tools.verify_identity(sigstore.trusted_root, subject, ISSUER, f"{place}/web:{tag}")

    pipeline = project.example.path / ".gitlab-ci.yml"
    project.example.commit({".gitlab-ci.yml": pipeline.read_text().replace("registry.gitlab.com/acme/apps", place)})
    scheduled = {**project.job(source="schedule"), **at}
    looked = gitlab.run(project.example.path, scheduled, "gitless-verify", "gitless-audit", "gitless-history")
    assert looked.code == 0, looked.log
    assert looked.outputs("gitless-verify", "verify")["GITLESS_VERIFY_VERIFIED"] == "true"
    assert looked.outputs("gitless-audit", "audit")["GITLESS_AUDIT_FINDINGS"] == "0"
    assert "History of web ✅ is whole" in looked.report("gitless-history", "history", "summary.md")
    assert "<html" in looked.report("gitless-history", "history", "index.html")

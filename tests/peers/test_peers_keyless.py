"""Publishing as the job itself, with real Fulcio, Rekor and timestamp authority; cosign accepts it by identity."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.sigstore.stack import Stack
from tests.peers.keyless import Job
from tools.peers.commands import Tools

IDENTITY = {
    "github": (
        "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main",
        "https://token.actions.githubusercontent.com",
    ),
    "gitlab": ("https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/heads/main", "https://gitlab.com"),
}
THREE = ["https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom", "https://slsa.dev/provenance/v1"]


@pytest.fixture(params=["github", "gitlab"])
def job(request: pytest.FixtureRequest, tmp_path: Path, sigstore: Stack) -> Job:
    return Job(tmp_path / "apps", sigstore, request.param)


def test_cosign_accepts_what_a_job_published_by_its_identity(
    job: Job, registry: str, tools: Tools, sigstore: Stack
) -> None:
    certificates = len(sigstore.issued())
    record = job.publish(f"{registry}/{job.platform}-{job.repository.path.parent.name}")
    assert sorted(item["predicate_type"] for item in record["evidence"]) == sorted(THREE)
    assert len(sigstore.issued()) == certificates + 1
    reference, (subject, issuer) = record["reference"], IDENTITY[job.platform]
    tools.verify_identity(sigstore.trusted_root, subject, issuer, reference)
    for kind in ("cyclonedx", "slsaprovenance1"):
        statement = tools.attestation_by(sigstore.trusted_root, subject, issuer, reference, kind)
        assert statement["subject"][0]["digest"]["sha256"] == record["digest"].removeprefix("sha256:")
    other = subject.replace("refs/heads/main", "refs/heads/topic")
    assert tools.verify_identity(sigstore.trusted_root, other, issuer, reference, check=False).returncode != 0


def test_a_second_publish_finds_it_unchanged_and_signs_nothing(job: Job, registry: str, sigstore: Stack) -> None:
    place = f"{registry}/{job.platform}-{job.repository.path.parent.name}-again"
    job.publish(place)
    certificates = len(sigstore.issued())
    record = job.publish(place)
    assert (record["changed"], record["pushed"]) == (False, False)
    assert len(sigstore.issued()) == certificates


def test_another_branch_is_stopped_before_anything_is_pushed(job: Job, registry: str, sigstore: Stack) -> None:
    certificates = len(sigstore.issued())
    ref = {"ref": "refs/heads/topic"} if job.platform == "github" else {"ref": "topic"}
    code, said = job.refused("publish", "--registry", f"{registry}/nobody", env=job.variables(**ref))
    assert code == 2
    assert "refs/heads/topic" in said
    assert "refs/heads/main" in said
    assert len(sigstore.issued()) == certificates

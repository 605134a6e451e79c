"""What `gitless identity --form cosign` prints, pasted into a shell as it stands: the real cosign takes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.fakes.sigstore.stack import Stack
from tests.peers.keyless import Job
from tools.peers.commands import Tools
from tools.peers.recipes import program

REUSABLE = "{github: {repository: acme/d2-apps, workflow: acme/ci/.github/workflows/publish.yaml, ref: refs/tags/v1}}"
TAGS = "{gitlab: {project: acme/d2-apps, ref: refs/tags/*}}"


@pytest.fixture
def place(registries: dict[str, str], tmp_path: Path) -> str:
    return f"{next(iter(registries.values()))}/identity/{tmp_path.name.replace('_', '-').lower()}"


def configured(job: Job, before: str, after: str) -> Job:
    text = (job.repository.path / "gitless.yaml").read_text()
    assert before in text
    job.repository.write({"gitless.yaml": text.replace(before, after)})
    job.repository.commit()
    return job


def paste(job: Job, tools: Tools, reference: str) -> list[subprocess.CompletedProcess[str]]:
    """Each printed line in a shell, in the repository."""
    cosign = program("cosign")
    assert cosign is not None
    env = {**tools.environment, "PATH": f"{cosign.parent}:{tools.environment['PATH']}"}
    lines = job.run("identity", "--form", "cosign", "--reference", reference).splitlines()
    return [
        subprocess.run(
            ["sh", "-c", line], cwd=job.repository.path, env=env, capture_output=True, text=True, check=False
        )
        for line in lines
    ]


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_the_published_artifact_passes_and_another_identity_does_not(
    platform: str, tmp_path: Path, place: str, tools: Tools, sigstore: Stack
) -> None:
    job = Job(tmp_path / "apps", sigstore, platform)
    reference = job.publish(place)["reference"]
    tag = f"{reference.partition('@')[0]}:latest"
    done = paste(job, tools, tag)
    assert [run.returncode for run in done] == [0, 0, 0], "\n".join(run.stderr for run in done)
    configured(job, "refs/heads/main", "refs/heads/*")
    assert [run.returncode for run in paste(job, tools, tag)] == [0, 0, 0]
    configured(job, "refs/heads/*", "refs/heads/mai")
    assert all(run.returncode != 0 for run in paste(job, tools, tag))


def test_a_reusable_workflows_other_caller_is_told_apart(
    tmp_path: Path, place: str, tools: Tools, sigstore: Stack
) -> None:
    job = Job(tmp_path / "apps", sigstore, "github")
    configured(
        job, "{github: {repository: acme/d2-apps, workflow: push-artifact.yaml, ref: refs/heads/main}}", REUSABLE
    )
    called = job.variables(job_workflow_ref="acme/ci/.github/workflows/publish.yaml@refs/tags/v1")
    tag = f"{job.publish(place, env=called)['reference'].partition('@')[0]}:latest"
    done = paste(job, tools, tag)
    assert [run.returncode for run in done] == [0, 0, 0], "\n".join(run.stderr for run in done)
    configured(job, "repository: acme/d2-apps", "repository: acme/other")
    assert all(run.returncode != 0 for run in paste(job, tools, tag))


def test_a_tag_of_gitlab_passes_under_a_pattern(tmp_path: Path, place: str, tools: Tools, sigstore: Stack) -> None:
    job = Job(tmp_path / "apps", sigstore, "gitlab")
    configured(job, "{gitlab: {project: acme/d2-apps, ref: refs/heads/main}}", TAGS)
    tagged = job.variables(ref="v1.2.3", ref_type="tag")
    tag = f"{job.publish(place, env=tagged)['reference'].partition('@')[0]}:latest"
    assert [run.returncode for run in paste(job, tools, tag)] == [0, 0, 0]

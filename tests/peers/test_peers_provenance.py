"""Provenance of a job that signed with a real Fulcio's certificate, as cosign hands it on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.sigstore.stack import Stack
from tests.peers.keyless import Job
from tools.peers.commands import Tools

PLACES = {
    "github": (
        "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main",
        "https://token.actions.githubusercontent.com",
        "https://actions.github.io/buildtypes/workflow/v1",
        {
            "workflow": {
                "ref": "refs/heads/main",
                "repository": "https://github.com/acme/d2-apps",
                "path": ".github/workflows/push-artifact.yaml",
            }
        },
        "https://github.com/acme/d2-apps/actions/runs/9000000001/attempts/1",
    ),
    "gitlab": (
        "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/heads/main",
        "https://gitlab.com",
        "https://gitless.dev/buildtypes/gitlab/v1",
        {
            "pipeline": {
                "ref": "refs/heads/main",
                "project": "https://gitlab.com/acme/d2-apps",
                "config": ".gitlab-ci.yml",
            }
        },
        "https://gitlab.com/acme/d2-apps/-/jobs/8000000001",
    ),
}


@pytest.mark.parametrize("platform", PLACES)
def test_the_provenance_is_the_platforms(
    platform: str, tmp_path: Path, registry: str, tools: Tools, sigstore: Stack
) -> None:
    subject, issuer, build_type, external, invocation = PLACES[platform]
    job = Job(tmp_path / "apps", sigstore, platform)
    reference = job.publish(f"{registry}/provenance-{platform}")["reference"]
    predicate = tools.attestation_by(sigstore.trusted_root, subject, issuer, reference, "slsaprovenance1")["predicate"]
    definition, run = predicate["buildDefinition"], predicate["runDetails"]
    commit = job.repository.git("rev-parse", "HEAD")
    assert definition["buildType"] == build_type
    assert definition["externalParameters"] == external
    assert definition["resolvedDependencies"][0] == {
        "uri": f"git+https://{platform}.com/acme/d2-apps@refs/heads/main",
        "digest": {"gitCommit": commit},
    }
    assert definition["gitless_publish"]["revision"] == f"main@sha1:{commit}"
    assert run["builder"] == {"id": subject}
    assert run["metadata"]["invocationId"] == invocation
    assert "gitless_unverified" not in run


@pytest.mark.parametrize(
    "flags",
    [
        ("--source", "https://github.com/acme/other"),
        ("--revision", f"main@sha1:{'3e' * 20}"),
        ("--revision", "v1.2.3"),
    ],
)
def test_a_source_that_the_certificate_would_not_name_is_stopped_before_anything_is_signed(
    flags: tuple[str, str], tmp_path: Path, registry: str, sigstore: Stack
) -> None:
    certificates = len(sigstore.issued())
    job = Job(tmp_path / "apps", sigstore, "github")
    code, said = job.refused("publish", "--registry", f"{registry}/nothing", *flags)
    assert (code, len(sigstore.issued())) == (2, certificates)
    assert flags[1] in said

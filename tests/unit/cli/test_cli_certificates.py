"""verify and inspect by certificate identity, as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.fakes.certified import GITHUB_PATTERN, artifact_of, evidence_of, legacy, put, put_legacy
from tests.fakes.signed import full_evidence, make_signer
from tests.fakes.sigstore.paper import GITHUB_JOB, GITLAB_JOB, the_paper

from gitless.model.media_types import PREDICATE_SIGNATURE
from gitless.registry.layout import LayoutRepository


@pytest.fixture
def place(tmp_path):
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    artifact = artifact_of()
    put(LayoutRepository(tmp_path / "out"), artifact, evidence_of(artifact))
    return tmp_path


def run(place, *words, code=None):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, *(["-c", code] if code else ["-m", "gitless"]), *words]
    return subprocess.run(command, cwd=place, env=kept, capture_output=True, text=True, check=False)


def by(identity=GITHUB_JOB.subject):
    issuer = GITHUB_PATTERN.issuer
    return ("--certificate-identity", identity, "--certificate-oidc-issuer", issuer, "--trusted-root", "root.json")


@pytest.mark.parametrize("policy", ["flux", "cosign", "strict"])
def test_verify_by_identity(place, policy):
    done = run(place, "verify", "oci-layout:out:latest", *by(), "--policy", policy, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["ok"]
    assert {item["standing"] for item in record["evidence"]} == {"valid"}
    for item in record["evidence"]:
        assert item["identity"] == f"{GITHUB_PATTERN.subject} (issuer {GITHUB_PATTERN.issuer})"
        assert (item["check"], item["signed_at"]) == ("bundle.9-subject", "2026-06-01T12:00:30Z")
    assert "at 2026-06-01T12:00:30Z" in done.stderr


def test_verify_refuses_another_identity(place):
    done = run(place, "verify", "oci-layout:out:latest", *by(GITLAB_JOB.subject), "--json")
    assert done.returncode == 1
    record = json.loads(done.stdout)
    assert {item["standing"] for item in record["evidence"]} == {"foreign"}
    assert {item["check"] for item in record["evidence"]} == {"bundle.7-identity"}
    assert all("identity" not in item for item in record["evidence"])
    assert "foreign" in done.stderr


def test_inspect_judges_where_somebody_is_trusted(tmp_path):
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    place, artifact = tmp_path, artifact_of()
    put(LayoutRepository(place / "out"), artifact, evidence_of(artifact, {PREDICATE_SIGNATURE: {}}))
    done = run(place, "inspect", "oci-layout:out:latest", *by(), "--json")
    assert {item["standing"] for item in json.loads(done.stdout)["evidence"]} == {"valid"}
    done = run(place, "inspect", "oci-layout:out:latest", "--json")
    unknown = json.loads(done.stdout)["evidence"]
    assert {item["standing"] for item in unknown} == {"unknown"}
    assert all("check" not in item for item in unknown)


def test_verify_reads_legacy_signatures_as_flux_does(tmp_path):
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    artifact, store = artifact_of(), LayoutRepository(tmp_path / "out")
    put(store, artifact, [])
    put_legacy(store, artifact, legacy(artifact.digest))
    done = run(tmp_path, "verify", "oci-layout:out:latest", *by(), "--policy", "flux")
    assert done.returncode == 0, done.stderr
    assert "legacy signature  valid" in done.stderr
    assert run(tmp_path, "verify", "oci-layout:out:latest", *by()).returncode == 1


def test_keys_do_not_pay_for_certificates(tmp_path):
    """sigstore takes 0.3 s to import; whoever verifies with a key never needs it."""
    signer, artifact = make_signer(), artifact_of()
    (tmp_path / "k.pub").write_bytes(signer.public_key_pem)
    put(LayoutRepository(tmp_path / "out"), artifact, full_evidence(signer, artifact))
    code = (
        "import sys\nfrom gitless.cli.main import main\n"
        "try: main()\nexcept SystemExit as end: status = end.code\n"
        "print(status, sorted(name for name in sys.modules if name.split('.')[0] in ('sigstore', 'rfc3161_client', 'tuf')))"
    )
    done = run(tmp_path, "verify", "oci-layout:out:latest", "--key", "k.pub", "--policy", "cosign", code=code)
    assert done.stdout == "0 []\n", done.stderr

"""The paper instance against real cosign, which knows nothing of how its bundles were made."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from tests.fakes.sigstore.claims import GITHUB, GITLAB
from tests.fakes.sigstore.fault import Case, Fault, true_case
from tests.fakes.sigstore.faults import FAULTS
from tests.fakes.sigstore.paper import BUNDLE_V03, DIGEST, GITHUB_JOB, GITLAB_JOB, SIGNED, about, the_paper
from tools.peers.commands import Tools
from tools.peers.upload import MANIFEST, digest_of, get_manifest, put_artifact, put_blob, put_manifest

COSIGN_ACCEPTS = {
    # it reads older versions, as many timestamps and entries as there are, and bundles of any size
    "huge",
    "bundle-version-0.1",
    "bundle-version-0.2",
    "timestamp-twice",
    "two-scts",
    "two-entries-of-two-logs",
    # … is content with the first name, and does not ask what a certificate is for
    "two-subjects-of-certificate",
    "two-kinds-of-subject",
    "leaf-is-an-authority",
    "leaf-not-for-signatures",
    "leaf-without-extended-usage",
    "leaf-without-key-usage",
    # … takes root, size and index of a version 2 entry from checkpoint and entry, not from the proof
    "proof-index-outside",
    "proof-of-the-neighbour",
    "proof-size-changed",
    "root-hash-short",
    "root-hash-wrong",
    "kind-version-unknown",
    "kind-other-than-the-body",
    "entry-of-two-signatures-v1",
    # … does not hold a log that says no time against the time it is trusted in
    "log-ended-in-root",
    "log-not-begun-in-root",
    # … and wants one subject to be ours, of any statement
    "statement-type-missing",
    "statement-type-unknown",
    "predicate-missing",
    "subject-digest-in-capitals",
    "two-subjects",
    "two-subjects-both-ours",
    "two-subjects-ours-last",
}
TRUE = {
    "GitHub, Rekor 2": {},
    "GitHub, Rekor 1": {"rekor": 1},
    "GitHub, Rekor 1 without timestamp": {"rekor": 1, "timestamp": False},
    "GitLab, Rekor 2": {"identity": GITLAB_JOB},
    "GitLab, Rekor 1": {"identity": GITLAB_JOB, "rekor": 1},
}


def _verify(tools: Tools, case: Case) -> subprocess.CompletedProcess[bytes]:
    bundle, root = tools.home / "paper.sigstore.json", tools.home / "paper-root.json"
    bundle.write_bytes(case.bundle)
    root.write_bytes(case.trusted_root)
    who = ("--certificate-identity", case.identity, "--certificate-oidc-issuer", case.issuer)
    what = ("--type", SIGNED, "--digest", case.digest, "--digestAlg", "sha256")
    trust = ("--bundle", bundle, "--trusted-root", root)
    return tools.run("cosign", "verify-blob-attestation", *trust, *who, *what, check=False)


@pytest.mark.parametrize("log_key", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("drawn", TRUE.values(), ids=TRUE)
def test_cosign_accepts_what_is_true(tools: Tools, log_key: str, drawn: dict[str, Any]) -> None:
    paper, identity = the_paper(log_key), drawn.get("identity", GITHUB_JOB)
    issuer = GITLAB if identity == GITLAB_JOB else GITHUB
    case = Case(paper.sign(about(), **drawn), paper.trusted_root(), DIGEST, identity.subject, issuer)
    done = _verify(tools, case)
    assert done.stderr.strip() == b"Verified OK"
    assert done.returncode == 0


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if each.name not in COSIGN_ACCEPTS], ids=lambda each: each.name
)
def test_cosign_refuses_a_fault(tools: Tools, fault: Fault) -> None:
    assert _verify(tools, fault.make(the_paper())).returncode != 0


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.name in COSIGN_ACCEPTS], ids=lambda each: each.name)
def test_cosign_is_content_with_some(tools: Tools, fault: Fault) -> None:
    assert _verify(tools, fault.make(the_paper())).returncode == 0


@pytest.mark.parametrize("rekor", [1, 2])
def test_cosign_verify_finds_it_in_a_registry(registries: dict[str, str], tools: Tools, rekor: int) -> None:
    host, repository = registries["ggcr-registry"], f"peers/paper{rekor}"
    reference = put_artifact(host, repository, "v1", {"config.yaml": b"a: 1\n"})
    digest = reference.split("@sha256:")[1]
    case = true_case(the_paper(), rekor=rekor)
    root = tools.home / "paper-root.json"
    root.write_bytes(case.trusted_root)
    content = the_paper().sign(about(digest), rekor=1 if rekor == 1 else 2)
    assert tools.verify_identity(root, case.identity, case.issuer, reference, check=False).returncode != 0
    _attach(host, repository, digest, content)
    tools.verify_identity(root, case.identity, case.issuer, reference)
    assert tools.verify_identity(root, case.identity + "2", case.issuer, reference, check=False).returncode != 0


def _attach(host: str, repository: str, digest: str, bundle: bytes) -> None:
    subject = get_manifest(host, repository, f"sha256:{digest}") or b""
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE_V03,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "size": 2,
            "digest": put_blob(host, repository, b"{}"),
        },
        "layers": [{"mediaType": BUNDLE_V03, "size": len(bundle), "digest": put_blob(host, repository, bundle)}],
        "subject": {"mediaType": MANIFEST, "size": len(subject), "digest": f"sha256:{digest}"},
    }
    content = json.dumps(manifest).encode()
    put_manifest(host, repository, digest_of(content), content)

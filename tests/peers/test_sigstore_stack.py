"""The Sigstore services themselves: who may sign, what the certificate says, whom cosign accepts. Look here first."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.fakes.sigstore.authorities import issue
from tests.fakes.sigstore.claims import GITHUB, GITLAB, SELF_MANAGED, SHA, github_claims, gitlab_claims
from tests.fakes.sigstore.fulcio import certificate_for, request_certificate
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.issuers import Forgery
from tests.fakes.sigstore.stack import Stack
from tools.peers.commands import Tools
from tools.peers.upload import put_artifact

GITHUB_SUBJECT = "https://github.com/acme/d2-apps/.github/workflows/push-artifact.yaml@refs/heads/main"
GITLAB_SUBJECT = "https://gitlab.com/acme/d2-apps//.gitlab-ci.yml@refs/heads/main"
IDENTITIES = {"github": (GITHUB_SUBJECT, GITHUB), "gitlab": (GITLAB_SUBJECT, GITLAB)}
GITHUB_CERTIFICATE = {
    1: GITHUB,
    2: "push",
    3: SHA,
    4: "push-artifact",
    5: "acme/d2-apps",
    6: "refs/heads/main",
    8: GITHUB,
    9: GITHUB_SUBJECT,
    10: SHA,
    11: "github-hosted",
    12: "https://github.com/acme/d2-apps",
    13: SHA,
    14: "refs/heads/main",
    15: "700001",
    16: "https://github.com/acme",
    17: "500001",
    18: GITHUB_SUBJECT,
    19: SHA,
    20: "push",
    21: "https://github.com/acme/d2-apps/actions/runs/9000000001/attempts/1",
    22: "public",
    24: "repo:acme/d2-apps:ref:refs/heads/main",
}
GITLAB_CERTIFICATE = {
    1: GITLAB,
    8: GITLAB,
    9: GITLAB_SUBJECT,
    10: SHA,
    11: "gitlab-hosted",
    12: "https://gitlab.com/acme/d2-apps",
    13: SHA,
    14: "refs/heads/main",
    15: "700002",
    16: "https://gitlab.com/acme",
    17: "500002",
    18: GITLAB_SUBJECT,
    19: SHA,
    20: "push",
    21: "https://gitlab.com/acme/d2-apps/-/jobs/8000000001",
    22: "public",
    24: "project_path:acme/d2-apps:ref_type:branch:ref:main",
}

REUSED = "platform/ci/.github/workflows/publish.yaml@refs/tags/v3"
GITHUB_JOBS: dict[str, tuple[dict[str, Any], str]] = {
    "branch": ({}, GITHUB_SUBJECT),
    "tag": ({"ref": "refs/tags/v1.2.3"}, GITHUB_SUBJECT.replace("heads/main", "tags/v1.2.3")),
    "pull request": (
        {"event_name": "pull_request", "ref": "refs/pull/7/merge"},
        GITHUB_SUBJECT.replace("heads/main", "pull/7/merge"),
    ),
    "environment": ({"environment": "production"}, GITHUB_SUBJECT),
    "reusable workflow": (
        {"job_workflow_ref": REUSED, "job_workflow_sha": "2e" * 20},
        f"https://github.com/{REUSED}",
    ),
}
GITLAB_JOBS: dict[str, tuple[dict[str, Any], str]] = {
    "branch": ({}, GITLAB_SUBJECT),
    "tag": ({"ref": "v1.2.3", "ref_type": "tag"}, GITLAB_SUBJECT.replace("heads/main", "tags/v1.2.3")),
    "subgroup": ({"project_path": "acme/platform/d2-apps"}, GITLAB_SUBJECT.replace("acme/", "acme/platform/")),
    "environment": ({"environment": "production"}, GITLAB_SUBJECT),
}
FORGERIES = {
    "signed by a stranger": Forgery(foreign=True),
    "names an unknown key": Forgery(kid="nobody"),
    "changed after signing": Forgery(tampered=True),
    "not signed": Forgery(algorithm="none"),
    "keyed with the public key": Forgery(algorithm="HS256"),
}


def _bundle(stack: Stack, tools: Tools, job: dict[str, str], name: str) -> dict[str, Any]:
    (tools.home / name).write_bytes(b"some content")
    trust = ("--signing-config", stack.signing_config, "--trusted-root", stack.trusted_root)
    tools.run("cosign", "sign-blob", "--yes", *trust, "--bundle", f"{name}.json", name, env=job)
    bundle: dict[str, Any] = json.loads((tools.home / f"{name}.json").read_text())
    return bundle


@pytest.mark.parametrize("platform", IDENTITIES)
def test_cosign_signs_as_the_job_and_accepts_only_its_identity(
    platform: str, registry: str, sigstore: Stack, tools: Tools
) -> None:
    subject, issuer = IDENTITIES[platform]
    reference = put_artifact(registry, f"keyless/{platform}", "v1", {"config.yaml": b"a: 1\n"})
    job = sigstore.issuers.github_job() if platform == "github" else sigstore.issuers.gitlab_job()
    tools.sign_keyless(sigstore.signing_config, sigstore.trusted_root, job, reference)
    (accepted,) = json.loads(tools.verify_identity(sigstore.trusted_root, subject, issuer, reference).stdout)
    assert accepted["critical"]["type"] == "https://sigstore.dev/cosign/sign/v1"
    for identity, other in ((subject.replace("main", "develop"), issuer), (subject, "https://issuer.example")):
        refused = tools.verify_identity(sigstore.trusted_root, identity, other, reference, check=False)
        assert refused.returncode != 0
        assert b"no matching CertificateIdentity found" in refused.stderr, refused.stderr


def test_a_certificate_is_what_the_platforms_certificates_are(sigstore: Stack) -> None:
    github = certificate_for(sigstore.addresses.fulcio, sigstore.issuers.github_token())
    gitlab = certificate_for(sigstore.addresses.fulcio, sigstore.issuers.gitlab_token())
    assert Identity.of(github) == Identity(GITHUB_SUBJECT, GITHUB_CERTIFICATE)
    assert Identity.of(gitlab) == Identity(GITLAB_SUBJECT, GITLAB_CERTIFICATE)
    for certificate in (github, gitlab):
        assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(minutes=10)
        assert certificate.subject == x509.Name([])
        assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(usage) == [ExtendedKeyUsageOID.CODE_SIGNING]
        scts = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
        assert [sct.log_id for sct in scts] == [sigstore.ctlog.log_id]
    assert [Identity.of(each).subject for each in sigstore.issued()[-2:]] == [GITHUB_SUBJECT, GITLAB_SUBJECT]


@pytest.mark.parametrize("job", GITHUB_JOBS)
def test_a_github_job_gets_the_certificate_that_the_paper_fulcio_would_issue(job: str, sigstore: Stack) -> None:
    given, subject = GITHUB_JOBS[job]
    said = Identity.of(certificate_for(sigstore.addresses.fulcio, sigstore.issuers.github_token(**given)))
    assert said.subject == subject
    assert said == Identity.from_github(github_claims(**given))
    assert said.values[14] == given.get("ref", "refs/heads/main")
    assert said.values[18] == subject or job == "reusable workflow"


@pytest.mark.parametrize("job", GITLAB_JOBS)
def test_a_gitlab_job_gets_the_certificate_that_the_paper_fulcio_would_issue(job: str, sigstore: Stack) -> None:
    given, subject = GITLAB_JOBS[job]
    said = Identity.of(certificate_for(sigstore.addresses.fulcio, sigstore.issuers.gitlab_token(**given)))
    assert said.subject == subject
    assert said == Identity.from_gitlab(gitlab_claims(**given))


def test_a_self_managed_gitlab_speaks_under_its_own_name(sigstore: Stack) -> None:
    token = sigstore.issuers.gitlab_token(iss=SELF_MANAGED)
    said = Identity.of(certificate_for(sigstore.addresses.fulcio, token))
    assert said.subject == GITLAB_SUBJECT.replace(GITLAB, SELF_MANAGED)
    assert said == Identity.from_gitlab(gitlab_claims(iss=SELF_MANAGED), SELF_MANAGED)


def test_a_paper_certificate_has_the_extensions_of_a_real_one(sigstore: Stack) -> None:
    real = certificate_for(sigstore.addresses.fulcio, sigstore.issuers.github_token())
    key = real.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    paper = issue(sigstore.authorities, key, Identity.of(real), real.not_valid_before_utc)
    shape = {(extension.oid.dotted_string, extension.critical) for extension in real.extensions}
    assert {(extension.oid.dotted_string, extension.critical) for extension in paper.extensions} == shape
    assert paper.issuer == real.issuer
    assert paper.not_valid_after_utc == real.not_valid_after_utc


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_fulcio_refuses_a_forged_token(platform: str, forgery: str, sigstore: Stack) -> None:
    mint = sigstore.issuers.github_token if platform == "github" else sigstore.issuers.gitlab_token
    _is_refused(sigstore, mint(FORGERIES[forgery]), "There was an error processing the identity token")


CLAIMS: dict[str, Callable[[], dict[str, Any]]] = {
    "expired": lambda: {"iat": int(time.time()) - 7200},
    "for another audience": lambda: {"aud": "registry.example"},
    "from an unknown issuer": lambda: {"iss": "https://issuer.example"},
}


@pytest.mark.parametrize("claims", CLAIMS)
def test_fulcio_refuses_a_true_token_that_is_not_for_it(claims: str, sigstore: Stack) -> None:
    token = sigstore.issuers.github_token(**CLAIMS[claims]())
    _is_refused(sigstore, token, "There was an error processing the identity token")


def test_fulcio_names_the_claim_that_is_missing(sigstore: Stack) -> None:
    github = sigstore.issuers.github_token(job_workflow_sha=None)
    gitlab = sigstore.issuers.gitlab_token(ci_config_ref_uri=None)
    _is_refused(sigstore, github, "value <job_workflow_sha> not present in either claims or defaults")
    _is_refused(sigstore, gitlab, 'map has no entry for key "ci_config_ref_uri"')


def _is_refused(stack: Stack, token: str, text: str) -> None:
    issued = len(stack.issued())
    answer = request_certificate(stack.addresses.fulcio, token)
    assert answer.status_code == 400
    assert text in answer.json()["message"]
    assert len(stack.issued()) == issued


def test_a_bundle_is_logged_stamped_and_refused_under_a_trusted_root_without_its_services(
    sigstore: Stack, tools: Tools
) -> None:
    bundle = _bundle(sigstore, tools, sigstore.issuers.github_job(), "blob")
    material = bundle["verificationMaterial"]
    assert int(material["tlogEntries"][0]["logIndex"]) > 0
    assert material["timestampVerificationData"]["rfc3161Timestamps"]
    whole = json.loads(sigstore.trusted_root.read_text())
    assert _verify_blob(tools, whole) == ""
    other = {**whole["tlogs"][0], "baseUrl": "https://rekor.example"}
    assert "threshold not met for verified signed timestamps" in _verify_blob(
        tools, {**whole, "timestampAuthorities": []}
    )
    assert "not enough verified log entries" in _verify_blob(tools, {**whole, "tlogs": []})
    assert "note has no verifiable signatures" in _verify_blob(tools, {**whole, "tlogs": [other]})
    assert "only able to verify 0 SCT entries" in _verify_blob(tools, {**whole, "ctlogs": []})


def _verify_blob(tools: Tools, root: dict[str, Any]) -> str:
    """What cosign says against the blob's bundle under that trusted root; nothing when it accepts."""
    (tools.home / "root.json").write_text(json.dumps(root))
    who = ("--certificate-identity", GITHUB_SUBJECT, "--certificate-oidc-issuer", GITHUB)
    done = tools.run(
        "cosign", "verify-blob", *who, "--trusted-root", "root.json", "--bundle", "blob.json", "blob", check=False
    )
    return done.stderr.decode() if done.returncode else ""

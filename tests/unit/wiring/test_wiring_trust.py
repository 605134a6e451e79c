"""Whom verify and inspect trust: flags, files, and their combinations."""

from __future__ import annotations

import pytest
from tests.fakes.certified import GITHUB_PATTERN, artifact_of, evidence_of
from tests.fakes.signed import make_signer
from tests.fakes.sigstore.paper import GITHUB_JOB, the_paper

from gitless.errors import UsageError
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import judge_evidence
from gitless.wiring.trust import TrustRequest, read_trust

ISSUER = GITHUB_PATTERN.issuer
CONFIG = """\
version: 1
identities:
  publish: {github: {repository: acme/d2-apps, workflow: push-artifact.yaml, ref: refs/heads/main}}
  promote: {key: promote.pub}
signing: {sigstore: {trusted-root: root.json, signing-config: signing.json}}
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "root.json").write_bytes(the_paper().trusted_root())
    (tmp_path / "promote.pub").write_bytes(make_signer().public_key_pem)
    (tmp_path / "gitless.yaml").write_text(CONFIG)
    return tmp_path


def standing(found):
    artifact = artifact_of()
    return {judge_evidence(item, artifact.digest, found.trusted).standing for item in evidence_of(artifact)}


def test_an_exact_identity(place):
    request = TrustRequest(identity=GITHUB_JOB.subject, issuer=ISSUER, trusted_root=str(place / "root.json"))
    for policy in ("flux", "cosign", "strict"):
        assert standing(read_trust(request, policy, {})) == {"valid"}


@pytest.mark.parametrize(("expression", "word"), [("acme/d2-apps", "valid"), ("^acme", "foreign")])
def test_an_expression_is_not_anchored(place, expression, word):
    request = TrustRequest(
        identity_regexp=expression, issuer_regexp="githubusercontent", trusted_root=str(place / "root.json")
    )
    assert standing(read_trust(request, "flux", {})) == {word}


@pytest.mark.parametrize(
    ("given", "policy", "words"),
    [
        ({"identity": "i"}, "flux", "--certificate-oidc-issuer"),
        ({"issuer": "u"}, "flux", "--certificate-identity"),
        ({"identity": "i", "identity_regexp": "i", "issuer": "u"}, "flux", "Exactly one"),
        ({"identity": "i", "issuer": "u", "issuer_regexp": "u"}, "cosign", "Exactly one"),
        ({"identity": "", "issuer": "u"}, "cosign", "Exactly one"),
        ({"identity_regexp": "i", "issuer": "u"}, "strict", "no --certificate-identity-regexp"),
        ({"identity": "i", "issuer_regexp": "u"}, "strict", "no --certificate-oidc-issuer-regexp"),
        ({"identity_regexp": "(", "issuer": "u"}, "flux", "no regular expression"),
        ({"identity": "i", "issuer": "u", "trusted_root": "missing.json"}, "strict", "missing.json"),
    ],
)
def test_wrong_combinations_are_said(given, policy, words):
    with pytest.raises(UsageError, match=words):
        read_trust(TrustRequest(**given), policy, {})


def test_flux_takes_keys_or_one_identity(place):
    both = TrustRequest(
        keys=(str(place / "promote.pub"),),
        identity=GITHUB_JOB.subject,
        issuer=ISSUER,
        trusted_root=str(place / "root.json"),
    )
    with pytest.raises(UsageError, match="not both"):
        read_trust(both, "flux", {})
    assert len(read_trust(both, "cosign", {}).trusted) == 2


def test_the_configuration_names_identity_root_and_key(place):
    found = read_trust(TrustRequest(config=str(place / "gitless.yaml")), "strict", {})
    assert standing(found) == {"valid"}
    assert found.notice == ""
    (key,) = read_trust(TrustRequest(config=str(place / "gitless.yaml"), role="promote"), "strict", {}).trusted
    assert not isinstance(key, CertificateTrust)


def test_the_configuration_s_source_counts_under_strict_only(place):
    text = CONFIG.replace("workflow: push-artifact.yaml", "workflow: acme/d2-apps/.github/workflows/push-artifact.yaml")
    text = text.replace("repository: acme/d2-apps,", "repository: acme/caller,")
    (place / "gitless.yaml").write_text(text)
    request = TrustRequest(config=str(place / "gitless.yaml"))
    assert standing(read_trust(request, "strict", {})) == {"foreign"}
    assert standing(read_trust(request, "flux", {})) == {"valid"}


def test_a_configuration_that_trusts_nobody_is_said(place):
    (place / "gitless.yaml").write_text("version: 1\n")
    with pytest.raises(UsageError, match="trusts nobody"):
        read_trust(TrustRequest(config=str(place / "gitless.yaml")), "strict", {})


def test_a_flag_for_the_root_wins_over_the_configuration(place):
    (place / "other.json").write_text("{}")
    request = TrustRequest(config=str(place / "gitless.yaml"), trusted_root=str(place / "other.json"))
    with pytest.raises(UsageError, match="trusted root is not usable"):
        read_trust(request, "strict", {})


def test_without_a_root_the_public_instance_s_is_taken_and_said(place, monkeypatch):
    monkeypatch.setattr("gitless.signing.public.PublicGood.trusted_root", lambda _: (the_paper().trusted_root(), "old"))
    found = read_trust(TrustRequest(identity=GITHUB_JOB.subject, issuer=ISSUER), "strict", {})
    assert (standing(found), found.notice) == ({"valid"}, "old")


def test_keys_alone_ask_for_no_root(place):
    assert len(read_trust(TrustRequest(keys=(str(place / "promote.pub"),)), "flux", {}).trusted) == 1


def test_a_root_beside_keys_says_whose_timestamps_count(place):
    key = str(place / "promote.pub")
    (trusted,) = read_trust(TrustRequest(keys=(key,), trusted_root=str(place / "root.json")), "flux", {}).trusted
    assert len(trusted.authorities) == 1
    (plain,) = read_trust(TrustRequest(keys=(key,)), "flux", {}).trusted
    assert plain.authorities == ()

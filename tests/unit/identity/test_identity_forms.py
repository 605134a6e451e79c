"""One identity in every verifier's words: what parses, what is quoted, and what is never left out."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitless.identity.forms import FORMS, form_objects, form_text, identity_lines, identity_record, to_yaml
from gitless.identity.subject import TrustSubject
from gitless.model.identity import Identity, IdentityPattern

ISSUER = "https://token.actions.githubusercontent.com"
SOURCE = "https://github.com/acme/apps"
PUSH = f"{SOURCE}/.github/workflows/push-artifact.yaml@refs/heads/main"
TAGS = f"{SOURCE}/.github/workflows/release-artifact.yaml@refs/tags/*"
GITLAB = IdentityPattern("https://gitlab.com", "https://gitlab.com/acme/apps//.gitlab-ci.yml@refs/heads/main", "https://gitlab.com/acme/apps")  # fmt: skip
PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"
PUBLISH = TrustSubject("publish", "ghcr.io/acme/apps/web", "latest", IdentityPattern(ISSUER, PUSH, SOURCE))
PROMOTE = TrustSubject("promote", "ghcr.io/acme/apps/web", "stable", IdentityPattern(ISSUER, TAGS, SOURCE))
KEY = TrustSubject("publish", "ghcr.io/acme/apps/web", "latest", None, PEM, "publish.pub")
ROOT = json.dumps({"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": []}, indent=1)
PRIVATE = replace(PUBLISH, trusted_root=ROOT, trusted_root_file="sigstore/trusted_root.json")


def documents(subject: TrustSubject, form: str) -> list[Any]:
    parsed = list(yaml.safe_load_all(form_text(subject, form)))
    assert parsed == form_objects(subject, form)
    return parsed


def test_flux_gets_exactly_one_anchored_identity() -> None:
    assert (
        form_text(PUBLISH, "flux")
        == r"""apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: web
  namespace: flux-system
spec:
  interval: 5m
  url: oci://ghcr.io/acme/apps/web
  ref:
    tag: latest
  verify:
    provider: cosign
    matchOIDCIdentity:
      - issuer: ^https://token\.actions\.githubusercontent\.com$
        subject: ^https://github\.com/acme/apps/\.github/workflows/push-artifact\.yaml@refs/heads/main$
"""
    )


@pytest.mark.parametrize("subject", [PUBLISH, PROMOTE, replace(PUBLISH, pattern=GITLAB), PRIVATE])
def test_fluxs_expressions_find_the_identity_and_no_longer_one(subject: TrustSubject) -> None:
    (entry,) = documents(subject, "flux")[-1]["spec"]["verify"]["matchOIDCIdentity"]
    assert subject.pattern is not None
    text = subject.pattern.subject.replace("*", "v1.2.3")
    # source-controller looks for a match anywhere in the text
    assert re.search(entry["subject"], text)
    assert re.search(entry["issuer"], subject.pattern.issuer)
    for other in (f"x{text}", text.replace(".", "x", 1), "https://evil.example/?" + text):
        assert not re.search(entry["subject"], other)
    assert not re.search(entry["issuer"], subject.pattern.issuer + ".evil.example")


def test_a_private_instance_brings_its_root() -> None:
    secret, repository = documents(PRIVATE, "flux")
    assert (secret["apiVersion"], secret["kind"]) == ("v1", "Secret")
    assert secret["stringData"] == {"trusted_root.json": ROOT}
    assert secret["metadata"]["namespace"] == repository["metadata"]["namespace"]
    verify = repository["spec"]["verify"]
    assert verify["trustedRootSecretRef"] == {"name": secret["metadata"]["name"]}
    assert "secretRef" not in verify


def test_a_key_is_named_by_a_secret_that_holds_it() -> None:
    secret, repository = documents(KEY, "flux")
    assert secret["stringData"] == {"cosign.pub": PEM}
    assert repository["spec"]["verify"] == {"provider": "cosign", "secretRef": {"name": secret["metadata"]["name"]}}
    assert "|\n" in form_text(KEY, "flux")


def test_cosign_verifies_signature_and_attestations() -> None:
    commands = [shlex.split(line) for line in form_text(PUBLISH, "cosign").splitlines()]
    flags = [f"--certificate-oidc-issuer={ISSUER}", f"--certificate-identity={PUSH}", "ghcr.io/acme/apps/web:latest"]
    assert commands == [
        ["cosign", "verify", *flags],
        ["cosign", "verify-attestation", "--type=cyclonedx", *flags],
        ["cosign", "verify-attestation", "--type=slsaprovenance1", *flags],
    ]


def test_cosign_takes_a_pattern_as_an_anchored_expression_in_quotes() -> None:
    text = form_text(PROMOTE, "cosign")
    assert PROMOTE.pattern is not None
    assert shlex.split(text)[3] == f"--certificate-identity-regexp={PROMOTE.pattern.subject_regex}"
    assert "'--certificate-identity-regexp=^https" in text
    # SBOM and provenance are the publisher's
    assert "verify-attestation" not in text


def test_cosign_takes_a_key_or_a_private_root() -> None:
    assert shlex.split(form_text(KEY, "cosign"))[:4] == [
        "cosign",
        "verify",
        "--key=publish.pub",
        "--insecure-ignore-tlog",
    ]
    assert "--trusted-root=sigstore/trusted_root.json" in shlex.split(form_text(PRIVATE, "cosign"))


def test_a_reusable_workflows_caller_is_asked_for_where_that_can_be_said() -> None:
    called = IdentityPattern(ISSUER, "https://github.com/acme/ci/.github/workflows/x.yaml@refs/tags/v1", SOURCE)
    subject = replace(PUBLISH, pattern=called)
    assert "--certificate-github-workflow-repository=acme/apps" in shlex.split(form_text(subject, "cosign"))
    assert not any("reusable" in line for line in identity_lines(subject, "token", ["cosign"]))
    (note,) = [line for line in identity_lines(subject, "token", ["flux"]) if "reusable" in line]
    assert SOURCE in note
    assert replace(PUBLISH, pattern=GITLAB).reusable_source == ""
    assert PUBLISH.reusable_source == ""


def test_kyverno_looks_at_the_very_tag_and_asks_for_both_statements() -> None:
    (policy,) = documents(PUBLISH, "kyverno")
    spec = policy["spec"]
    assert spec["attestors"][0]["cosign"] == {"keyless": {"identities": [{"issuer": ISSUER, "subject": PUSH}]}}
    assert spec["images"] == [
        {
            "name": "artifact",
            "expression": "object.spec.url != 'oci://ghcr.io/acme/apps/web' ? [] : ['ghcr.io/acme/apps/web' + "
            "(has(object.spec.ref) && has(object.spec.ref.digest) ? '@' + object.spec.ref.digest : "
            "':' + (has(object.spec.ref) && has(object.spec.ref.tag) ? object.spec.ref.tag : 'latest'))]",
        }
    ]
    assert spec["validations"][0]["expression"].startswith("object.spec.url != 'oci://ghcr.io/acme/apps/web' || ")
    assert [entry["glob"] for entry in spec["matchImageReferences"]] == [
        "ghcr.io/acme/apps/web:*",
        "ghcr.io/acme/apps/web@*",
    ]
    assert len(spec["validations"]) == 3
    (promoted,) = documents(PROMOTE, "kyverno")
    assert len(promoted["spec"]["validations"]) == 2
    assert "attestations" not in promoted["spec"]
    (identity,) = promoted["spec"]["attestors"][0]["cosign"]["keyless"]["identities"]
    assert identity == {"issuer": ISSUER, "subjectRegExp": PROMOTE.pattern.subject_regex if PROMOTE.pattern else ""}


def test_kyverno_takes_a_key_or_a_private_root() -> None:
    assert documents(KEY, "kyverno")[0]["spec"]["attestors"][0]["cosign"]["key"] == {"data": PEM}
    assert documents(PRIVATE, "kyverno")[0]["spec"]["attestors"][0]["cosign"]["trustedRoot"] == {"value": ROOT}


def test_policy_controller_asks_for_statements_in_bundles() -> None:
    (policy,) = documents(PUBLISH, "policy-controller")
    assert policy["spec"]["images"] == [{"glob": "ghcr.io/acme/apps/web:*"}, {"glob": "ghcr.io/acme/apps/web@*"}]
    (authority,) = policy["spec"]["authorities"]
    assert authority == {
        "name": "publish",
        "signatureFormat": "bundle",
        "keyless": {"identities": [{"issuer": ISSUER, "subject": PUSH}]},
        "attestations": [
            {"name": "signature", "predicateType": "https://sigstore.dev/cosign/sign/v1"},
            {"name": "sbom", "predicateType": "https://cyclonedx.org/bom"},
            {"name": "provenance", "predicateType": "https://slsa.dev/provenance/v1"},
        ],
    }
    (promoted,) = documents(PROMOTE, "policy-controller")[0]["spec"]["authorities"]
    assert "subjectRegExp" in promoted["keyless"]["identities"][0]
    assert [entry["name"] for entry in promoted["attestations"]] == ["signature"]


def test_policy_controller_is_given_the_name_of_a_private_instances_root() -> None:
    (policy,) = documents(PRIVATE, "policy-controller")
    assert policy["spec"]["authorities"][0]["keyless"]["trustRootRef"] == "sigstore"
    lines = identity_lines(PRIVATE, "configuration", ["policy-controller"])
    assert any("TrustRoot named sigstore" in line for line in lines)


def test_policy_controller_has_no_form_for_keys() -> None:
    assert form_text(KEY, "policy-controller") == ""
    assert any("policy-controller" in line for line in identity_lines(KEY, "configuration", FORMS))
    assert not any("policy-controller" in line for line in identity_lines(KEY, "configuration", ["flux"]))


def test_people_read_issuer_and_subject() -> None:
    assert identity_lines(PUBLISH, "configuration", FORMS) == [
        "identity to publish, from gitless.yaml",
        f"  issuer   {ISSUER}",
        f"  subject  {PUSH}",
    ]
    lines = identity_lines(PROMOTE, "token", FORMS)
    assert lines[0] == "identity to promote, from this job's verified token"
    assert any("protect those refs" in line for line in lines)
    assert any("only in clusters" in line for line in lines)
    assert not any("only in clusters" in line for line in identity_lines(PROMOTE, "token", ["flux", "cosign"]))
    assert identity_lines(KEY, "configuration", ["flux"])[1] == "  key      publish.pub"
    assert any("Flux 2.9" in line for line in identity_lines(PRIVATE, "configuration", ["flux"]))
    assert any("TUF mirror" in line for line in identity_lines(PRIVATE, "configuration", ["kyverno"]))


def test_the_record_has_every_form() -> None:
    record = identity_record(PUBLISH, "configuration", FORMS)
    assert json.loads(json.dumps(record)) == record
    assert {name: record[name] for name in ("verb", "ok", "for", "from", "issuer", "subject", "source", "key")} == {
        "verb": "identity", "ok": True, "for": "publish", "from": "configuration", "issuer": ISSUER, "subject": PUSH,
        "source": SOURCE, "key": None,
    }  # fmt: skip
    assert set(record["forms"]) == set(FORMS)
    assert record["forms"]["flux"] == form_objects(PUBLISH, "flux")
    assert record["forms"]["cosign"][0][:2] == ["cosign", "verify"]
    key = identity_record(KEY, "configuration", ["flux"])
    assert (key["issuer"], key["subject_regexp"], key["key"]) == (None, None, "publish.pub")


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("ghcr.io/acme/apps/web", "web"),
        ("ghcr.io/acme/apps/my_web.app", "my-web-app"),
        ("localhost:5000/x", "x"),
        ("ghcr.io/acme/" + "a" * 200, "a" * 50),
        ("ghcr.io/acme/__", "artifact"),
    ],
)
def test_objects_have_names_that_kubernetes_takes(repository: str, name: str) -> None:
    assert replace(PUBLISH, repository=repository).name == name


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_whatever_a_ref_holds_every_form_says_it_unchanged(ref: str) -> None:
    subject = replace(PUBLISH, pattern=IdentityPattern(ISSUER, f"{SOURCE}/.github/workflows/x.yaml@refs/heads/{ref}"))
    assert subject.pattern is not None
    for form in ("flux", "kyverno", "policy-controller"):
        documents(subject, form)
    entry = documents(subject, "flux")[0]["spec"]["verify"]["matchOIDCIdentity"][0]
    assert re.search(
        entry["subject"].replace("$", r"\Z") if "$" not in ref else entry["subject"], subject.pattern.subject
    )
    (line, *_) = form_text(subject, "cosign").splitlines()
    value = shlex.split(line)[3].partition("=")[2]
    assert value == (subject.pattern.subject_regex if "*" in ref else subject.pattern.subject)
    assert subject.pattern.matches(Identity(ISSUER, subject.pattern.subject))


def test_texts_that_look_like_other_values_stay_texts() -> None:
    values = [
        "yes",
        "0x1F",
        "12:30",
        "null",
        "1e3",
        "2026-01-31",
        "~",
        "= x",
        "a: b",
        "a #b",
        "- x",
        "@x",
        "a\nb\n",
        "a \nb",
    ]
    assert yaml.safe_load(to_yaml([{"values": values}])) == {"values": values}

"""The verdict over keyless evidence."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from tests.fakes.certified import (
    GITHUB_PATTERN,
    GITLAB_PATTERN,
    artifact_of,
    evidence_of,
    predicates_of,
    provenance_of,
    trust,
)
from tests.fakes.signed import full_evidence, make_artifact, make_signer, trusted
from tests.fakes.sigstore.claims import github_claims
from tests.fakes.sigstore.fault import stranger
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper import AT, GITHUB_JOB, GITLAB_JOB, SIGNED, about, the_paper
from tests.fakes.sigstore.paper_log import b64

from gitless.model.bundle import Bundle
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.identity import IdentityPattern
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.verification.evidence import Evidence, judge_evidence
from gitless.verification.judge import POLICIES, judge
from gitless.verification.trusted_root import TrustedRoot

RELEASE_JOB = Named.from_github(github_claims(iat=int(AT.timestamp()), path=".github/workflows/release.yaml"))
ANY_WORKFLOW = replace(GITHUB_PATTERN, subject="https://github.com/acme/d2-apps/.github/workflows/*")


def verdict(artifact, evidence, policy="strict", trusts=None):
    judged = [judge_evidence(item, artifact.digest, trusts or [trust()]) for item in evidence]
    return judge(artifact, judged, policy)


def failed(artifact, evidence, policy="strict", trusts=None):
    return [check.id for check in verdict(artifact, evidence, policy, trusts).failures]


def why(artifact, evidence, check):
    return next(item.reason for item in verdict(artifact, evidence).checks if item.id == check)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("job", "pattern"), [(GITHUB_JOB, GITHUB_PATTERN), (GITLAB_JOB, GITLAB_PATTERN)])
def test_full_evidence_of_a_job_passes_every_policy(policy, job, pattern):
    artifact = artifact_of(job)
    assert failed(artifact, evidence_of(artifact, job=job), policy, [trust(pattern)]) == []


def test_rekor_1_with_timestamps_passes_too():
    artifact = artifact_of()
    assert failed(artifact, evidence_of(artifact, rekor=1)) == []


def test_without_timestamps_flux_and_cosign_agree_and_strict_does_not():
    artifact = artifact_of()
    evidence = evidence_of(artifact, rekor=1, timestamp=False)
    assert failed(artifact, evidence, "flux") == failed(artifact, evidence, "cosign") == []
    assert failed(artifact, evidence) == ["strict.9-timestamp"]


def test_flux_takes_any_predicate_and_cosign_does_not():
    artifact = artifact_of()
    only_sbom = evidence_of(artifact, {PREDICATE_SBOM: {}})
    assert failed(artifact, only_sbom, "flux") == []
    assert failed(artifact, only_sbom, "cosign") == ["cosign.4-signature", "cosign.4-provenance"]


def test_foreign_invalid_and_missing_have_their_own_words():
    artifact = artifact_of()
    signature, sbom, _ = evidence_of(artifact)
    foreign = evidence_of(artifact, {PREDICATE_SBOM: {}}, GITLAB_JOB)
    broken = Evidence(signature.manifest, signature.bundle.replace(b'"treeSize":"', b'"treeSize":"1'))
    reasons = {item.id: item.reason for item in verdict(artifact, [broken, *foreign], "cosign").checks}
    assert reasons["cosign.4-signature"].startswith("The signature is invalid: ")
    assert reasons["cosign.4-sbom"].startswith("The SBOM is foreign: ")
    assert reasons["cosign.4-provenance"] == "The provenance is missing."
    assert sbom.bundle != foreign[0].bundle


def differing(change):
    """Evidence whose provenance was changed before it was signed."""
    artifact = artifact_of()
    provenance = copy.deepcopy(provenance_of())
    change(provenance)
    return artifact, evidence_of(artifact, {**predicates_of(artifact), PREDICATE_PROVENANCE: provenance})


def put(*path):
    def change(provenance):
        *parents, (name, value) = path
        for parent in parents:
            provenance = provenance[parent]
        provenance[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (put("buildDefinition", ("buildType", "https://example.com/mine")), "buildType"),
        (put("buildDefinition", "externalParameters", "workflow", ("ref", "refs/heads/other")), "externalParameters"),
        (put("buildDefinition", "externalParameters", "workflow", ("path", "x.yaml")), "externalParameters"),
        (put("buildDefinition", "internalParameters", "github", ("event_name", "schedule")), "internalParameters"),
        (put("buildDefinition", ("resolvedDependencies", [])), "resolvedDependencies"),
        (put("buildDefinition", "resolvedDependencies", 0, ("digest", {"gitCommit": "2" * 40})), "resolvedDependencies"),
        (put("runDetails", "builder", ("id", "https://github.com/evil/x.yaml@refs/heads/main")), "runDetails.builder.id"),
        (put("runDetails", "metadata", ("invocationId", "https://github.com/1")), "invocationId"),
        (put(("runDetails", 7)), "runDetails.builder.id"),
    ],
)  # fmt: skip
def test_provenance_that_differs_from_the_certificate_is_named(change, named):
    artifact, evidence = differing(change)
    assert failed(artifact, evidence) == ["strict.8-provenance-certificate"]
    assert named in why(artifact, evidence, "strict.8-provenance-certificate")
    assert failed(artifact, evidence, "cosign") == []


def test_two_provenances_do_not_lend_each_other_what_each_lacks():
    artifact = artifact_of()
    honest_elsewhere = copy.deepcopy(provenance_of())
    honest_elsewhere["buildDefinition"]["gitless_publish"] = {
        "source": "https://github.com/acme/d2-apps",
        "revision": "x",
    }
    false_here = copy.deepcopy(provenance_of())
    false_here["runDetails"]["builder"]["id"] = "https://example.com/builder"
    bodies = predicates_of(artifact)
    evidence = evidence_of(artifact, {**bodies, PREDICATE_PROVENANCE: false_here})
    evidence += evidence_of(artifact, {PREDICATE_PROVENANCE: honest_elsewhere})
    assert failed(artifact, evidence) == ["strict.8-provenance-certificate"]


def test_evidence_of_two_identities_is_not_one():
    artifact = artifact_of()
    signature, sbom, _ = evidence_of(artifact)
    provenance = evidence_of(artifact, {PREDICATE_PROVENANCE: provenance_of(RELEASE_JOB)}, RELEASE_JOB)
    assert failed(artifact, [signature, sbom, *provenance], "cosign", [trust(ANY_WORKFLOW)]) == []
    assert failed(artifact, [signature, sbom, *provenance], "strict", [trust(ANY_WORKFLOW)]) == ["strict.10-identity"]


def test_one_whole_identity_among_several_is_enough():
    artifact = artifact_of()
    others = evidence_of(artifact, {PREDICATE_SIGNATURE: {}}, RELEASE_JOB)
    assert failed(artifact, [*others, *evidence_of(artifact)], "strict", [trust(ANY_WORKFLOW)]) == []


def test_a_key_and_a_certificate_do_not_make_one_identity():
    artifact, signer = make_artifact(), make_signer()
    signature, _, _ = evidence_of(artifact)
    _, sbom, provenance = full_evidence(signer, artifact)
    both = [trust(), trusted(signer)]
    assert failed(artifact, [signature, sbom, provenance], "cosign", both) == []
    assert failed(artifact, [signature, sbom, provenance], "strict", both) == [
        "strict.8-provenance-certificate",
        "strict.9-timestamp",
        "strict.10-identity",
    ]


def test_a_caller_of_the_trusted_workflow_from_another_repository_is_foreign_where_the_source_is_named():
    elsewhere = replace(GITHUB_PATTERN, source="https://github.com/acme/other")
    artifact = artifact_of()
    (signature, *_) = evidence_of(artifact)
    found = judge_evidence(signature, artifact.digest, [trust(elsewhere)])
    assert (found.standing, found.check) == ("foreign", "bundle.7-identity")
    assert "d2-apps" in found.reason
    anywhere = replace(GITHUB_PATTERN, source="")
    assert judge_evidence(signature, artifact.digest, [trust(anywhere)]).standing == "valid"


def test_a_key_bundle_is_foreign_to_a_certificate_identity():
    artifact, signer = artifact_of(), make_signer()
    standings = {judge_evidence(item, artifact.digest, [trust()]).standing for item in full_evidence(signer, artifact)}
    assert standings == {"foreign"}


def test_key_evidence_is_not_asked_for_certificates_or_timestamps():
    artifact, signer = make_artifact(), make_signer()
    found = verdict(artifact, full_evidence(signer, artifact), trusts=[trusted(signer)])
    assert found.ok
    assert [check.id for check in found.checks][-1] == "strict.7-artifact"


OURS = {"digest": {"sha256": artifact_of().digest.hex}}


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": 1},
        {"subject": [{**OURS, "x": 1}]},
        {"subject": [{**OURS, "name": 1}]},
        {"subject": [{**OURS, "annotations": "x"}]},
        {"subject": [{"digest": {**OURS["digest"], "sha512": "zz"}}]},
        {"subject": [{"digest": {**OURS["digest"], "sha512": 1}}]},
        {"predicate": {"x": float("nan")}},
        {"predicate": {"x": "\ud800"}},
    ],
)
def test_statement_with_fields_that_flux_does_not_read_is_invalid(fields):
    artifact = artifact_of()
    bundle = the_paper().sign(about(artifact.digest.hex, SIGNED, **{"predicate": {}, **fields}))
    found = judge_evidence(Evidence(Descriptor("m", Digest.of(bundle), 1), bundle), artifact.digest, [trust()])
    assert (found.standing, found.check) == ("invalid", "bundle.8-payload")


def test_the_best_of_several_trusted_identities_decides():
    artifact = artifact_of()
    (signature, *_) = evidence_of(artifact)
    other = trust(IdentityPattern(GITHUB_PATTERN.issuer, "https://github.com/acme/other/*"))
    assert judge_evidence(signature, artifact.digest, [other, trust()]).standing == "valid"
    assert judge_evidence(signature, artifact.digest, [other]).standing == "foreign"


def test_a_stranger_s_bundle_without_a_time_makes_flux_ask_ours_for_a_timestamp():
    artifact = artifact_of()
    ours = evidence_of(artifact, rekor=1, timestamp=False)
    theirs = evidence_of(artifact, {PREDICATE_SBOM: {}}, GITLAB_JOB)
    assert failed(artifact, [*ours, *theirs], "flux") == ["flux.2-signature"]
    assert failed(artifact, [*ours, *theirs], "cosign") == ["cosign.2-signature"]
    assert failed(artifact, [*evidence_of(artifact, rekor=1), *theirs], "flux") == []


def test_keys_are_not_asked_for_timestamps_by_anybody():
    artifact, signer = make_artifact(), make_signer()
    theirs = evidence_of(artifact, {PREDICATE_SBOM: {}}, GITLAB_JOB)
    assert failed(artifact, [*full_evidence(signer, artifact), *theirs], "flux", [trusted(signer)]) == []


@pytest.mark.parametrize(
    "fields", [{"name": None, "uri": "x", "annotations": {"k": 1}}, {"digest": {**OURS["digest"], "sha1": "00"}}]
)
def test_statement_with_other_fields_that_flux_reads_is_valid(fields):
    artifact = artifact_of()
    bundle = the_paper().sign(about(artifact.digest.hex, SIGNED, {}, subject=[{**OURS, **fields}]))
    found = judge_evidence(Evidence(Descriptor("m", Digest.of(bundle), 1), bundle), artifact.digest, [trust()])
    assert found.standing == "valid"


def with_key_id(item, key_id):
    document = json.loads(item.bundle)
    document["dsseEnvelope"]["signatures"][0]["keyid"] = key_id
    return Evidence(item.manifest, json.dumps(document).encode())


@pytest.mark.parametrize(("key_id", "standing"), [("", "valid"), ("SHA256:mine", "invalid"), (7, "invalid")])
def test_a_signature_that_names_a_key_is_refused_as_in_flux(key_id, standing):
    artifact, signer = make_artifact(), make_signer()
    for item, who in ((evidence_of(artifact)[0], trust()), (full_evidence(signer, artifact)[0], trusted(signer))):
        found = judge_evidence(with_key_id(item, key_id), artifact.digest, [who])
        assert found.standing == standing


def stamped(item, who, stamp):
    """Key evidence with a timestamp beside it."""
    document = json.loads(item.bundle)
    document["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": stamp}]}
    return judge_evidence(Evidence(item.manifest, json.dumps(document).encode()), make_artifact().digest, [who])


def test_a_timestamp_says_when_a_key_signed_where_an_authority_is_trusted():
    signer = make_signer()
    (item, *_) = full_evidence(signer, make_artifact())
    signature = Bundle.parse(item.bundle).envelope.signature
    timed = replace(trusted(signer), authorities=TrustedRoot.parse(the_paper().trusted_root()).timestamp_authorities)
    found = stamped(item, timed, b64(the_paper().tsa.stamp(signature, AT)))
    assert (found.standing, found.signed_at, found.timestamped) == ("valid", AT, True)
    for who, stamp in (
        (trusted(signer), b64(the_paper().tsa.stamp(signature, AT))),
        (timed, b64(the_paper().tsa.stamp(b"other", AT))),
        (timed, b64(stranger().tsa.stamp(signature, AT))),
        (timed, "%"),
        (timed, b64(b"no DER")),
    ):
        found = stamped(item, who, stamp)
        assert (found.standing, found.signed_at, found.timestamped) == ("valid", None, False)

"""Legacy signatures: judged where there is no bundle, and only there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.fakes.certified import (
    GITHUB_PATTERN,
    artifact_of,
    evidence_of,
    legacy,
    predicates_of,
    put,
    put_legacy,
    trust,
)
from tests.fakes.signed import make_signer, trusted
from tests.fakes.sigstore.fault import stranger
from tests.fakes.sigstore.paper import GITLAB_JOB, the_paper, write
from tests.fakes.sigstore.paper_log import b64, unb64

from gitless.artifact.manifest import EMPTY_BLOB
from gitless.flows.verify import verify
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, OCI_MANIFEST, PREDICATE_SBOM
from gitless.model.reference import Reference
from gitless.model.simple_signing import (
    ANNOTATION_CERTIFICATE,
    ANNOTATION_LOG,
    ANNOTATION_SIGNATURE,
    SIMPLE_SIGNING,
    simple_signing,
)
from gitless.registry.memory import MemoryRepository
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import judge_legacy
from gitless.verification.legacy import LegacySignature

ARTIFACT = artifact_of()
SUBJECT = ARTIFACT.digest


def judged(signature, who=None, subject=SUBJECT):
    return judge_legacy(Digest.of(b"m"), signature, subject, [who or trust()])


def changed(signature, name, value):
    annotations = {**signature.annotations, name: value}
    return LegacySignature(signature.payload, {key: text for key, text in annotations.items() if text is not None})


def relogged(change):
    """The log's word, changed after it was given."""

    def make():
        signature = legacy(SUBJECT)
        log = json.loads(signature.annotations[ANNOTATION_LOG])
        change(log)
        return changed(signature, ANNOTATION_LOG, json.dumps(log))

    return make


def promised_by_another():
    return replace(
        legacy(SUBJECT),
        annotations={
            **legacy(SUBJECT).annotations,
            ANNOTATION_LOG: legacy(SUBJECT, paper=stranger()).annotations[ANNOTATION_LOG],
        },
    )


def of_two(name):
    def make():
        return changed(legacy(SUBJECT), name, legacy(SUBJECT).annotations[name])

    return make


def flip(text):
    content = bytearray(unb64(text))
    content[-1] ^= 1
    return b64(bytes(content))


def put_in(*path_and_value):
    *path, value = path_and_value

    def change(document):
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value(document[path[-1]]) if callable(value) else value

    return change


FAULTS = {
    "replayed from another digest": (lambda: legacy(Digest.of(b"other")), "invalid", "bundle.9-subject"),
    "signed by another job": (lambda: legacy(SUBJECT, GITLAB_JOB), "foreign", "bundle.7-identity"),
    "signed with a key": (lambda: changed(legacy(SUBJECT), ANNOTATION_CERTIFICATE, None), "foreign", "bundle.7-identity"),
    "certificate no PEM": (lambda: changed(legacy(SUBJECT), ANNOTATION_CERTIFICATE, "x"), "invalid", "bundle.2-certificate"),
    "certificate of another instance": (lambda: legacy(SUBJECT, paper=stranger()), "invalid", "bundle.2-certificate"),
    "certificate of another key": (of_two(ANNOTATION_CERTIFICATE), "invalid", "bundle.6-signature"),
    "signature missing": (lambda: changed(legacy(SUBJECT), ANNOTATION_SIGNATURE, None), "invalid", "bundle.6-signature"),
    "signature no base64": (lambda: changed(legacy(SUBJECT), ANNOTATION_SIGNATURE, "%"), "invalid", "bundle.1-format"),
    "annotation too long": (lambda: changed(legacy(SUBJECT), ANNOTATION_LOG, "x" * 70_000), "invalid", "bundle.1-format"),
    "payload changed": (lambda: replace(legacy(SUBJECT), payload=simple_signing("x", SUBJECT)), "invalid", "bundle.6-signature"),
    "promise missing": (lambda: changed(legacy(SUBJECT), ANNOTATION_LOG, None), "invalid", "bundle.3-time"),
    "promise no JSON": (lambda: changed(legacy(SUBJECT), ANNOTATION_LOG, "{"), "invalid", "bundle.5-log"),
    "promise of another signature": (of_two(ANNOTATION_LOG), "invalid", "bundle.5-log"),
    "promise of another log": (promised_by_another, "invalid", "bundle.5-log"),
    "promise tampered": (relogged(put_in("SignedEntryTimestamp", flip)), "invalid", "bundle.5-log"),
    "time changed": (relogged(put_in("Payload", "integratedTime", lambda at: at + 60)), "invalid", "bundle.5-log"),
    "time no number": (relogged(put_in("Payload", "integratedTime", "1")), "invalid", "bundle.5-log"),
    "log unknown": (relogged(put_in("Payload", "logID", "00" * 32)), "invalid", "bundle.5-log"),
    "log with an Ed25519 key": (
        relogged(put_in("Payload", "logID", lambda _: the_paper().rekor[2].log_id.hex())), "invalid", "bundle.5-log",
    ),
    "no certificate log": (lambda: legacy(SUBJECT, logs=[]), "invalid", "bundle.4-sct"),
    "another certificate log": (lambda: legacy(SUBJECT, logs=[stranger().ct]), "invalid", "bundle.4-sct"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_by_number_and_word(name):
    make, standing, check = FAULTS[name]
    found = judged(make())
    assert (found.standing, found.check) == (standing, check), found.reason


def test_a_job_s_signature_is_valid_at_the_log_s_time():
    found = judged(legacy(SUBJECT))
    assert (found.standing, found.is_legacy, found.predicate_type) == ("valid", True, SIMPLE_SIGNING)
    assert (found.workload.identity.subject, found.timestamped) == (GITHUB_PATTERN.subject, False)


def test_a_certificate_log_with_another_key_in_the_root_does_not_vouch():
    root = the_paper().draw_root()
    root["ctlogs"][0]["publicKey"]["rawBytes"] = b64(stranger().ct.public_key)
    found = judged(legacy(SUBJECT), CertificateTrust(GITHUB_PATTERN, write(root)))
    assert (found.standing, found.check) == ("invalid", "bundle.4-sct")


def test_a_log_that_was_closed_before_does_not_promise():
    root = the_paper().draw_root()
    root["tlogs"][0]["publicKey"]["validFor"]["end"] = "2026-02-01T00:00:00Z"
    found = judged(legacy(SUBJECT), CertificateTrust(GITHUB_PATTERN, write(root)))
    assert (found.standing, found.check) == ("invalid", "bundle.5-log")


def signed_by(signer, payload):
    return LegacySignature(payload, {ANNOTATION_SIGNATURE: b64(signer.sign_payload(payload))})


def test_a_key_s_signature():
    signer, other = make_signer(), make_signer()
    payload = simple_signing("ghcr.io/acme/web", SUBJECT)
    assert judged(signed_by(signer, payload), trusted(signer)).standing == "valid"
    assert judged(signed_by(other, payload), trusted(signer)).standing == "foreign"
    assert judged(changed(signed_by(signer, payload), ANNOTATION_SIGNATURE, "%"), trusted(signer)).standing == "invalid"
    assert judged(signed_by(signer, b"{}"), trusted(signer)).check == "bundle.9-subject"


def stored(evidence=(), signatures=()):
    store = MemoryRepository()
    put(store, ARTIFACT, list(evidence))
    put_legacy(store, ARTIFACT, *signatures)
    return store


def ok(store, policy="flux", who=None):
    return verify(store, Reference.parse("ghcr.io/acme/web:latest"), [who or trust()], policy)


def test_flux_reads_legacy_signatures_where_no_bundle_is():
    found = ok(stored(signatures=[legacy(SUBJECT, GITLAB_JOB), legacy(SUBJECT)]))
    assert found.ok
    assert [item.standing for item in found.evidence] == ["foreign", "valid"]
    assert "2 legacy signature(s)" in found.checks[0].reason


@pytest.mark.parametrize("policy", ["cosign", "strict"])
def test_the_other_policies_do_not(policy):
    assert not ok(stored(signatures=[legacy(SUBJECT)]), policy).ok


def test_no_signature_at_all_is_unsigned():
    assert [check.id for check in ok(stored()).checks if not check.ok] == [
        "flux.1-listed",
        "flux.2-signature",
        "flux.3-subject",
    ]


def test_a_stranger_s_bundle_hides_legacy_signatures_as_it_does_in_flux():
    foreign = evidence_of(ARTIFACT, {PREDICATE_SBOM: predicates_of(ARTIFACT)[PREDICATE_SBOM]}, GITLAB_JOB)
    assert not ok(stored(foreign, [legacy(SUBJECT)])).ok


def refer(store, layer, subject=ARTIFACT):
    store.push_blob(EMPTY_BLOB)
    document = {
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": EMPTY_BLOB.descriptor.to_json(),
        "layers": layer, "subject": subject.descriptor.to_json(),
    }  # fmt: skip
    store.attach(ARTIFACT.digest, [Manifest(OCI_MANIFEST, json.dumps(document).encode())])


def test_a_bundle_that_is_not_read_hides_them_too():
    store = stored(signatures=[legacy(SUBJECT)])
    refer(store, [{**EMPTY_BLOB.descriptor.to_json(), "mediaType": BUNDLE}] * 2)
    assert not ok(store).ok


@pytest.mark.parametrize("layers", [[EMPTY_BLOB.descriptor.to_json()], "none"])
def test_other_referrers_do_not(layers):
    store = stored(signatures=[legacy(SUBJECT)])
    refer(store, layers)
    assert ok(store).ok


def test_the_tag_may_name_anything():
    store = stored()
    payload = Blob.of(b"{}", "text/plain")
    store.push_blob(payload)
    store.push_blob(EMPTY_BLOB)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": EMPTY_BLOB.descriptor.to_json(),
        "layers": [payload.descriptor.to_json()],
    }
    store.push_manifest(Manifest(OCI_MANIFEST, json.dumps(document).encode()), f"sha256-{SUBJECT.hex}.sig")
    assert not ok(store).ok

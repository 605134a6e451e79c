"""Verdicts over evidence: what Flux takes, what cosign asks, what we ask."""

import json

import pytest
from tests.fakes.signed import full_evidence, make_artifact, make_evidence, make_signer, predicates, trusted

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.bundle import Bundle, is_bundle_media_type
from gitless.model.digest import Digest
from gitless.model.dsse import Envelope, pae
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.statement import Statement
from gitless.verification.evidence import Evidence, bundle_layer, judge_evidence
from gitless.verification.judge import POLICIES, judge, valid
from gitless.verification.keys import TrustedKey


def weigh(evidence, artifact, signer):
    return [judge_evidence(item, artifact.digest, [trusted(signer)]) for item in evidence]


def failed(artifact, evidence, policy, signer):
    return [check.id for check in judge(artifact, weigh(evidence, artifact, signer), policy).failures]


@pytest.mark.parametrize("policy", POLICIES)
def test_full_evidence_passes_every_policy(policy):
    signer, artifact = make_signer(), make_artifact()
    verdict = judge(artifact, weigh(full_evidence(signer, artifact), artifact, signer), policy)
    assert verdict.ok
    assert all(check.id.startswith(policy) or policy == "strict" for check in verdict.checks)


@pytest.mark.parametrize("policy", POLICIES)
def test_no_evidence_fails_every_policy(policy):
    assert f"{policy}.1-listed" in failed(make_artifact(), [], policy, make_signer())


def test_unknown_policy_is_refused():
    with pytest.raises(UsageError, match="Unknown policy"):
        judge(make_artifact(), [], "lenient")


def test_flux_takes_any_predicate_of_the_identity_and_cosign_does_not():
    signer, artifact = make_signer(), make_artifact()
    only_sbom = [make_evidence(signer, artifact.digest, PREDICATE_SBOM, {})]
    assert failed(artifact, only_sbom, "flux", signer) == []
    assert failed(artifact, only_sbom, "cosign", signer) == ["cosign.4-signature", "cosign.4-provenance"]


def test_foreign_signer_is_foreign_and_not_enough():
    ours, theirs, artifact = make_signer(), make_signer(), make_artifact()
    judged = weigh(full_evidence(theirs, artifact), artifact, ours)
    assert {item.standing for item in judged} == {"foreign"}
    assert not judge(artifact, judged, "flux").ok
    assert valid(judged) == []


def test_foreign_evidence_beside_ours_changes_nothing():
    ours, theirs, artifact = make_signer(), make_signer(), make_artifact()
    both = full_evidence(theirs, artifact) + full_evidence(ours, artifact)
    assert failed(artifact, both, "strict", ours) == []


def test_signature_with_our_hint_that_does_not_verify_is_invalid():
    signer, artifact = make_signer(), make_artifact()
    good = make_evidence(signer, artifact.digest, PREDICATE_SIGNATURE, {})
    document = json.loads(good.bundle)
    document["dsseEnvelope"]["signatures"][0]["sig"] = "MEQCIA=="
    judged = judge_evidence(Evidence(good.manifest, json.dumps(document).encode()), artifact.digest, [trusted(signer)])
    assert judged.standing == "invalid"


def test_statement_about_another_digest_is_invalid():
    signer, artifact = make_signer(), make_artifact()
    moved = make_evidence(signer, Digest.of(b"other"), PREDICATE_SIGNATURE, {})
    assert weigh([moved], artifact, signer)[0].standing == "invalid"


def test_changed_payload_breaks_the_signature():
    signer, artifact = make_signer(), make_artifact()
    bundle = Bundle.parse(make_evidence(signer, artifact.digest, PREDICATE_SIGNATURE, {}).bundle)
    forged = Envelope(bundle.envelope.payload + b" ", bundle.envelope.payload_type, bundle.envelope.signature)
    assert trusted(signer).signed(bundle.envelope)
    assert not trusted(signer).signed(forged)


def test_payload_type_is_part_of_what_is_signed():
    signer, artifact = make_signer(), make_artifact()
    envelope = Bundle.parse(make_evidence(signer, artifact.digest, PREDICATE_SIGNATURE, {}).bundle).envelope
    assert not trusted(signer).signed(Envelope(envelope.payload, "text/plain", envelope.signature))
    assert pae(b"hi", "t") == b"DSSEv1 1 t 2 hi"


def sign_raw(signer, payload, kind="application/vnd.in-toto+json"):
    """Sign bytes of any shape with the real key, as a confused tool of the same owner might."""
    signature = signer.sign_payload(pae(payload, kind))
    bundle = Bundle(Envelope(payload, kind, signature), trusted(signer).hint).to_bytes()
    return Evidence(make_artifact().descriptor, bundle)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"hello", "text/plain"),
        (b"{}", "application/vnd.in-toto+json"),
        (b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{},"subject":[]}', "application/vnd.in-toto+json"),
        (b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{},"subject":[{}]}', "application/vnd.in-toto+json"),
        (b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","predicate":{},"subject":[{"digest":{"sha256":"x"}}]}', "application/vnd.in-toto+json"),
        (b'{"_type":"https://in-toto.io/Statement/v1","predicateType":1,"predicate":{},"subject":[]}', "application/vnd.in-toto+json"),
    ],
)  # fmt: skip
def test_signed_payload_that_is_no_statement_is_invalid(payload, kind):
    signer, artifact = make_signer(), make_artifact()
    assert weigh([sign_raw(signer, payload, kind)], artifact, signer)[0].standing == "invalid"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b'{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.2"}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{}}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":{"signatures":[]}}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":{"signatures":[{}]}}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":{"signatures":[{"sig":"!"}],"payloadType":"t","payload":"!"}}',
        b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":{"signatures":[{"sig":"!"}],"payloadType":"t"}}',
    ],
)  # fmt: skip
def test_malformed_bundle_is_invalid(content):
    signer, artifact = make_signer(), make_artifact()
    judged = judge_evidence(Evidence(artifact.descriptor, content), artifact.digest, [trusted(signer)])
    assert (judged.standing, judged.predicate_type) == ("invalid", "")


def test_bundle_with_a_certificate_is_foreign_to_a_key():
    signer, artifact = make_signer(), make_artifact()
    document = json.loads(make_evidence(signer, artifact.digest, PREDICATE_SIGNATURE, {}).bundle)
    document["verificationMaterial"] = {"certificate": {"rawBytes": ""}}
    item = Evidence(artifact.descriptor, json.dumps(document).encode())
    assert judge_evidence(item, artifact.digest, [trusted(signer)]).standing == "foreign"


def test_foreign_payload_that_is_unreadable_has_no_predicate_type():
    ours, theirs, artifact = make_signer(), make_signer(), make_artifact()
    judged = weigh([sign_raw(theirs, b"hello")], artifact, ours)[0]
    assert (judged.standing, judged.predicate_type) == ("foreign", "")


def test_strict_wants_an_sbom_of_this_digest_and_an_honest_provenance():
    signer, artifact = make_signer(), make_artifact()
    bodies = predicates(artifact)
    bodies[PREDICATE_SBOM] = {"metadata": {"component": {"purl": f"pkg:oci/web@{Digest.of(b'x')}"}}}
    bodies[PREDICATE_PROVENANCE] = {"buildDefinition": {"gitless_publish": {"source": "https://evil.example"}}}
    evidence = [make_evidence(signer, artifact.digest, kind, body) for kind, body in bodies.items()]
    assert failed(artifact, evidence, "strict", signer) == ["strict.5-sbom-subject", "strict.6-provenance-source"]


def test_strict_survives_surprising_shapes_in_signed_predicates():
    signer, artifact = make_signer(), make_artifact()
    bodies = {**predicates(artifact), PREDICATE_SBOM: {"metadata": []}, PREDICATE_PROVENANCE: {"buildDefinition": 1}}
    evidence = [make_evidence(signer, artifact.digest, kind, body) for kind, body in bodies.items()]
    assert failed(artifact, evidence, "strict", signer) == ["strict.5-sbom-subject", "strict.6-provenance-source"]


@pytest.mark.parametrize("content", [b'{"config":{"mediaType":"x"}}', b'{"layers":[]}', b'{"mediaType":"m"}'])
def test_strict_refuses_what_is_no_flux_artifact(content):
    artifact = Manifest("application/vnd.oci.image.manifest.v1+json", content)
    assert "strict.7-artifact" in [check.id for check in judge(artifact, [], "strict").failures]


def test_missing_foreign_and_invalid_have_their_own_words():
    ours, theirs, artifact = make_signer(), make_signer(), make_artifact()
    evidence = [
        make_evidence(ours, artifact.digest, PREDICATE_SIGNATURE, {}),
        make_evidence(theirs, artifact.digest, PREDICATE_SBOM, {}),
    ]
    reasons = {check.id: check.reason for check in judge(artifact, weigh(evidence, artifact, ours), "cosign").failures}
    assert reasons["cosign.4-sbom"].startswith("The SBOM is foreign")
    assert reasons["cosign.4-provenance"] == "The provenance is missing."


def test_bundle_layer_is_found_as_flux_finds_it():
    artifact = make_artifact()
    subject = artifact.descriptor.to_json()
    layer = {"mediaType": BUNDLE, "digest": f"sha256:{'b' * 64}", "size": 1}

    def referrer(**fields):
        return Manifest("m", json.dumps({"subject": subject, "layers": [layer], **fields}).encode())

    assert bundle_layer(referrer(), artifact.digest).media_type == BUNDLE
    assert bundle_layer(referrer(layers=[layer, layer]), artifact.digest) is None
    assert bundle_layer(referrer(layers=[{**layer, "mediaType": "text/plain"}]), artifact.digest) is None
    assert bundle_layer(referrer(subject=None), artifact.digest) is None
    assert bundle_layer(referrer(), Digest.of(b"other")) is None
    assert not is_bundle_media_type("application/vnd.dev.sigstore.bundle+json;version=0.1")


def test_public_key_must_be_a_p256_public_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    def public(key):
        return key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    assert TrustedKey.from_pem(public(ec.generate_private_key(ec.SECP256R1()))).hint
    faults = [
        public(ec.generate_private_key(ec.SECP384R1())),
        public(rsa.generate_private_key(65537, 2048)),
        b"-----BEGIN PRIVATE KEY-----\n",
        b"hello",
    ]
    for fault in faults:
        with pytest.raises(UsageError):
            TrustedKey.from_pem(fault)


def test_statement_keeps_the_bytes_it_was_read_from():
    statement = Statement.about(Digest.of(b"x"), PREDICATE_SIGNATURE, {})
    assert Statement.parse(statement.content) == statement
    with pytest.raises(UntrustedContentError):
        Statement.parse(statement.content.replace(b"Statement/v1", b"Statement/v9"))

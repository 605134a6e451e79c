"""Artifacts with keyless evidence, signed by the instance on paper."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.signed import make_artifact
from tests.fakes.sigstore.authorities import der, pem
from tests.fakes.sigstore.claims import GITHUB, GITLAB, SHA
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper import AT, GITHUB_JOB, GITLAB_JOB, Paper, about, the_paper
from tests.fakes.sigstore.paper_log import Body, b64, canonical, hashedrekord_body, verifier_of

from gitless.artifact.manifest import CONFIG_BLOB, EMPTY_BLOB, build_referrer
from gitless.artifact.signatures import add_signature
from gitless.model.blob import Blob
from gitless.model.bundle import Bundle
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.identity import IdentityPattern
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONTENT, PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.platform_build import PlatformBuild
from gitless.model.simple_signing import (
    ANNOTATION_CERTIFICATE,
    ANNOTATION_LOG,
    ANNOTATION_SIGNATURE,
    SIMPLE_SIGNING,
    legacy_tag,
    simple_signing,
)
from gitless.model.workload import Workload
from gitless.ports import Repository
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import Evidence
from gitless.verification.extensions import read_certificate, read_workload
from gitless.verification.legacy import LegacySignature

REVISION = f"main@sha1:{SHA}"
GITHUB_PATTERN = IdentityPattern(GITHUB, GITHUB_JOB.subject, "https://github.com/acme/d2-apps")
GITLAB_PATTERN = IdentityPattern(GITLAB, GITLAB_JOB.subject, "https://gitlab.com/acme/d2-apps")


def trust(pattern: IdentityPattern = GITHUB_PATTERN, paper: Paper | None = None) -> CertificateTrust:
    """Trust in one identity of the instance."""
    return CertificateTrust(pattern, (paper or the_paper()).trusted_root())


def workload_of(job: Named = GITHUB_JOB) -> Workload:
    """What the job's certificates say."""
    return read_workload(read_certificate(der(the_paper().leaf(job).certificate)))


def artifact_of(job: Named = GITHUB_JOB) -> Manifest:
    """An artifact whose annotations name the job's source."""
    written = {
        "org.opencontainers.image.source": workload_of(job).source_uri,
        "org.opencontainers.image.revision": REVISION,
    }
    return make_artifact(**written)


def provenance_of(job: Named = GITHUB_JOB) -> dict[str, Any]:
    """A provenance that says what the job's certificates say."""
    workload = workload_of(job)
    build = PlatformBuild.of("github" if job.subject.startswith("https://github.com/") else "gitlab", workload)
    return {
        "buildDefinition": {
            "buildType": build.build_type,
            "externalParameters": build.external,
            "internalParameters": build.internal,
            "resolvedDependencies": [build.source],
            "gitless_publish": {"source": workload.source_uri, "revision": REVISION},
        },
        "runDetails": {"builder": {"id": build.builder}, "metadata": {"invocationId": build.invocation}},
    }


def predicates_of(artifact: Manifest, job: Named = GITHUB_JOB) -> dict[str, dict[str, Any]]:
    """The smallest predicates that policy strict accepts."""
    purl = f"pkg:oci/web@{artifact.digest}?repository_url=x"
    return {
        PREDICATE_SIGNATURE: {},
        PREDICATE_SBOM: {"metadata": {"component": {"purl": purl}}},
        PREDICATE_PROVENANCE: provenance_of(job),
    }


def evidence_of(
    artifact: Manifest,
    bodies: Mapping[str, Mapping[str, Any]] | None = None,
    job: Named = GITHUB_JOB,
    paper: Paper | None = None,
    **drawn: Any,
) -> list[Evidence]:
    """Bundles as they would be read from a store; `drawn` as `Paper.draw` takes it."""
    made = []
    for kind, body in (bodies or predicates_of(artifact, job)).items():
        bundle = (paper or the_paper()).sign(about(artifact.digest.hex, kind, body), job, **drawn)
        made.append(Evidence(Descriptor("m", Digest.of(bundle), 1), bundle))
    return made


def put(store: Repository, artifact: Manifest, evidence: list[Evidence], tag: str = "latest") -> None:
    """Put artifact and evidence into a store."""
    for blob in (CONFIG_BLOB, EMPTY_BLOB, Blob.of(b"layer", FLUX_CONTENT)):
        store.push_blob(blob)
    store.push_manifest(artifact, tag)
    for item in evidence:
        store.push_blob(Blob.of(item.bundle, BUNDLE))
    kinds = [json.loads(Bundle.parse(item.bundle).envelope.payload)["predicateType"] for item in evidence]
    made = zip(evidence, kinds, strict=True)
    created = "2026-11-20T10:00:00Z"
    store.attach(
        artifact.digest, [build_referrer(item.bundle, kind, artifact.descriptor, created) for item, kind in made]
    )


def blob(artifact: bytes, job: Named = GITHUB_JOB, logged: bytes | None = None) -> dict[str, Any]:
    """A bundle with a signature over a file's digest, Rekor 2.

    Args:
        artifact: The file.
        job: Who signs.
        logged: Another digest than the file's, for the log entry.
    """
    paper = the_paper()
    leaf = paper.leaf(job)
    signature = leaf.key.sign(artifact, ec.ECDSA(hashes.SHA256()))
    digest = hashlib.sha256(artifact).digest()
    entry = paper.rekor[2].log(hashedrekord_body(logged or digest, signature, verifier_of(leaf.certificate)), AT)
    document = paper.bundle(leaf.certificate, {}, [entry], [paper.tsa.stamp(signature, AT)])
    del document["dsseEnvelope"]
    said = {"messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest)}, "signature": b64(signature)}
    return {**document, "messageSignature": said}


def key_blob(key: ec.EllipticCurvePrivateKey, artifact: bytes) -> dict[str, Any]:
    """The same with a key."""
    said = {"signature": b64(key.sign(artifact, ec.ECDSA(hashes.SHA256())))}
    material = {"publicKey": {"hint": "k"}, "tlogEntries": []}
    return {"mediaType": BUNDLE, "verificationMaterial": material, "messageSignature": said}


def legacy(digest: Digest, job: Named = GITHUB_JOB, paper: Paper | None = None, **leaf_faults: Any) -> LegacySignature:
    """A legacy signature by a job, with Rekor 1's promise; `leaf_faults` as `Paper.leaf` takes them."""
    paper = paper or the_paper()
    payload, leaf = simple_signing("ghcr.io/acme/apps/web", digest), paper.leaf(job, **leaf_faults)
    signature = leaf.key.sign(payload, ec.ECDSA(hashes.SHA256()))
    spec = {
        "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}},
        "signature": {"content": b64(signature), "publicKey": {"content": b64(pem(leaf.certificate))}},
    }
    body = {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}
    entry = paper.rekor[1].log(Body("hashedrekord", "0.0.1", canonical(body)), AT)
    log = {
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": entry["canonicalizedBody"],
            "integratedTime": int(entry["integratedTime"]),
            "logIndex": int(entry["logIndex"]),
            "logID": paper.rekor[1].log_id.hex(),
        },
    }
    annotations = {
        ANNOTATION_SIGNATURE: b64(signature),
        ANNOTATION_CERTIFICATE: pem(leaf.certificate).decode(),
        ANNOTATION_LOG: json.dumps(log),
    }
    return LegacySignature(payload, annotations)


def put_legacy(store: Repository, artifact: Manifest, *signatures: LegacySignature) -> None:
    """Put legacy signatures under their tag."""
    manifest = None
    for item in signatures:
        manifest, config = add_signature(manifest, item.payload, item.annotations)
        store.push_blob(Blob.of(item.payload, SIMPLE_SIGNING))
        store.push_blob(config)
    if manifest is not None:
        store.push_manifest(manifest, legacy_tag(artifact.digest))

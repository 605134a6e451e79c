"""Artifacts with keyless evidence, signed by the instance on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.fakes.signed import make_artifact
from tests.fakes.sigstore.authorities import der
from tests.fakes.sigstore.claims import GITHUB, GITLAB, SHA
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper import GITHUB_JOB, GITLAB_JOB, Paper, about, the_paper

from gitless.artifact.manifest import CONFIG_BLOB, EMPTY_BLOB, build_referrer
from gitless.model.blob import Blob
from gitless.model.bundle import Bundle
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.identity import IdentityPattern
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONTENT, PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.platform_build import PlatformBuild
from gitless.model.workload import Workload
from gitless.ports import Repository
from gitless.verification.certificates import CertificateTrust
from gitless.verification.evidence import Evidence
from gitless.verification.extensions import read_certificate, read_workload

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

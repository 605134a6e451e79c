"""Trust for Kyverno (1.19): an ImageValidatingPolicy that admits an OCIRepository only for verified artifacts.

A ClusterPolicy's image extractor sees one field, and an OCIRepository keeps URL and tag in two: it would look at
`latest`, whatever the tag is.
"""

from __future__ import annotations

from typing import Any

from gitless.identity.subject import TrustSubject
from gitless.model.media_types import PREDICATE_PROVENANCE

_SIGNED = "images.artifact.map(image, verifyImageSignatures(image, [attestors.gitless])).all(count, count > 0)"
_BUILT = (
    "images.artifact.map(image, verifyAttestationSignatures(image, attestations.provenance, [attestors.gitless]))"
    ".all(count, count > 0)"
)


_REF = "has(object.spec.ref) && has(object.spec.ref.{0})"


def kyverno_policy(subject: TrustSubject) -> dict[str, Any]:
    """The policy; it asks for the signature, and of the publisher for the provenance too."""
    checks = [
        {"expression": _is_named(subject), "message": "a version range cannot be verified: name a tag or a digest"},
        {"expression": _SIGNED, "message": "the artifact is not signed by the trusted identity"},
    ]
    attestations = []
    if subject.role == "publish":
        checks.append({"expression": _BUILT, "message": "the artifact has no provenance of the trusted identity"})
        attestations.append({"name": "provenance", "intoto": {"type": PREDICATE_PROVENANCE}})
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ImageValidatingPolicy",
        "metadata": {"name": f"{subject.name}-{subject.role}"},
        "spec": {
            "failurePolicy": "Fail",
            "validationActions": ["Deny"],
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["source.toolkit.fluxcd.io"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["ocirepositories"],
                    }
                ]
            },
            "images": [{"name": "artifact", "expression": _images(subject)}],
            "matchImageReferences": [{"glob": glob} for glob in subject.globs],
            # nothing in an OCIRepository is an image field that Kyverno could put a digest into
            "validationConfigurations": {"mutateDigest": False, "verifyDigest": False, "required": False},
            "attestors": [{"name": "gitless", "cosign": _attestor(subject)}],
            **({"attestations": attestations} if attestations else {}),
            "validations": checks,
        },
    }


def _images(subject: TrustSubject) -> str:
    """What an OCIRepository pulls, by Flux's precedence; nothing for those of other repositories."""
    digest, tag = _REF.format("digest"), _REF.format("tag")
    version = f"{digest} ? '@' + object.spec.ref.digest : ':' + ({tag} ? object.spec.ref.tag : 'latest')"
    return f"{_is_other(subject)} ? [] : ['{subject.repository}' + ({version})]"


def _is_named(subject: TrustSubject) -> str:
    return f"{_is_other(subject)} || ({_REF.format('digest')}) || !({_REF.format('semver')})"


def _is_other(subject: TrustSubject) -> str:
    return f"object.spec.url != 'oci://{subject.repository}'"


def _attestor(subject: TrustSubject) -> dict[str, Any]:
    pattern = subject.pattern
    if pattern is None:
        return {"key": {"data": subject.key_pem}, "ctlog": {"insecureIgnoreTlog": True, "insecureIgnoreSCT": True}}
    who = {"subject": pattern.subject} if pattern.is_exact else {"subjectRegExp": pattern.subject_regex}
    attestor: dict[str, Any] = {"keyless": {"identities": [{"issuer": pattern.issuer, **who}]}}
    return attestor | ({"trustedRoot": {"value": subject.trusted_root}} if subject.trusted_root else {})

"""Trust for Sigstore's policy-controller (0.15): a ClusterImagePolicy."""

from __future__ import annotations

from typing import Any

from gitless.identity.subject import TrustSubject
from gitless.model.media_types import PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE

TRUST_ROOT = "sigstore"
_BY_ROLE = {
    "publish": {"signature": PREDICATE_SIGNATURE, "sbom": PREDICATE_SBOM, "provenance": PREDICATE_PROVENANCE},
    "promote": {"signature": PREDICATE_SIGNATURE},
}


def policy_controller_objects(subject: TrustSubject) -> list[dict[str, Any]]:
    """The policy; nothing for a key, since it takes bundles of certificates only.

    Of bundles it reads attestations alone, so the signature is asked for by its predicate type. Keys that are written
    into a TrustRoot are of no use to it with bundles (it knows their logs by another id), so only the name of one is
    given: its owner makes it from the instance's TUF repository.
    """
    pattern = subject.pattern
    if pattern is None:
        return []
    who = {"subject": pattern.subject} if pattern.is_exact else {"subjectRegExp": pattern.subject_regex}
    root = {"trustRootRef": TRUST_ROOT} if subject.trusted_root else {}
    authority = {
        "name": subject.role,
        "signatureFormat": "bundle",
        "keyless": {"identities": [{"issuer": pattern.issuer, **who}], **root},
        "attestations": [{"name": name, "predicateType": kind} for name, kind in _BY_ROLE[subject.role].items()],
    }
    return [
        {
            "apiVersion": "policy.sigstore.dev/v1beta1",
            "kind": "ClusterImagePolicy",
            "metadata": {"name": f"{subject.name}-{subject.role}"},
            "spec": {"images": [{"glob": glob} for glob in subject.globs], "authorities": [authority]},
        }
    ]

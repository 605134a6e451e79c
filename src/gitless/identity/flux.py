"""Trust for Flux: an OCIRepository with `spec.verify`, and the Secret it reads (source-controller 1.9, Flux 2.9)."""

from __future__ import annotations

from typing import Any

from gitless.identity.subject import TrustSubject
from gitless.model.identity import IdentityPattern

NAMESPACE = "flux-system"
ROOT_SECRET = "sigstore-trusted-root"  # noqa: S105  # an object's name


def flux_objects(subject: TrustSubject) -> list[dict[str, Any]]:
    """The OCIRepository, behind the Secret that its `verify` names, if it names one.

    Exactly one `matchOIDCIdentity`: with two, source-controller refuses every bundle; its expressions are unanchored,
    so both are anchored here.
    """
    verify: dict[str, Any] = {"provider": "cosign"}
    secrets = []
    if subject.pattern:
        verify["matchOIDCIdentity"] = [match_identity(subject.pattern)]
        if subject.trusted_root:
            verify["trustedRootSecretRef"] = {"name": ROOT_SECRET}
            secrets = [_secret(ROOT_SECRET, "trusted_root.json", subject.trusted_root)]
    else:
        name = f"{subject.name}-{subject.role}-key"
        verify["secretRef"] = {"name": name}
        secrets = [_secret(name, "cosign.pub", subject.key_pem)]
    return [*secrets, _repository(subject, verify)]


def match_identity(pattern: IdentityPattern) -> dict[str, str]:
    """One entry of `matchOIDCIdentity`."""
    return {"issuer": pattern.issuer_regex, "subject": pattern.subject_regex}


def _repository(subject: TrustSubject, verify: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "OCIRepository",
        "metadata": {"name": subject.name, "namespace": NAMESPACE},
        "spec": {
            "interval": "5m",
            "url": f"oci://{subject.repository}",
            "ref": {"tag": subject.tag},
            "verify": verify,
        },
    }


def _secret(name: str, key: str, content: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "stringData": {key: content},
    }

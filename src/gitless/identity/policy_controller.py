"""Trust for Sigstore's policy-controller (0.15): a ClusterImagePolicy, and the TrustRoot of a private instance."""

from __future__ import annotations

import base64
import textwrap
from typing import Any

from gitless.errors import UsageError
from gitless.identity.subject import TrustSubject
from gitless.model.canonical import read_json_object

TRUST_ROOT = "sigstore"
_HASHES = {"SHA2_256": "sha-256"}


def policy_controller_objects(subject: TrustSubject) -> list[dict[str, Any]]:
    """The policy, behind the TrustRoot it names, if it names one; nothing for a key, which it takes no bundles of.

    Raises:
        UsageError: The trusted root is not readable.
    """
    pattern = subject.pattern
    if pattern is None:
        return []
    who = {"subject": pattern.subject} if pattern.is_exact else {"subjectRegExp": pattern.subject_regex}
    reference = {"trustRootRef": TRUST_ROOT} if subject.trusted_root else {}
    authority: dict[str, Any] = {
        "name": subject.role,
        "signatureFormat": "bundle",
        "keyless": {"identities": [{"issuer": pattern.issuer, **who}], **reference},
    }
    if subject.rekor == 2:
        # the second log names no time, so a signed timestamp must
        authority["rfc3161timestamp"] = reference
    policy = {
        "apiVersion": "policy.sigstore.dev/v1beta1",
        "kind": "ClusterImagePolicy",
        "metadata": {"name": f"{subject.name}-{subject.role}"},
        "spec": {"images": [{"glob": glob} for glob in subject.globs], "authorities": [authority]},
    }
    return [*([_trust_root(subject.trusted_root)] if subject.trusted_root else []), policy]


def _trust_root(content: str) -> dict[str, Any]:
    root = read_json_object(content.encode(), "The trusted root")
    try:
        keys = {
            "certificateAuthorities": [_authority(value) for value in root["certificateAuthorities"]],
            "tLogs": [_log(value) for value in root["tlogs"]],
            "ctLogs": [_log(value) for value in root["ctlogs"]],
            "timestampAuthorities": [_authority(value) for value in root.get("timestampAuthorities", [])],
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError("The trusted root is not readable.", why=f"It lacks {str(error)[:60]}.") from error
    return {
        "apiVersion": "policy.sigstore.dev/v1alpha1",
        "kind": "TrustRoot",
        "metadata": {"name": TRUST_ROOT},
        "spec": {"sigstoreKeys": keys},
    }


def _authority(value: dict[str, Any]) -> dict[str, Any]:
    name = value.get("subject", {})
    chain = "".join(_pem("CERTIFICATE", entry["rawBytes"]) for entry in value["certChain"]["certificates"])
    return {
        "subject": {"organization": name.get("organization", ""), "commonName": name.get("commonName", "")},
        "uri": value["uri"],
        "certChain": _encoded(chain),
    }


def _log(value: dict[str, Any]) -> dict[str, Any]:
    key = value["publicKey"]
    label = "RSA PUBLIC KEY" if key.get("keyDetails", "").startswith("PKCS1_") else "PUBLIC KEY"
    return {
        "baseURL": value["baseUrl"],
        "hashAlgorithm": _HASHES[value["hashAlgorithm"]],
        "publicKey": _encoded(_pem(label, key["rawBytes"])),
    }


def _pem(label: str, der: str) -> str:
    lines = textwrap.wrap(base64.b64encode(base64.b64decode(der, validate=True)).decode(), 64)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

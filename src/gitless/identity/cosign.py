"""Trust for people with cosign 3: the commands that verify the signature and the attestations."""

from __future__ import annotations

from gitless.identity.subject import TrustSubject
from gitless.model.identity import IdentityPattern

ATTESTATIONS = ("cyclonedx", "slsaprovenance1")


def cosign_commands(subject: TrustSubject) -> list[list[str]]:
    """The commands as lists of arguments."""
    flags = _identity(subject.pattern) if subject.pattern else [f"--key={subject.key_file}", "--insecure-ignore-tlog"]
    if subject.pattern and subject.trusted_root_file:
        flags.append(f"--trusted-root={subject.trusted_root_file}")
    if subject.reusable_source:
        repository = "/".join(subject.reusable_source.rsplit("/", 2)[1:])
        flags.append(f"--certificate-github-workflow-repository={repository}")
    commands = [["cosign", "verify", *flags, subject.reference]]
    # who promotes signs the artifact anew; SBOM and provenance stay the publisher's
    kinds = ATTESTATIONS if subject.role == "publish" else ()
    commands += [["cosign", "verify-attestation", f"--type={kind}", *flags, subject.reference] for kind in kinds]
    return commands


def _identity(pattern: IdentityPattern) -> list[str]:
    name = "--certificate-identity" if pattern.is_exact else "--certificate-identity-regexp"
    value = pattern.subject if pattern.is_exact else pattern.subject_regex
    return [f"--certificate-oidc-issuer={pattern.issuer}", f"{name}={value}"]

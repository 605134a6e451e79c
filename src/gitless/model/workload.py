"""The CI job that signs, in the words of Fulcio's certificate extensions (fulcio docs/oid-info.md).

One value from two sides: read from a verified OIDC token before signing, and from the certificate afterwards. The two
must be equal, and provenance says nothing about the build that is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from gitless.model.identity import Identity

# attribute -> last arc of 1.3.6.1.4.1.57264.1
EXTENSIONS = {
    "signer_uri": 9,
    "signer_digest": 10,
    "runner": 11,
    "source_uri": 12,
    "source_digest": 13,
    "source_ref": 14,
    "source_id": 15,
    "owner_uri": 16,
    "owner_id": 17,
    "config_uri": 18,
    "config_digest": 19,
    "trigger": 20,
    "invocation": 21,
    "visibility": 22,
    "environment": 23,
    "token_subject": 24,
}


@dataclass(frozen=True, slots=True)
class Workload:
    """What is verified about the job.

    Attributes:
        identity: Issuer and subject alternative name.
        signer_uri: The workflow or pipeline file that signs, with its ref.
        signer_digest: The commit of that file.
        runner: `github-hosted`, `gitlab-hosted` or `self-hosted`.
        source_uri: Web URL of the source repository.
        source_digest: The source commit.
        source_ref: The source ref, `refs/…`.
        source_id: The platform's number for the repository.
        owner_uri: Web URL of the owner.
        owner_id: The platform's number for the owner.
        config_uri: The top-level workflow or pipeline file, with its ref.
        config_digest: The commit of that file.
        trigger: The event that started the job.
        invocation: URL of the run.
        visibility: `public`, `internal` or `private`.
        environment: The deployment environment; empty outside one.
        token_subject: The token's own `sub`; certificates of older Fulcio releases lack it.
    """

    identity: Identity
    signer_uri: str = ""
    signer_digest: str = ""
    runner: str = ""
    source_uri: str = ""
    source_digest: str = ""
    source_ref: str = ""
    source_id: str = ""
    owner_uri: str = ""
    owner_id: str = ""
    config_uri: str = ""
    config_digest: str = ""
    trigger: str = ""
    invocation: str = ""
    visibility: str = ""
    environment: str = ""
    token_subject: str = ""

    def differences(self, other: Workload) -> tuple[str, ...]:
        """The attributes both sides name and name differently; what one side leaves out contradicts nothing."""
        found = [] if self.identity == other.identity else ["identity"]
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if field.name != "identity" and mine and theirs and mine != theirs:
                found.append(field.name)
        return tuple(found)

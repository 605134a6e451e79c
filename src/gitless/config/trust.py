"""The `identities:` and `signing:` sections: who may sign what, and with what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from gitless.config.base import RelativePath, Section, Text


class GitHubIdentity(Section):
    """A workflow on GitHub."""

    repository: Text = Field(description="Repository, such as acme/apps.")
    workflow: Text = Field(description="Workflow file, such as push-artifact.yaml.")
    ref: Text = Field(description="Ref the workflow runs on; `*` stands for any text.")


class GitLabIdentity(Section):
    """A pipeline on GitLab."""

    project: Text = Field(description="Project, such as acme/apps.")
    config: Text = Field(default=".gitlab-ci.yml", description="CI configuration file.")
    ref: Text = Field(description="Ref the pipeline runs on; `*` stands for any text.")


class Identity(Section):
    """Exactly one of a workflow, a pipeline and a public key."""

    github: GitHubIdentity | None = Field(default=None, description="A workflow on GitHub.")
    gitlab: GitLabIdentity | None = Field(default=None, description="A pipeline on GitLab.")
    key: RelativePath | None = Field(default=None, description="Public key file (PEM) in the repository.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(value is not None for value in (self.github, self.gitlab, self.key)) != 1:
            raise ValueError("needs exactly one of github, gitlab and key")
        return self


class Identities(Section):
    """Who may sign what; publish and promote must not overlap."""

    publish: Identity | None = Field(default=None, description="Who may publish.")
    promote: Identity | None = Field(default=None, description="Who may promote.")
    allow_shared_key: bool = Field(default=False, description="Let one key do both; recorded with every promotion.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        same = self.publish is not None and self.publish == self.promote
        if same and not (self.publish and self.publish.key and self.allow_shared_key):
            raise ValueError("publish and promote must not be the same identity (one key for both: allow-shared-key)")
        return self


class SigstoreFiles(Section):
    """A Sigstore instance of one's own."""

    trusted_root: RelativePath = Field(description="trusted_root.json of the instance.")
    signing_config: RelativePath = Field(description="signing_config.json of the instance.")


class Signing(Section):
    """How evidence is signed."""

    method: Literal["keyless", "key"] = Field(default="keyless", description="keyless (OIDC and Fulcio) or key.")
    key: Text | None = Field(default=None, description="Private key for method key: a file, or env://VARIABLE.")
    rekor: Literal[1, 2] = Field(default=1, description="Version of the transparency log.")
    allow_public_log: bool = Field(
        default=False, description="Let a private repository's name get into the public log."
    )
    sigstore: Literal["public"] | SigstoreFiles = Field(default="public", description="The Sigstore instance.")
    timestamp: Text | None = Field(default=None, description="URL of an RFC 3161 timestamp authority for method key.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.key and self.method != "key":
            raise ValueError("key belongs to method: key")
        return self

"""The `identities:` and `signing:` sections: who may sign what, and with what."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from gitless.config.base import RelativePath, Section, Text
from gitless.model.identity import IdentityPattern
from gitless.model.issuers import GITHUB_SERVER, GITLAB_SERVER, github_issuer
from gitless.model.web import check_web_address

_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+")
_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){1,20}")
_FILE = re.compile(r"[A-Za-z0-9_.+-]{1,200}\.ya?ml")
_FOLDER = ".github/workflows/"
# what Go's net/url leaves as it is in a certificate, and the wildcard
_REF = re.compile(r"refs/[A-Za-z0-9._~/$&+,;=@!'()#%*-]{1,255}")


def _check_repository(text: str) -> str:
    if not _REPOSITORY.fullmatch(text):
        raise ValueError("must be OWNER/REPOSITORY without wildcards")
    return text


def _check_project(text: str) -> str:
    if not _PROJECT.fullmatch(text):
        raise ValueError("must be GROUP/PROJECT without wildcards")
    return text


def _check_workflow(text: str) -> str:
    repository, folder, file = text.rpartition(_FOLDER)
    if repository:
        _check_repository(repository.removesuffix("/"))
    if (repository and not repository.endswith("/")) or not _FILE.fullmatch(file if folder else text):
        raise ValueError(f"must be FILE.yaml, {_FOLDER}FILE.yaml or OWNER/REPOSITORY/{_FOLDER}FILE.yaml")
    return text


def _check_pipeline(text: str) -> str:
    if "*" in text or "@" in text or "//" in text or " " in text or not text.endswith((".yml", ".yaml")):
        raise ValueError("must be the path of a CI configuration file in the project")
    return text


def _check_ref(text: str) -> str:
    if not text.startswith("refs/") or ".." in text or text.endswith("/"):
        raise ValueError("must begin with refs/, such as refs/heads/main or refs/tags/*")
    if not _REF.fullmatch(text):
        raise ValueError("must spell other characters as certificates do: percent-encoded")
    return text


def _check_server(text: str) -> str:
    if text.endswith("/"):
        raise ValueError("must not end with '/'")
    return check_web_address(text)


Repository = Annotated[Text, AfterValidator(_check_repository)]
Project = Annotated[Text, AfterValidator(_check_project)]
Workflow = Annotated[Text, AfterValidator(_check_workflow)]
Pipeline = Annotated[RelativePath, AfterValidator(_check_pipeline)]
Ref = Annotated[Text, AfterValidator(_check_ref)]
Server = Annotated[Text, AfterValidator(_check_server)]
Issuer = Annotated[Text, AfterValidator(check_web_address)]


class GitHubIdentity(Section):
    """A workflow on GitHub."""

    repository: Repository = Field(description="Repository, such as acme/apps.")
    workflow: Workflow = Field(
        description="Workflow file, such as push-artifact.yaml; OWNER/REPOSITORY/.github/workflows/FILE.yaml for a "
        "reusable workflow of another repository."
    )
    ref: Ref = Field(description="Ref of the workflow file, such as refs/heads/main; `*` stands for any text.")
    server: Server = Field(default=GITHUB_SERVER, description="Web address of the GitHub server.")
    issuer: Issuer | None = Field(default=None, description="Issuer of its tokens, where it is not the server's usual.")

    def to_pattern(self) -> IdentityPattern:
        """The certificates it means: the file that signs is the subject, the repository that calls it the source."""
        path = self.workflow if _FOLDER in self.workflow else _FOLDER + self.workflow
        if path.startswith(_FOLDER):
            path = f"{self.repository}/{path}"
        return IdentityPattern(
            self.issuer or github_issuer(self.server),
            f"{self.server}/{path}@{self.ref}",
            f"{self.server}/{self.repository}",
        )


class GitLabIdentity(Section):
    """A pipeline on GitLab."""

    project: Project = Field(description="Project, such as acme/apps.")
    config: Pipeline = Field(default=".gitlab-ci.yml", description="CI configuration file.")
    ref: Ref = Field(description="Ref the pipeline runs on, such as refs/heads/main; `*` stands for any text.")
    server: Server = Field(default=GITLAB_SERVER, description="Web address of the GitLab server.")
    issuer: Issuer | None = Field(default=None, description="Issuer of its tokens, where it is not the server.")

    def to_pattern(self) -> IdentityPattern:
        """The certificates it means; Fulcio writes https:// before GitLab's own name for the configuration file."""
        address = f"{self.server}/{self.project}"
        return IdentityPattern(
            self.issuer or self.server, f"https://{address.partition('://')[2]}//{self.config}@{self.ref}", address
        )


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

    @property
    def kind(self) -> Literal["github", "gitlab", "key"]:
        """Which of the three it is."""
        if self.github:
            return "github"
        return "gitlab" if self.gitlab else "key"

    def to_pattern(self) -> IdentityPattern | None:
        """The certificates it means; None for a key."""
        workload = self.github or self.gitlab
        return workload.to_pattern() if workload else None


class Identities(Section):
    """Who may sign what; publish and promote must not overlap."""

    publish: Identity | None = Field(default=None, description="Who may publish.")
    promote: Identity | None = Field(default=None, description="Who may promote.")
    allow_shared_key: bool = Field(default=False, description="Let one key do both; recorded with every promotion.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.publish is None or self.promote is None:
            return self
        if self.publish.key and self.publish.key == self.promote.key and not self.allow_shared_key:
            raise ValueError("publish and promote must not be the same identity (one key for both: allow-shared-key)")
        one, two = self.publish.to_pattern(), self.promote.to_pattern()
        if one and two and one.overlaps(two):
            raise ValueError(f"publish and promote must not overlap: one certificate could be both {one} and {two}")
        return self


class SigstoreFiles(Section):
    """A Sigstore instance of one's own."""

    trusted_root: RelativePath = Field(description="trusted_root.json of the instance.")
    signing_config: RelativePath = Field(description="signing_config.json of the instance.")
    audience: Text = Field(
        default="sigstore", description="Audience of the job's token: the client id its Fulcio expects."
    )


class Signing(Section):
    """How evidence is signed."""

    method: Literal["keyless", "key", "none"] = Field(
        default="keyless", description="keyless (OIDC and Fulcio), key, or none: pushed by digest, and nothing named."
    )
    key: Text | None = Field(
        default=None, description="Private key for method key: a file, env://VARIABLE, or a key store's address."
    )
    rekor: Literal[1, 2] = Field(default=1, description="Version of the transparency log.")
    allow_public_log: bool = Field(
        default=False, description="Let a private repository's name get into the public log."
    )
    sigstore: Literal["public"] | SigstoreFiles = Field(default="public", description="The Sigstore instance.")
    timestamp: Text | None = Field(default=None, description="URL of an RFC 3161 timestamp authority for method key.")
    legacy: bool = Field(
        default=False, description="Also write legacy signatures (`sha256-….sig`) for Flux up to 2.7 and cosign 2."
    )
    entries_per_second: int = Field(
        default=10, ge=1, le=1000, description="Most requests the transparency log gets in any second."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.key and self.method != "key":
            raise ValueError("key belongs to method: key")
        if self.timestamp and self.method != "key":
            raise ValueError("timestamp belongs to method: key (keyless evidence always carries one)")
        if self.legacy and self.method == "keyless" and self.rekor == 2:
            raise ValueError("legacy signatures need rekor: 1 (version 2 gives no signed entry timestamp)")
        return self

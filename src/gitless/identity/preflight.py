"""May this job sign, and as whom it should? Rules over plain facts, asked before any work; each hint can be pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gitless.errors import UsageError
from gitless.identity.suggestion import configuration_lines
from gitless.model.identity import IdentityPattern
from gitless.model.issuers import is_public_fulcio_issuer
from gitless.model.workload import Workload

Role = Literal["publish", "promote"]
GITHUB_PERMISSIONS = """\
permissions:
  contents: read
  packages: write
  id-token: write"""
PRIVATE_INSTANCE = """\
signing:
  sigstore: {trusted-root: sigstore/trusted_root.json, signing-config: sigstore/signing_config.json}"""
_NAMES = {"github": "GitHub", "gitlab": "GitLab", "key": "a key"}
_PUBLIC_HOST = re.compile(rb"https://[A-Za-z0-9.-]*\.sigstore\.dev[/:\"]")
_KEY_MODE = "Or sign with a key: signing: {method: key}."


@dataclass(frozen=True, slots=True)
class Job:
    """What the environment says about this job; nothing of it is verified.

    Attributes:
        platform: The CI product.
        server: Web address of its server.
        event: What started the run.
        is_fork: Whether the run is for a change from another repository.
        has_token: Whether the job may have a token: GitHub's endpoint, or GitLab's variable, is there.
        variable: GitLab: the variable the token should be in.
        audience: Whom the token is for.
    """

    platform: Literal["github", "gitlab"]
    server: str
    event: str
    is_fork: bool
    has_token: bool
    variable: str = "SIGSTORE_ID_TOKEN"
    audience: str = "sigstore"


def check_job(job: Job) -> None:
    """Refuse a job that gets no identity token, or that runs foreign code beside one.

    Raises:
        UsageError: It is for a change from a fork, or has no token; the hint holds the lines to paste.
    """
    if job.is_fork:
        what = "pull" if job.platform == "github" else "merge"
        raise UsageError(
            f"A {what} request from a fork cannot be signed for.",
            why="What is signed here would be trusted as this repository's own, and the content is someone else's.",
            hint=f"Publish after the {what} request is merged, in a run for the branch it is merged into.",
        )
    if job.has_token:
        return
    if job.platform == "github":
        raise UsageError(
            "The job has no permission to ask for an identity token.",
            why="ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set.",
            hint=f"Give it to the job; a reusable workflow's caller must grant it too:\n{GITHUB_PERMISSIONS}",
        )
    raise UsageError(
        "The job has no identity token.",
        why=f"The variable {job.variable} is not set.",
        hint=f"Declare it in the job:\nid_tokens:\n  {job.variable}:\n    aud: {job.audience}",
    )


def check_platform(
    platform: Literal["github", "gitlab"], trusted: Literal["github", "gitlab", "key"], role: Role = "publish"
) -> None:
    """Refuse a job on another platform than the configured identity's.

    Raises:
        UsageError: It is.
    """
    if platform != trusted:
        raise UsageError(
            f"This job cannot be the identity identities.{role}.",
            why=f"It runs on {_NAMES[platform]}, and gitless.yaml trusts {_NAMES[trusted]}.",
            hint=f"Run where identities.{role} says, or have the configuration changed.",
        )


def check_instance(issuer: str, *, is_public: bool) -> None:
    """Refuse an issuer that the public Sigstore instance does not know.

    Args:
        issuer: The configured issuer.
        is_public: Whether the public instance is configured.

    Raises:
        UsageError: It needs a Fulcio of its own.
    """
    if is_public and not is_public_fulcio_issuer(issuer):
        raise UsageError(
            f"The public Sigstore instance makes no usable certificates for {issuer}.",
            why="It knows github.com and gitlab.com; a server of one's own needs a private Fulcio.",
            hint=f"Name your instance in gitless.yaml:\n{PRIVATE_INSTANCE}\n{_KEY_MODE}",
        )


def names_public_instance(signing_config: bytes) -> bool:
    """Whether a signing configuration names a service of the public instance, under whatever file name."""
    return _PUBLIC_HOST.search(signing_config) is not None


def check_public_log(workload: Workload, *, is_public: bool, is_allowed: bool) -> None:
    """Refuse to write a private repository's name into the public log, unless that is allowed.

    Args:
        workload: The job.
        is_public: Whether the public instance is configured.
        is_allowed: `signing.allow-public-log`.

    Raises:
        UsageError: The repository is not public, and nobody allowed it.
    """
    if is_public and not is_allowed and workload.visibility != "public":
        raise UsageError(
            f"This repository is {workload.visibility}, and signing would publish its name.",
            why="Fulcio's and Rekor's public logs keep repository, workflow and branch names forever.",
            hint=f"If that is fine:\nsigning: {{allow-public-log: true}}\nElse use an instance of your own:\n"
            f"{PRIVATE_INSTANCE}\n{_KEY_MODE}",
        )


def check_signer(
    workload: Workload, trusted: IdentityPattern, platform: Literal["github", "gitlab"], role: Role = "publish"
) -> None:
    """Refuse to sign as someone whom the configuration does not trust for this.

    Args:
        workload: The job, from its verified token.
        trusted: The configured identity.
        platform: The job's platform.
        role: What is to be signed.

    Raises:
        UsageError: They differ; shows both, and what in them differs.
    """
    matches = trusted.matches(workload.identity)
    if matches and trusted.source in ("", workload.source_uri):
        return
    lines = [f"It signs as  {workload.identity}", f"trusted is   {trusted}"]
    if matches:
        lines.append(f"for the repository {workload.source_uri}, and trusted is {trusted.source}")
    raise UsageError(
        f"This job is not the identity that identities.{role} trusts.",
        why="\n".join(lines),
        hint=f"{_advice(workload, trusted)}\n{configuration_lines(workload, platform, role)}",
    )


def check_distinct_keys(publish: str, promote: str, *, is_shared_allowed: bool) -> None:
    """Refuse one key under two names.

    Args:
        publish: Hint (digest) of the publishing key.
        promote: Hint of the promoting key.
        is_shared_allowed: `identities.allow-shared-key`.

    Raises:
        UsageError: They are the same key, and nobody allowed it.
    """
    if publish == promote and not is_shared_allowed:
        raise UsageError(
            "identities.publish and identities.promote are the same key.",
            why="Whoever may publish could promote.",
            hint="Use two keys, or say so in gitless.yaml, where it is recorded:\nidentities: {allow-shared-key: true}",
        )


def _advice(workload: Workload, trusted: IdentityPattern) -> str:
    mine, _, ref = workload.identity.subject.partition("@")
    theirs, _, wanted = trusted.subject.partition("@")
    if workload.identity.issuer == trusted.issuer and mine == theirs and ref != wanted:
        return f"Only the ref differs: run it on {wanted}. To trust this job instead, have gitless.yaml changed:"
    return "Run the trusted workflow. To trust this job instead, have gitless.yaml changed:"

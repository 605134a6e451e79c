"""From the claims of a verified token to the job in Fulcio's words, by the templates of its public instance.

What stands here before signing must be what the certificate says afterwards (fulcio config/identity/config.yaml).
Signed by the issuer does not mean harmless: branch and environment names are what people chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from gitless.errors import CheckError
from gitless.identity.certificate_uri import certificate_uri
from gitless.model.identity import Identity
from gitless.model.workload import Workload

MAX_CLAIM = 2048
_SPACED = frozenset({"environment", "sub", "workflow"})
_NOT_IN_PROJECT = """\
GitLab leaves it out where the pipeline's configuration is not a file of the project itself: in child pipelines, with
Auto DevOps or compliance pipelines, or with a CI configuration path in another project or at a URL.
Keep .gitlab-ci.yml in the project (it may include others) and publish from a job of the parent pipeline,
or sign with signing: {method: key}."""


def workload_of(platform: Literal["github", "gitlab"], claims: Mapping[str, Any], server: str) -> Workload:
    """The job that a verified token's claims describe.

    Args:
        platform: Who issued the token.
        claims: All of its claims.
        server: Web address of the server, as configured; Fulcio's `url`.

    Raises:
        CheckError: A claim that Fulcio needs is missing, or one is no single line of text of at most MAX_CLAIM
            characters; names the claim, never its value.
    """
    return _github(_Claims(claims), server) if platform == "github" else _gitlab(_Claims(claims), server)


class _Claims:
    """Reads claims by name; an error names the claim and not its value."""

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def must(self, name: str, hint: str = "") -> str:
        value = self.may(name)
        if not value:
            raise CheckError(
                f"The job's token lacks the claim {name}.",
                why="Fulcio makes no certificate without it.",
                hint=hint or "Update the server that issues the token, or sign with signing: {method: key}.",
            )
        return value

    def may(self, name: str) -> str:
        value = self._claims.get(name, "")
        if not isinstance(value, str):
            raise _refused(name, "It is not text.")
        if len(value) > MAX_CLAIM:
            raise _refused(name, f"It has more than {MAX_CLAIM} characters.")
        if not value.isprintable() or (" " in value and name not in _SPACED):
            raise _refused(name, "It holds a line break, a space or a control character.")
        return value


def _github(read: _Claims, server: str) -> Workload:
    read.must("workflow")  # only the old extensions name it, and Fulcio makes no certificate without them
    signer = f"{server}/{read.must('job_workflow_ref')}"
    source = f"{server}/{read.must('repository')}"
    return Workload(
        identity=Identity(read.must("iss"), certificate_uri(signer)),
        signer_uri=signer,
        signer_digest=read.must("job_workflow_sha"),
        runner=read.must("runner_environment"),
        source_uri=source,
        source_digest=read.must("sha"),
        source_ref=read.must("ref"),
        source_id=read.must("repository_id"),
        owner_uri=f"{server}/{read.must('repository_owner')}",
        owner_id=read.must("repository_owner_id"),
        config_uri=f"{server}/{read.must('workflow_ref')}",
        config_digest=read.must("workflow_sha"),
        trigger=read.must("event_name"),
        invocation=f"{source}/actions/runs/{read.must('run_id')}/attempts/{read.must('run_attempt')}",
        visibility=read.must("repository_visibility"),
        environment=read.may("environment"),
        token_subject=read.must("sub"),
    )


def _gitlab(read: _Claims, server: str) -> Workload:
    config = f"https://{read.must('ci_config_ref_uri', _NOT_IN_PROJECT)}"
    commit, project = read.must("ci_config_sha", _NOT_IN_PROJECT), f"{server}/{read.must('project_path')}"
    kind = "heads" if read.must("ref_type") == "branch" else "tags"
    return Workload(
        identity=Identity(read.must("iss"), certificate_uri(config)),
        signer_uri=config,
        signer_digest=commit,
        runner=read.must("runner_environment"),
        source_uri=project,
        source_digest=read.must("sha"),
        source_ref=f"refs/{kind}/{read.must('ref')}",
        source_id=read.must("project_id"),
        owner_uri=f"{server}/{read.must('namespace_path')}",
        owner_id=read.must("namespace_id"),
        config_uri=config,
        config_digest=commit,
        trigger=read.must("pipeline_source"),
        invocation=f"{project}/-/jobs/{read.must('job_id')}",
        visibility=read.must("project_visibility"),
        environment=read.may("environment"),
        token_subject=read.must("sub"),
    )


def _refused(name: str, why: str) -> CheckError:
    return CheckError(f"The job's token has a claim {name} that is not accepted.", why=why)

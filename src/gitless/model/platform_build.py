"""A CI platform's job in SLSA's terms, each value taken from the verified workload and from nothing else.

GitHub: the fields and the build type that its own attestations have (`https://actions.github.io/buildtypes/workflow/v1`),
so that whoever reads those reads these. GitLab: a build type of ours, described in docs/buildtypes/gitlab-v1.md. No CI
variable is in either of them: none of them reaches the content of an artifact.

Written from a token's workload, and compared with a certificate's afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitless.errors import DefectError
from gitless.model.namespace import NAMESPACE
from gitless.model.workload import Workload

GITHUB_BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"
GITLAB_BUILD_TYPE = f"{NAMESPACE}/buildtypes/gitlab/v1"
PLATFORMS = {GITHUB_BUILD_TYPE: "github", GITLAB_BUILD_TYPE: "gitlab"}
# its ref may be another than the job's: pull_request_target runs the base's workflow, a required one may be pinned
_AT_REF = re.compile(r"@(?:refs/.*|[0-9a-f]{40}|[0-9a-f]{64})\Z", re.DOTALL)
_NEEDED = (
    "signer_uri",
    "runner",
    "source_uri",
    "source_digest",
    "source_ref",
    "source_id",
    "owner_id",
    "config_uri",
    "trigger",
    "invocation",
)


@dataclass(frozen=True, slots=True)
class PlatformBuild:
    """What provenance says of a job.

    Attributes:
        build_type: `buildDefinition.buildType`.
        external: `buildDefinition.externalParameters`.
        internal: `buildDefinition.internalParameters`.
        source: The first of `buildDefinition.resolvedDependencies`.
        builder: `runDetails.builder.id`.
        invocation: `runDetails.metadata.invocationId`.
    """

    build_type: str
    external: Mapping[str, Any] = field(hash=False)
    internal: Mapping[str, Any] = field(hash=False)
    source: Mapping[str, Any] = field(hash=False)
    builder: str
    invocation: str

    @classmethod
    def of(cls, platform: str, workload: Workload) -> PlatformBuild:
        """Describe a job.

        Args:
            platform: `github` or `gitlab`.
            workload: The job, from a verified token or certificate.

        Raises:
            DefectError: Another platform, an attribute that every job of it has is missing, or the builder is no https
                URL.
        """
        if platform not in _PARAMETERS:
            raise DefectError("There is no build type for this CI platform.", why=platform[:60])
        missing = [name for name in _NEEDED if not getattr(workload, name)]
        if missing:
            raise DefectError("The verified job is incomplete.", why=f"Missing: {', '.join(missing)}.")
        if not workload.signer_uri.startswith("https://"):
            raise DefectError("A builder id is not an https URL.", why=workload.signer_uri[:200])
        return cls(
            *_PARAMETERS[platform](workload),
            source={
                "uri": f"git+{workload.source_uri}@{workload.source_ref}",
                "digest": {"gitCommit": workload.source_digest},
            },
            builder=workload.signer_uri,
            invocation=workload.invocation,
        )


_Parameters = tuple[str, dict[str, Any], dict[str, Any]]


def _github(workload: Workload) -> _Parameters:
    workflow = {
        "ref": workload.source_ref,
        "repository": workload.source_uri,
        "path": _config_path(workload, "/"),
    }
    github = {
        "event_name": workload.trigger,
        "repository_id": workload.source_id,
        "repository_owner_id": workload.owner_id,
        "runner_environment": workload.runner,
    }
    return GITHUB_BUILD_TYPE, {"workflow": workflow}, {"github": github}


def _gitlab(workload: Workload) -> _Parameters:
    pipeline = {
        "ref": workload.source_ref,
        "project": workload.source_uri,
        "config": _config_path(workload, "//"),
    }
    gitlab = {
        "pipeline_source": workload.trigger,
        "project_id": workload.source_id,
        "namespace_id": workload.owner_id,
        "runner_environment": workload.runner,
    }
    return GITLAB_BUILD_TYPE, {"pipeline": pipeline}, {"gitlab": gitlab}


def _config_path(workload: Workload, separator: str) -> str:
    """The workflow or pipeline file's path in its repository.

    A workflow that an organisation's rule requires stands in another repository: then the path starts with that
    repository's name, as in GitHub's own attestations.
    """
    place = _AT_REF.sub("", workload.config_uri)
    inside = place.removeprefix(workload.source_uri + separator)
    if inside != place:
        return inside
    scheme, _, rest = place.partition("://")
    path = rest.partition("/")[2]
    if not scheme or not path:
        raise DefectError("The verified job names no workflow or pipeline file.", why=workload.config_uri[:200])
    return path


_PARAMETERS: Mapping[str, Callable[[Workload], _Parameters]] = {"github": _github, "gitlab": _gitlab}

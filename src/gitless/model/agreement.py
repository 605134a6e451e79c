"""Compares what is said of a source with the verified job: before signing, and against the certificate afterwards.

Whoever reads annotations and provenance must be able to take the certificate's word for them: a keyless run that would
say something else is refused before anything is pushed, and evidence that does is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitless.errors import DefectError
from gitless.model.platform_build import PLATFORMS, PlatformBuild
from gitless.model.revision import Revision, Source
from gitless.model.workload import Workload

_REF_KINDS = ("refs/heads/", "refs/tags/", "refs/")
# GitLab runs such a pipeline for the merge request's own ref, and its token names the source branch
_MERGE_REQUEST = "merge-requests/"
_SHOWN = 200  # characters of what an artifact says


def contradictions(source: Source, workload: Workload) -> tuple[str, ...]:
    """Name everything in a run's source that the verified job contradicts.

    URLs are equal with and without `.git`, a slash at the end, and capitals in the host; everything else is compared as
    it stands. A revision in a form that names no commit contradicts, since nobody could check it; uncommitted changes
    do not, since the revision says so itself.

    Args:
        source: What annotations and provenance will say.
        workload: The job, from a verified token.

    Returns:
        One sentence for each; empty when there is none. What the workload leaves out contradicts nothing.
    """
    commit, said = source.commit, workload.source_digest
    found = list(annotation_contradictions(source.url, source.revision, workload))
    revision = Revision.parse(source.revision)
    # a revision of the same commit has said it already
    if commit and said and commit != said and (revision is None or revision.sha != commit):
        found.append(f"The commit is {commit}, and the job runs for {said}.")
    return tuple(found)


def annotation_contradictions(url: str, revision: str, workload: Workload) -> tuple[str, ...]:
    """As `contradictions`, for a source URL and a revision that were read from an artifact.

    Args:
        url: The source annotation, or the provenance's.
        revision: The revision annotation, or the provenance's.
        workload: The job, from a verified token or certificate.
    """
    return (*_repository(url, workload), *_revision(revision, workload))


def provenance_contradictions(predicate: Mapping[str, Any], workload: Workload) -> tuple[str, ...]:
    """Name the fields of a SLSA provenance that are not what the signing certificate says.

    Only the fields that come from a job are looked at; what `gitless_publish` says of the source must agree with the
    job too. The predicate may be shaped in any way.

    Args:
        predicate: Of type `https://slsa.dev/provenance/v1`.
        workload: The job, from the certificate.

    Returns:
        Names of fields, or a sentence; empty where all agree. A build type that is no platform's is one of them.
    """
    build_type = _at(predicate, "buildDefinition", "buildType")
    platform = PLATFORMS.get(build_type) if isinstance(build_type, str) else None
    if platform is None:
        return ("buildDefinition.buildType",)
    try:
        build = PlatformBuild.of(platform, workload)
    except DefectError as error:
        return (f"{error.what} {error.why}",)
    definition = ("buildDefinition",)
    fields = (
        ((*definition, "externalParameters"), build.external),
        ((*definition, "internalParameters"), build.internal),
        (("runDetails", "builder", "id"), build.builder),
        (("runDetails", "metadata", "invocationId"), build.invocation),
    )
    found = [".".join(steps) for steps, value in fields if _at(predicate, *steps) != value]
    if _first_source(predicate) != build.source:
        found.append("buildDefinition.resolvedDependencies[0]")
    said = [_at(predicate, *definition, "gitless_publish", key) for key in ("source", "revision")]
    url, revision = (value if isinstance(value, str) else "" for value in said)
    return (*found, *annotation_contradictions(url, revision, workload))


def _first_source(predicate: Mapping[str, Any]) -> Any:
    dependencies = _at(predicate, "buildDefinition", "resolvedDependencies")
    first = dependencies[0] if isinstance(dependencies, list) and dependencies else None
    # a name is for people: it says that uncommitted changes went in
    return {key: value for key, value in first.items() if key != "name"} if isinstance(first, dict) else None


def _at(value: Any, *steps: str) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _repository(url: str, workload: Workload) -> tuple[str, ...]:
    if not workload.source_uri or _plain(url) == _plain(workload.source_uri):
        return ()
    return (f"The source is {url[:_SHOWN]}, and the job runs for {workload.source_uri}.",)


def _revision(text: str, workload: Workload) -> tuple[str, ...]:
    revision = Revision.parse(text)
    if revision is None:
        return (f"The revision {text[:_SHOWN]} is not of the form <branch or tag>@sha1:<commit>.",)
    found = []
    if workload.source_digest and revision.sha != workload.source_digest:
        found.append(f"The revision is {text}, and the job runs for commit {workload.source_digest}.")
    if workload.source_ref and not _same_ref(revision.ref, workload.source_ref):
        found.append(f"The revision's branch or tag is {revision.ref}, and the job runs for {workload.source_ref}.")
    return tuple(found)


def _same_ref(name: str, ref: str) -> bool:
    if name.startswith(_MERGE_REQUEST) and ref.startswith("refs/heads/"):
        return True
    kind = next((kind for kind in _REF_KINDS if ref.startswith(kind)), "")
    return name == ref.removeprefix(kind)


def _plain(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path.rstrip('/').removesuffix('.git')}"

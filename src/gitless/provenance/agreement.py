"""Compares what a run says about its source with what the certificate will say.

Whoever reads the provenance and the annotations must be able to take the certificate's word for them: a keyless run
that would say something else is refused before anything is pushed.
"""

from __future__ import annotations

from gitless.model.revision import Revision, Source
from gitless.model.workload import Workload

_REF_KINDS = ("refs/heads/", "refs/tags/", "refs/")
# GitLab runs such a pipeline for the merge request's own ref, and its token names the source branch
_MERGE_REQUEST = "merge-requests/"


def contradictions(source: Source, workload: Workload) -> tuple[str, ...]:
    """Name everything in the source that the verified job contradicts.

    URLs are equal with and without `.git`, a slash at the end, and capitals in the host; everything else is compared as
    it stands. A revision in a form that names no commit contradicts, since nobody could check it; uncommitted changes
    do not, since the revision says so itself.

    Args:
        source: What annotations and provenance will say.
        workload: The job, from a verified token.

    Returns:
        One sentence for each; empty when there is none. What the workload leaves out contradicts nothing.
    """
    return (*_repository(source, workload), *_commit(source, workload), *_revision(source, workload))


def _repository(source: Source, workload: Workload) -> tuple[str, ...]:
    if not workload.source_uri or _plain(source.url) == _plain(workload.source_uri):
        return ()
    return (f"The source is {source.url}, and the job runs for {workload.source_uri}.",)


def _commit(source: Source, workload: Workload) -> tuple[str, ...]:
    if not source.commit or not workload.source_digest or source.commit == workload.source_digest:
        return ()
    return (f"The commit is {source.commit}, and the job runs for {workload.source_digest}.",)


def _revision(source: Source, workload: Workload) -> tuple[str, ...]:
    revision = Revision.parse(source.revision)
    if revision is None:
        return (f"The revision {source.revision} is not of the form <branch or tag>@sha1:<commit>.",)
    found = []
    # where the commit differs, so does a revision that repeats it: said once
    if workload.source_digest and revision.sha not in (workload.source_digest, source.commit):
        found.append(f"The revision is {source.revision}, and the job runs for commit {workload.source_digest}.")
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

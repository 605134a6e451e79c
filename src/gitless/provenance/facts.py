"""What a publish run knows about itself. Values only; whoever fills them in has checked what is called verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gitless.model.digest import Digest
from gitless.model.revision import Source
from gitless.model.workload import Workload

FOLDER_DIGEST = "gitless_folder"  # sha256 over the canonical JSON list of a folder's [path, sha256] pairs


@dataclass(frozen=True, slots=True)
class RenderFact:
    """How one output of the artifact was rendered.

    Attributes:
        kind: `none`, `kustomize` or `helm`.
        output: Folder in the artifact; empty for its root.
        path: Chart or overlay, relative to the component.
        kubernetes: The Kubernetes version it was rendered for; empty for `none`.
        api_versions: API versions it was rendered for.
        values_files: Names of values files; never their content.
        release: Release name (Helm).
        namespace: Namespace (Helm).
    """

    kind: str
    output: str = ""
    path: str = ""
    kubernetes: str = ""
    api_versions: tuple[str, ...] = ()
    values_files: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """Something the content was made from.

    Attributes:
        name: What it is, for people.
        uri: Where it is from; empty if it has no address.
        digests: Algorithm to hex, in in-toto's names (`sha256`, `gitCommit`) or `FOLDER_DIGEST`.
    """

    name: str
    uri: str = ""
    digests: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ToolBinary:
    """A renderer that ran.

    Attributes:
        name: `helm`, `kustomize`, …
        version: What it reported.
        sha256: Hash of its executable, hex; empty where it was not read.
    """

    name: str
    version: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class WaiverFact:
    """A reviewed exception that was used.

    Attributes:
        rule: The rule that was waived.
        object: The object it was waived for.
        reason: The reviewed reason.
    """

    rule: str
    object: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuilderFact:
    """Who ran the build.

    Attributes:
        platform: The CI product whose token was verified; None where there was none.
        workload: The job as that token describes it; None for anything less than a verified token.
        unverified: What the environment of a CI run claims (run URL, workflow, runner), for people only. Not written
            where there is a workload.
    """

    platform: Literal["github", "gitlab"] | None = None
    workload: Workload | None = None
    unverified: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """Everything the provenance of one artifact says.

    Attributes:
        component: The component's name.
        path: Its folder in the source repository.
        source: Commit, URL and time.
        version: Version of gitless.
        config: Digest of the configuration file; None where there was none.
        renders: How it was rendered, one for each output.
        charts: Charts and remote bases it was made from, with digests.
        tools: Renderers that ran.
        builder: Who ran it.
        waivers: Exceptions that were used.
        allow_dirty: Whether uncommitted changes were allowed in.
        rewritten_history: Reason given for moving a channel off a commit that is no longer in history.
        started: When the run began, UTC.
        finished: When the evidence was made, UTC.
        channel: The channel it was published for.
        media_type: `flux` or `argocd`.
        ignore: Additional ignore patterns.
    """

    component: str
    path: str
    source: Source
    version: str
    config: Digest | None = None
    renders: tuple[RenderFact, ...] = ()
    charts: tuple[Material, ...] = ()
    tools: tuple[ToolBinary, ...] = ()
    builder: BuilderFact = field(default_factory=BuilderFact)
    waivers: tuple[WaiverFact, ...] = ()
    allow_dirty: bool = False
    rewritten_history: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    channel: str = ""
    media_type: str = "flux"
    ignore: tuple[str, ...] = ()

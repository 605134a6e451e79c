"""What a renderer is asked for and what it gives back; shared by configuration, flows and the render room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RENDERED_FILE = "manifests.yaml"


@dataclass(frozen=True, slots=True)
class HelmSource:
    """A chart in the component's folder and everything its output depends on.

    Attributes:
        chart: The chart's folder, relative to the component's folder.
        release: Release name.
        namespace: Release namespace.
        kube_version: Kubernetes version the templates see; always given, since Helm's own default is its build's.
        values: Values files relative to the component's folder; a later one wins.
        api_versions: API versions the templates see besides Helm's built-in ones.
    """

    chart: str
    release: str
    namespace: str
    kube_version: str
    values: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KustomizeSource:
    """A kustomization in the component's folder.

    Attributes:
        path: The folder that holds it, relative to the component's folder; `.` for that folder itself.
    """

    path: str


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One output of a component.

    Attributes:
        output: Folder in the artifact that receives the output.
        source: What is rendered.
    """

    output: str
    source: HelmSource | KustomizeSource


@dataclass(frozen=True, order=True, slots=True)
class ToolUse:
    """An outside program that made bytes, as provenance names it.

    Attributes:
        name: `helm` or `kustomize`; the latter also where kubectl brought it.
        version: Its version without a leading `v`.
        program: The program's file name, for example `kubectl`.
        sha256: Digest of the program's file, 64 hex.
    """

    name: str
    version: str
    program: str
    sha256: str


@dataclass(frozen=True, order=True, slots=True)
class ChartUse:
    """A chart that went into an output.

    Attributes:
        path: Its folder or archive, relative to the component's folder.
        name: Name in Chart.yaml.
        version: Version in Chart.yaml.
        app_version: `appVersion` in Chart.yaml; empty where it has none.
        sha256: Of the archive, or of the canonical list of the folder's (path, sha256) pairs; 64 hex.
        repository: URL of the chart repository that the chart above it declares, or the registry's folder (`oci://…`);
            empty where none is declared.
    """

    path: str
    name: str
    version: str
    app_version: str
    sha256: str
    repository: str = ""

    @property
    def is_archive(self) -> bool:
        """Whether it is a packed chart, so that `sha256` is that of what a repository serves."""
        return self.path.endswith(".tgz")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one request gave.

    Attributes:
        files: Artifact path to the bytes as the tool printed them.
        tools: The programs that ran.
        charts: The chart rendered and the charts vendored in it, sorted by path.
    """

    files: Mapping[str, bytes]
    tools: tuple[ToolUse, ...]
    charts: tuple[ChartUse, ...] = field(default=())

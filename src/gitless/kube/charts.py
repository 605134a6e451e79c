"""Finds the charts, artifacts and Git trees that Flux objects name, across the files of one component.

Sources stand in one object and are used from another, often in another file, so objects are added one by one and
resolved at the end. Only names are kept. Version ranges are never guessed: they stay without a version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gitless.kube.findings import Gap
from gitless.kube.flux_sources import (
    artifact_reference,
    as_chart,
    chart_in,
    git_reference,
    oci_reference,
    synced_reference,
)
from gitless.kube.kustomization import helm_charts, is_kustomization, remote_bases
from gitless.kube.nested import Placed, placed_objects
from gitless.kube.objects import KubeObject
from gitless.kube.pointers import Steps, text_at, to_pointer
from gitless.kube.sources import (
    SourceReference,
    SourceScan,
    SourceUse,
    clean_url,
    exact_version,
    plain_ref,
)

SUBSTITUTED = "a source is substituted when it is applied"
UNRESOLVED = "the source of a chart is not in this component"
MALFORMED = "a source has no plain URL"
RANGE = "a version is chosen in the cluster, from a range"
PATCH = "a source is changed by a patch, which only a build resolves"
_HELM_LAYER = "application/vnd.cncf.helm.chart."
_MAX_CANDIDATES = 20  # sources of one name; more is nothing a person wrote
_MARKS = ("${", "{{", "<<")


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    pointer: str
    object: str
    namespace: str


@dataclass(frozen=True, slots=True)
class _Source:
    """An object that says where something is; `reference` is None where it says so unreadably."""

    place: _Place
    reference: SourceReference | None


@dataclass(frozen=True, slots=True)
class _Wish:
    """A use of a source: `chart` is set where the source is a repository of charts."""

    place: _Place
    kind: str
    name: str
    namespace: str
    chart: str = ""
    version: str = ""


def find_charts(objects: Iterable[KubeObject]) -> SourceScan:
    """Resolve the sources that the objects of one component name."""
    finder = SourceFinder()
    for obj in objects:
        finder.add(obj.document, obj.path)
    return finder.resolve()


class SourceFinder:
    """Collects sources and their uses from the documents of one component."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, str], list[_Source]] = {}
        self._wishes: list[_Wish] = []
        self._helm_charts: dict[str, list[_Wish]] = {}
        self._uses: list[SourceUse] = []
        self._gaps: list[Gap] = []

    def add(self, document: Any, path: str) -> None:
        """Look at one document and at the objects inside it.

        Args:
            document: What the loader made of it; any type.
            path: The file it stands in.
        """
        for placed in placed_objects(document):
            if is_kustomization(placed, path):
                self._kustomization(placed, path)
                continue
            read = _READERS.get((placed.group, placed.kind))
            if read:
                read(self, placed, _place(placed, path, ("spec",)))

    def resolve(self) -> SourceScan:
        """Match uses with sources.

        Returns:
            Every use, also of sources that nothing in the component uses; gaps where a source is elsewhere.
        """
        uses, gaps = list(self._uses), list(self._gaps)
        uses += [_use(reference, place) for reference, place in self._objects()]
        for wish in self._wishes:
            found = self._fulfil(wish)
            uses += [_use(reference, wish.place) for reference in found]
            if not found:
                gaps.append(_gap(UNRESOLVED, wish.place))
        return SourceScan(tuple(sorted(set(uses))), tuple(sorted(set(gaps))))

    def _objects(self) -> Iterator[tuple[SourceReference, _Place]]:
        """The sources themselves; a HelmRelease that takes one as its chart makes it a chart."""
        charts = {wish.name for wish in self._wishes if wish.kind == "OCIRepository" and not wish.chart}
        for (kind, name), sources in self._sources.items():
            for source in sources if kind in ("OCIRepository", "GitRepository") else ():
                if source.reference:
                    is_chart = kind == "OCIRepository" and name in charts
                    yield as_chart(source.reference) if is_chart else source.reference, source.place

    def _fulfil(self, wish: _Wish) -> list[SourceReference]:
        if wish.kind == "HelmChart":
            wishes = self._helm_charts.get(wish.name, [])[:_MAX_CANDIDATES]
            return [reference for other in wishes if other.kind != "HelmChart" for reference in self._fulfil(other)]
        sources = self._candidates(wish)[:_MAX_CANDIDATES]
        return [chart_in(source.reference, wish.chart, wish.version) for source in sources if source.reference]

    def _candidates(self, wish: _Wish) -> list[_Source]:
        """Sources of that name: in the same namespace where one is, else wherever kustomize may move them."""
        sources = self._sources.get((wish.kind, wish.name), [])
        namespace = wish.namespace or wish.place.namespace
        return [source for source in sources if source.place.namespace == namespace] or sources

    def _kustomization(self, placed: Placed, path: str) -> None:
        for found in (remote_bases(placed.document), helm_charts(placed.document)):
            for steps, reference in found:
                place = _place(placed, path, steps)
                self._found(reference, place)

    def _found(self, reference: SourceReference | None, place: _Place, text: str = "") -> None:
        if reference:
            self._uses.append(_use(reference, place))
            self._pinned(reference, place)
        else:
            self._gaps.append(_gap(SUBSTITUTED if _is_substituted(text) else MALFORMED, place))

    def _pinned(self, reference: SourceReference, place: _Place) -> None:
        if not (reference.version or reference.tag or reference.digest):
            self._gaps.append(_gap(RANGE, place))

    def _source(self, placed: Placed, place: _Place, reference: SourceReference | None, text: str) -> None:
        self._sources.setdefault((placed.kind, placed.name), []).append(_Source(place, reference))
        if reference is None:
            reason = SUBSTITUTED if _is_substituted(text) else MALFORMED if text else PATCH
            self._gaps.append(_gap(reason, place))

    def read_oci_repository(self, placed: Placed, place: _Place) -> None:
        """An OCIRepository: a chart where its layer says so, else another artifact."""
        text = text_at(placed.document, "spec", "url")
        layer = text_at(placed.document, "spec", "layerSelector", "mediaType")
        reference = oci_reference(placed.document, "chart" if layer.startswith(_HELM_LAYER) else "artifact")
        self._source(placed, place, reference, text)
        if reference:
            self._pinned(reference, place)

    def read_helm_repository(self, placed: Placed, place: _Place) -> None:
        """A HelmRepository: where charts are, no chart itself."""
        text = text_at(placed.document, "spec", "url")
        url = clean_url(text)
        self._source(placed, place, SourceReference("chart", "", url) if url else None, text)

    def read_git_repository(self, placed: Placed, place: _Place) -> None:
        """A GitRepository: a tree, pinned only by commit."""
        text = text_at(placed.document, "spec", "url")
        self._source(placed, place, git_reference(placed.document), text)

    def read_bucket(self, placed: Placed, place: _Place) -> None:
        """A Bucket: nothing in it has a name of its own."""
        self._gaps.append(_gap("a bucket's content is not described", place))

    def read_helm_release(self, placed: Placed, place: _Place) -> None:
        """A HelmRelease: its chart by reference or by template; a patch of one names none."""
        spec = placed.document.get("spec")
        if text_at(spec, "chartRef", "name"):
            self._wish(place, spec.get("chartRef"))
        elif isinstance(spec, dict) and isinstance(spec.get("chart"), dict):
            self._chart_spec(place, spec["chart"].get("spec"))

    def read_helm_chart(self, placed: Placed, place: _Place) -> None:
        """A HelmChart: chart name, version and where to look."""
        before = len(self._wishes)
        self._chart_spec(place, placed.document.get("spec"))
        self._helm_charts.setdefault(placed.name, []).extend(self._wishes[before:])

    def read_flux_instance(self, placed: Placed, place: _Place) -> None:
        """A FluxInstance: the artifact with Flux's manifests, and what the cluster is synced from."""
        spec = placed.document.get("spec")
        text = text_at(spec, "distribution", "artifact")
        if text:
            self._found(artifact_reference(text), place, text)
        url = text_at(spec, "sync", "url")
        if url:
            ref = text_at(spec, "sync", "ref")
            kind: Any = "artifact" if text_at(spec, "sync", "kind") == "OCIRepository" else "git"
            self._found(synced_reference(kind, url, ref), place, url)

    def _chart_spec(self, place: _Place, spec: Any) -> None:
        source, chart = text_at(spec, "sourceRef", "name"), text_at(spec, "chart")
        if not source or not chart:
            if isinstance(spec, dict) and "version" in spec:
                self._gaps.append(_gap(PATCH, place))
            return
        if not plain_ref(chart.removeprefix("./")):
            self._gaps.append(_gap(SUBSTITUTED if _is_substituted(chart) else MALFORMED, place))
            return
        version = exact_version(text_at(spec, "version"))
        if not version:
            self._gaps.append(_gap(RANGE, place))
        self._wish(place, spec.get("sourceRef"), chart, version)

    def _wish(self, place: _Place, reference: Any, chart: str = "", version: str = "") -> None:
        kind, name = text_at(reference, "kind")[:64], text_at(reference, "name")[:256]
        self._wishes.append(_Wish(place, kind, name, text_at(reference, "namespace")[:256], chart, version))


_READERS = {
    ("source.toolkit.fluxcd.io", "OCIRepository"): SourceFinder.read_oci_repository,
    ("source.toolkit.fluxcd.io", "HelmRepository"): SourceFinder.read_helm_repository,
    ("source.toolkit.fluxcd.io", "GitRepository"): SourceFinder.read_git_repository,
    ("source.toolkit.fluxcd.io", "Bucket"): SourceFinder.read_bucket,
    ("source.toolkit.fluxcd.io", "HelmChart"): SourceFinder.read_helm_chart,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): SourceFinder.read_helm_release,
    ("fluxcd.controlplane.io", "FluxInstance"): SourceFinder.read_flux_instance,
}


def _place(placed: Placed, path: str, steps: Steps) -> _Place:
    return _Place(path, to_pointer((*placed.steps, *steps)), placed.label, placed.namespace[:256])


def _use(reference: SourceReference, place: _Place) -> SourceUse:
    return SourceUse(reference, place.path, place.pointer, place.object)


def _gap(reason: str, place: _Place) -> Gap:
    return Gap(reason, place.path, place.pointer, place.object)


def _is_substituted(text: str) -> bool:
    return any(mark in text[:4096] for mark in _MARKS)

"""What the evidence of one artifact says: the predicates, each made only when it is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gitless import __version__
from gitless.flows.build import Built
from gitless.flows.complete import Predicates
from gitless.kube.flux_sources import chart_in
from gitless.kube.sources import SourceReference
from gitless.model.component import ComponentPlan, PublishOptions
from gitless.model.digest import Digest
from gitless.model.media_types import OCI_LAYER, PREDICATE_PROVENANCE, PREDICATE_SBOM, PREDICATE_SIGNATURE
from gitless.model.rendering import RENDERED_FILE, ChartUse, HelmSource, RenderRequest
from gitless.model.revision import Source
from gitless.model.waiver import Waiver
from gitless.model.workload import Workload
from gitless.provenance.facts import (
    FOLDER_DIGEST,
    BuilderFact,
    BuildFacts,
    Material,
    RenderFact,
    ToolBinary,
    WaiverFact,
)
from gitless.provenance.slsa import build_provenance
from gitless.sbom.document import build_sbom
from gitless.sbom.facts import ArtifactFact, ChartFact, SbomInput, SbomSettings, ToolFact
from gitless.sbom.links import source_purl


@dataclass(frozen=True)
class Describer:
    """Makes the predicates of a run's artifacts.

    Attributes:
        source: This run's commit.
        options: Flags of the run.
        settings: What only the owner can say about the SBOM.
        config: Digest of the configuration file; None where there is none.
        started: When the run began.
        unverified: What the CI environment claims about the run.
        platform: The CI product whose token was verified; None where there was none.
        workload: The job as that token describes it; None where there was none. It must not contradict the source
            (`model.agreement.contradictions`).
    """

    source: Source
    options: PublishOptions
    settings: SbomSettings
    config: Digest | None
    started: datetime
    unverified: Mapping[str, str] = field(default_factory=dict)
    platform: Literal["github", "gitlab"] | None = None
    workload: Workload | None = None

    def predicates(
        self, plan: ComponentPlan, built: Built, waivers: Sequence[Waiver], finished: datetime
    ) -> Predicates:
        """Predicate type to the function that makes the predicate."""
        return {
            PREDICATE_SIGNATURE: dict,
            PREDICATE_SBOM: lambda: self.sbom(plan, built),
            PREDICATE_PROVENANCE: lambda: build_provenance(self.build_facts(plan, built, waivers, finished)),
        }

    def sbom(self, plan: ComponentPlan, built: Built) -> dict[str, Any]:
        """The CycloneDX document of one artifact."""
        artifact = ArtifactFact(
            name=plan.name,
            location=plan.location,
            manifest=built.manifest.digest,
            layer=built.packed.descriptor,
            layer_sha512=built.packed.sha512,
            source=self.source,
            folder=plan.folder,
            rendered=bool(plan.renders),
            plain_http=_is_loopback(plan.location.host),
        )
        tools = (
            ToolFact("gitless", __version__),
            *(ToolFact(use.name, use.version, use.sha256) for use in built.tools),
        )
        charts = tuple(_chart(plan, use) for use in built.charts)
        document = build_sbom(
            SbomInput(artifact, built.findings, self.settings, tools, charts, incomplete=built.incomplete)
        )
        result: dict[str, Any] = json.loads(document)
        return result

    def build_facts(
        self, plan: ComponentPlan, built: Built, waivers: Sequence[Waiver], finished: datetime
    ) -> BuildFacts:
        """What the provenance of one artifact says."""
        return BuildFacts(
            component=plan.name,
            path=plan.folder or ".",
            source=self.source,
            version=__version__,
            config=self.config,
            renders=tuple(_render(request) for request in plan.renders),
            charts=tuple(_material(use) for use in built.charts),
            tools=tuple(ToolBinary(use.name, use.version, use.sha256) for use in built.tools),
            builder=BuilderFact(self.platform, self.workload, self.unverified),
            waivers=tuple(WaiverFact(waiver.rule, waiver.object, waiver.reason) for waiver in waivers),
            allow_dirty=self.options.allow_dirty,
            rewritten_history=self.options.rewritten_history,
            started=self.started,
            finished=finished,
            channel=self.options.channel,
            media_type="argocd" if plan.media_type == OCI_LAYER else "flux",
            ignore=plan.ignore,
        )


def _chart(plan: ComponentPlan, use: ChartUse) -> ChartFact:
    outputs = [
        f"{request.output}/{RENDERED_FILE}"
        for request in plan.renders
        if isinstance(request.source, HelmSource) and use.path in (request.source.chart, f"./{request.source.chart}")
    ]
    return ChartFact(_reference(use), rendered=tuple(sorted(outputs)))


def _material(use: ChartUse) -> Material:
    # a list of files is not what a repository serves, so its digest does not go by the plain algorithm's name
    algorithm = "sha256" if use.is_archive else FOLDER_DIGEST
    uri = source_purl(_reference(use)).to_string() if use.repository else ""
    return Material(f"chart {use.name} {use.version}", uri, {algorithm: use.sha256})


def _reference(use: ChartUse) -> SourceReference:
    if not use.repository:
        return SourceReference("chart", use.name, "", use.version)
    return chart_in(SourceReference("chart", "", use.repository), use.name, use.version)


def _render(request: RenderRequest) -> RenderFact:
    source = request.source
    if not isinstance(source, HelmSource):
        return RenderFact("kustomize", request.output, source.path)
    return RenderFact(
        "helm",
        request.output,
        source.chart,
        source.kube_version,
        source.api_versions,
        source.values,
        source.release,
        source.namespace,
    )


def _is_loopback(host: str) -> bool:
    return host.startswith(("localhost:", "127.", "[::1]")) or host == "localhost"

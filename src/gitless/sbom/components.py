"""The components of a document: artifact, files, folders, images, charts and other sources.

What was read is described fully; what is only named is identified and nothing more: no guessed creator, no licence, no
hash of bytes nobody read. Heavy to import; see `sbom.elements`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from cyclonedx.model import ExternalReference
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalContact

from gitless.kube.findings import Gap, ImageUse
from gitless.kube.sources import SourceReference
from gitless.model.revision import rfc3339
from gitless.sbom import elements, links
from gitless.sbom.facts import ChartFact, FileFact, Party, SbomInput, ToolFact
from gitless.sbom.text import plain, short

MAX_REASONS = 8
UNKNOWN_PROPERTY = "gitless:unknown"
INCOMPLETE_PROPERTY = "gitless:incomplete"
CONFIDENCE_PROPERTY = "gitless:confidence"
FILES_PROPERTY = "gitless:files"
KIND_PROPERTY = "gitless:kind"
_ORDER = ("podspec", "rule", "annotation", "pattern")
_NUMBERED = re.compile(r"v?\d{1,10}(?:[.-].{0,100})?|.{0,100}\d\.\d.{0,100}")


class Components:
    """Makes the components of one document; what they share is made once.

    Args:
        facts: What the document is made from.
    """

    def __init__(self, facts: SbomInput) -> None:
        self._artifact = facts.artifact
        self._settings = facts.settings
        owner = facts.settings.supplier or links.forge_owner(facts.artifact)
        self.manufacturer = elements.manufacturer(owner)
        self.supplier = elements.supplier(owner)
        self._licenses = elements.licenses(facts.settings.license)
        self._created = rfc3339(facts.artifact.created)

    def artifact(self, reasons: Sequence[str]) -> Component:
        """The artifact itself; its file name is the layer's digest, under which stores keep it."""
        artifact = self._artifact
        layer, purl = artifact.layer.digest.hex, links.artifact_purl(artifact)
        form = elements.form(archive=True, executable=False, structured=True, filename=layer)
        return Component(
            type=ComponentType.APPLICATION,
            bom_ref=purl.to_string(),
            name=artifact.name,
            version=self._created,
            purl=purl,
            manufacturer=self.manufacturer,
            supplier=self.supplier,
            licenses=self._licenses,
            hashes=elements.hashes(layer, artifact.layer_sha512),
            properties=elements.properties(form + [(INCOMPLETE_PROPERTY, reason) for reason in reasons]),
            external_references=[
                *elements.link("distribution", links.blob_url(artifact), artifact.layer_sha512),
                *elements.link("distribution", links.oci_url(artifact)),
                *elements.link("source-distribution", links.forge_url(artifact)),
                *elements.link("vcs", links.vcs_url(artifact)),
            ],
        )

    def file(self, ref: str, file: FileFact) -> Component:
        """One file of the layer, with the reasons why it cannot be told what it names."""
        folder, name = posixpath.split(plain(file.path))
        form = elements.form(archive=False, executable=file.executable, structured=file.structured, filename=name)
        return Component(
            type=ComponentType.FILE,
            bom_ref=ref,
            group=folder or None,
            name=name,
            version=self._created,
            purl=links.artifact_purl(self._artifact, file.path),
            manufacturer=self.manufacturer,
            supplier=self.supplier,
            licenses=self._licenses,
            hashes=elements.hashes(file.content.sha256, file.content.sha512),
            properties=elements.properties(form + _reasons(file.gaps)),
            external_references=[
                *elements.link("distribution", links.oci_url(self._artifact, file.path), file.content.sha512),
                *elements.link("source-distribution", links.forge_url(self._artifact, file.path)),
            ],
        )

    def folder(self, ref: str, path: str, files: Sequence[FileFact]) -> Component:
        """A folder that stands for its files, where there are too many to list."""
        group, name = posixpath.split(plain(path))
        count = [(FILES_PROPERTY, str(len(files)))]
        gaps = tuple(gap for file in files for gap in file.gaps)
        return Component(
            type=ComponentType.DATA,
            bom_ref=ref,
            group=group or None,
            name=name or ".",
            version=self._created,
            purl=links.artifact_purl(self._artifact, path) if path else None,
            manufacturer=self.manufacturer,
            supplier=self.supplier,
            licenses=self._licenses,
            properties=elements.properties(count + _reasons(gaps)),
            external_references=elements.link("distribution", links.oci_url(self._artifact, path)) if path else None,
        )

    def image(self, ref: str, uses: Sequence[ImageUse]) -> Component:
        """A container image, identified; three properties follow from what an image is, where its digest is known."""
        image = uses[0].image
        form = elements.form(archive=True, executable=False, structured=True) if image.digest else []
        best = min((use.confidence for use in uses), key=_ORDER.index)
        at = f"@{image.digest}" if image.digest else f":{image.tag}" if image.tag else ""
        return Component(
            type=ComponentType.CONTAINER,
            bom_ref=ref,
            group=image.group,
            name=image.name,
            version=_version(image.tag or "", image.digest or ""),
            purl=links.image_purl(image),
            hashes=elements.hashes((image.digest or "").removeprefix("sha256:")),
            properties=elements.properties([*form, (CONFIDENCE_PROPERTY, best)]),
            external_references=elements.link("distribution", f"oci://{image.repository}{at}"),
        )

    def source(self, ref: str, source: SourceReference) -> Component:
        """A chart, another artifact or a Git tree that is only named."""
        return Component(
            type=ComponentType.APPLICATION,
            bom_ref=ref,
            name=source.name,
            version=_source_version(source),
            purl=links.source_purl(source),
            hashes=elements.hashes(source.digest.removeprefix("sha256:") if ":" in source.digest else ""),
            properties=elements.properties([(KIND_PROPERTY, source.kind)]),
            external_references=_source_links(source),
        )

    def chart(self, ref: str, chart: ChartFact) -> Component:
        """A chart whose bytes were read."""
        source, content = chart.reference, chart.content
        filename = f"{source.name}-{source.version}.tgz"
        form = elements.form(archive=True, executable=False, structured=True, filename=filename) if content else []
        return Component(
            type=ComponentType.APPLICATION,
            bom_ref=ref,
            name=source.name,
            version=_source_version(source),
            purl=links.source_purl(source),
            manufacturer=elements.manufacturer(chart.creator),
            supplier=elements.supplier(chart.creator),
            licenses=elements.licenses(chart.license, concluded=self._settings.accept_declared),
            hashes=elements.hashes(content.sha256, content.sha512) if content else None,
            properties=elements.properties([*form, (KIND_PROPERTY, source.kind)]),
            external_references=[
                *_source_links(source),
                *elements.link("source-distribution", chart.source_url),
            ],
        )


def tool(fact: ToolFact) -> Component:
    """A tool that took part."""
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=f"tool:{short(fact.name)}",
        name=short(fact.name),
        version=short(fact.version),
        hashes=elements.hashes(fact.sha256),
    )


def author(party: Party | None) -> list[OrganizationalContact]:
    """The team that answers for the document; none where none is configured."""
    return [OrganizationalContact(name=party.name, email=party.email or None)] if party else []


def _reasons(gaps: Sequence[Gap]) -> list[tuple[str, str]]:
    return [(UNKNOWN_PROPERTY, reason) for reason in sorted({gap.reason for gap in gaps})[:MAX_REASONS]]


def _version(tag: str, digest: str) -> str | None:
    """The tag where it carries a version number, else the digest; a tag that moves is no version."""
    return tag if tag and _NUMBERED.fullmatch(tag) else digest or None


def _source_version(source: SourceReference) -> str | None:
    return source.version or _version(source.tag if source.kind != "git" else "", "") or source.digest or None


def _source_links(source: SourceReference) -> list[ExternalReference]:
    if not source.url:
        return []
    if source.kind == "git":
        at = source.digest or source.tag
        return elements.link("vcs", f"git+{source.url}{f'@{at}' if at else ''}")
    if not source.url.startswith("oci://"):
        return elements.link("distribution", source.url)
    at = f"@{source.digest}" if source.digest else f":{source.tag}" if source.tag else ""
    return elements.link("distribution", f"{source.url}{at}")

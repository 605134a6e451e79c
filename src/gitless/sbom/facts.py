"""What an SBOM is made from: plain facts about the artifact, its files and what they name. Values only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gitless.kube.findings import Gap, ImageUse
from gitless.kube.sources import SourceReference, SourceUse
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.reference import Location
from gitless.model.revision import Source

Profile = Literal["deployment", "delivery"]


@dataclass(frozen=True, slots=True)
class ContentFact:
    """What is known of one piece of content after reading it once.

    Attributes:
        size: Length in bytes.
        sha256: Lower-case hex.
        sha512: Lower-case hex.
        script: Whether it begins with `#!`.
    """

    size: int
    sha256: str
    sha512: str
    script: bool = False

    @classmethod
    def of(cls, content: bytes) -> ContentFact:
        """Hash `content`."""
        return cls(
            len(content),
            hashlib.sha256(content).hexdigest(),
            hashlib.sha512(content).hexdigest(),
            content.startswith(b"#!"),
        )


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file of the layer.

    Attributes:
        path: Relative path with `/`.
        content: Its length and hashes.
        executable: Mode 0755, or a `#!` line.
        structured: Whether it is YAML or JSON; other bytes are called unstructured.
        parsed: Whether every document in it was read.
        names: Paths of other files of the tree that it names (kustomizations do).
        gaps: Why it cannot be said what else it names; empty where it can.
    """

    path: str
    content: ContentFact
    executable: bool = False
    structured: bool = False
    parsed: bool = False
    names: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Who made or supplied something.

    Attributes:
        name: Name of an organisation or a team.
        email: An address; empty if none is known.
        url: A web address; empty if none is known.
    """

    name: str
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChartFact:
    """A chart whose bytes were read, usually because it was rendered here.

    Attributes:
        reference: Name, version and where it came from; the URL is empty for a chart of the repository itself.
        content: Length and hashes of the packed chart, where there was one.
        creator: The first maintainer or the home page, if the chart names one.
        license: What the chart declares; empty if nothing.
        source_url: Where its source is, if the chart says so.
        rendered: Paths of the files it was rendered into.
    """

    reference: SourceReference
    content: ContentFact | None = None
    creator: Party | None = None
    license: str = ""
    source_url: str = ""
    rendered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolFact:
    """A tool that took part.

    Attributes:
        name: Its name.
        version: The version it reported.
        sha256: Hash of its executable, hex; empty where it was not read.
    """

    name: str
    version: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactFact:
    """The packed artifact.

    Attributes:
        name: The component's name.
        location: Its repository; a layout's directory never gets into the document.
        manifest: Digest of its manifest.
        layer: Its only layer.
        layer_sha512: SHA-512 of the layer, hex.
        source: Commit, URL and time.
        folder: The component's folder in the source repository, without slashes at the ends.
        rendered: Whether the files were rendered here and do not exist in the source as they are.
        plain_http: Whether the registry is spoken to without TLS (loopback).
    """

    name: str
    location: Location
    manifest: Digest
    layer: Descriptor
    layer_sha512: str
    source: Source
    folder: str = ""
    rendered: bool = False
    plain_http: bool = False

    @property
    def created(self) -> datetime:
        """Commit time."""
        return self.source.created


@dataclass(frozen=True, slots=True)
class SbomSettings:
    """What only the owner can say; nothing is filled in for what is missing.

    Attributes:
        profile: `deployment` lists charts and images outside the artifact too; `delivery` does not.
        supplier: The owner; without one, the account that owns the source repository.
        author: Team that answers for the document.
        license: SPDX id, `LicenseRef-…` or expression of the configuration itself.
        data_license: Licence of the document.
        accept_declared: Whether licences that charts declare count as concluded.
    """

    profile: Profile = "deployment"
    supplier: Party | None = None
    author: Party | None = None
    license: str = ""
    data_license: str = ""
    accept_declared: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What an Inventory collected from the files of one artifact.

    Attributes:
        files: Every file, by path.
        images: Every place that names an image.
        sources: Every place that names a chart, another artifact or a Git tree.
    """

    files: tuple[FileFact, ...]
    images: tuple[ImageUse, ...] = ()
    sources: tuple[SourceUse, ...] = ()


@dataclass(frozen=True, slots=True)
class SbomInput:
    """Everything one document is made from.

    Attributes:
        artifact: The artifact.
        findings: Its files and what they name.
        settings: The owner's words.
        tools: gitless itself and the renderers that ran.
        charts: Charts whose bytes were read.
        incomplete: Reasons why the inventory as a whole is not complete, in gitless's own words
            (for example that overlays were not built because kustomize is missing).
    """

    artifact: ArtifactFact
    findings: Findings
    settings: SbomSettings = field(default_factory=SbomSettings)
    tools: tuple[ToolFact, ...] = ()
    charts: tuple[ChartFact, ...] = ()
    incomplete: tuple[str, ...] = ()

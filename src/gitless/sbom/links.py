"""Where things are: package URLs, and web addresses of registries and forges. Nothing is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitless.kube.image_reference import ImageReference
from gitless.kube.sources import SourceReference, clean_url
from gitless.sbom.facts import ArtifactFact, Party
from gitless.sbom.text import plain, url_path

if TYPE_CHECKING:
    from packageurl import PackageURL

_FORGES = {"github": ("tree", "blob"), "gitlab": ("-/tree", "-/blob")}


def artifact_purl(artifact: ArtifactFact, subpath: str = "") -> PackageURL:
    """The artifact by digest, or something inside it; a layout's directory is left out."""
    location = artifact.location
    where = {} if location.is_layout else {"repository_url": str(location)}
    name = (artifact.name if location.is_layout else location.base_name).lower()
    return _purl("oci", name, str(artifact.manifest), where, plain(subpath))


def image_purl(image: ImageReference) -> PackageURL:
    """An image; without a digest there is no version part (purl type `oci`)."""
    qualifiers = {"repository_url": image.repository, **({"tag": image.tag} if image.tag else {})}
    return _purl("oci", image.name, image.digest or "", qualifiers)


def source_purl(source: SourceReference) -> PackageURL:
    """A chart, artifact or Git tree; what is not in an OCI registry is `generic` with its address."""
    if source.url.startswith("oci://"):
        qualifiers = {"repository_url": source.url.removeprefix("oci://")}
        qualifiers |= {"tag": source.tag} if source.tag else {}
        return _purl("oci", source.name.lower(), source.digest, qualifiers)
    if source.kind == "git":
        at = f"@{source.digest or source.tag}" if source.digest or source.tag else ""
        return _purl("generic", source.name, source.digest or source.version, {"vcs_url": f"git+{source.url}{at}"})
    where = {"repository_url": source.url} if source.url else {}
    return _purl("generic", source.name, source.version, where)


def oci_url(artifact: ArtifactFact, path: str = "") -> str:
    """`oci://…@digest`, with `#path` for a file; empty for a layout."""
    if artifact.location.is_layout:
        return ""
    return f"oci://{artifact.location}@{artifact.manifest}" + (f"#{url_path(path)}" if path else "")


def blob_url(artifact: ArtifactFact) -> str:
    """Where the registry serves the layer's bytes; empty for a layout."""
    if artifact.location.is_layout:
        return ""
    scheme = "http" if artifact.plain_http else "https"
    # Docker Hub's registry answers under another name than its references carry
    host = "registry-1.docker.io" if artifact.location.host == "docker.io" else artifact.location.host
    return f"{scheme}://{host}/v2/{artifact.location.path}/blobs/{artifact.layer.digest}"


def vcs_url(artifact: ArtifactFact) -> str:
    """`git+URL@commit`; empty where the content is not known to be what a commit holds."""
    url = clean_url(artifact.source.url)
    return f"git+{url}@{artifact.source.commit}" if url and _is_committed(artifact) else ""


def forge_url(artifact: ArtifactFact, path: str = "") -> str:
    """The forge's page of the component's folder, or of a file in it, at the commit.

    Returns:
        Empty where the forge is not known by its host name, or the content is not what a commit holds.
    """
    url = clean_url(artifact.source.url).removesuffix(".git")
    host = url.partition("://")[2].partition("/")[0]
    words = next((words for forge, words in _FORGES.items() if forge in host.split(".")), None)
    if not words or not url.startswith("https://") or not _is_committed(artifact):
        return ""
    inside = "" if artifact.rendered else path
    full = "/".join(part for part in (artifact.folder, inside) if part)
    parts = (url, words[1] if inside else words[0], str(artifact.source.commit), url_path(full))
    return "/".join(part for part in parts if part)


def forge_owner(artifact: ArtifactFact) -> Party | None:
    """The account that owns the source repository, by its address on the forge."""
    url = clean_url(artifact.source.url)
    host, _, path = url.partition("://")[2].partition("/")
    owner = path.rpartition("/")[0]
    return Party(owner.rpartition("/")[2], url=f"https://{host}/{owner}") if owner else None


def _is_committed(artifact: ArtifactFact) -> bool:
    return bool(artifact.source.commit) and not artifact.source.revision.endswith("-dirty")


def _purl(kind: str, name: str, version: str, qualifiers: dict[str, str], subpath: str = "") -> PackageURL:
    from packageurl import PackageURL

    return PackageURL(kind, None, name, version or None, qualifiers, subpath or None)

"""Which images a move changes: package URLs of two SBOMs, read back as one line for each repository, old and new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packageurl import PackageURL

from gitless.report.foreign import code, one_line

_MAX_IMAGES = 30
_UNTAGGED = "no tag"


@dataclass(frozen=True, slots=True)
class ImageChange:
    """What becomes of one image repository; at least one side holds something.

    Attributes:
        repository: Registry host and path; the whole text where that is no package URL of an image.
        gone: Versions only the channel's current content names, as `tag`, `sha256:…` or `tag@sha256:…`, sorted.
        new: Versions only the other content names.
    """

    repository: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


def image_changes(before: Iterable[str], after: Iterable[str]) -> list[ImageChange]:
    """Compare the images of two contents; what both name is left out.

    Args:
        before: Package URLs (type `oci`) or names, as an SBOM's summary lists them.
        after: The same of the content that is to come.

    Returns:
        One change for each repository, sorted by its name.
    """
    old, new = set(before), set(after)
    gone, come = _versions(old - new), _versions(new - old)
    return [
        ImageChange(repository, tuple(sorted(gone.get(repository, ()))), tuple(sorted(come.get(repository, ()))))
        for repository in sorted({*gone, *come})
    ]


def image_lines(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The changes for a terminal; long lists are cut and say so."""
    changes = image_changes(before, after)
    lines = [one_line(_line(change)).rstrip() for change in changes[:_MAX_IMAGES]]
    hidden = len(changes) - len(lines)
    return lines + ([f"… and {hidden} more images"] if hidden else [])


def image_summary(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The changes as a Markdown list with an empty line behind it; nothing where nothing changes."""
    changes = image_changes(before, after)
    lines = [f"- image {code(change.repository)} {_markdown(change)}".rstrip() for change in changes[:_MAX_IMAGES]]
    hidden = len(changes) - len(lines)
    return [*lines, *([f"- … and {hidden} more images"] if hidden else []), *([""] if lines else [])]


def _line(change: ImageChange) -> str:
    gone, new = ", ".join(change.gone), ", ".join(change.new)
    if change.gone and change.new:
        return f"~ image {change.repository} {gone} -> {new}"
    return f"- image {change.repository} {gone}" if change.gone else f"+ image {change.repository} {new}"


def _markdown(change: ImageChange) -> str:
    gone, new = (", ".join(code(version) for version in versions) for versions in (change.gone, change.new))
    if change.gone and change.new:
        return f"{gone} → {new}"
    return f"gone {gone}" if change.gone else f"new {new}"


def _versions(images: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for image in images:
        repository, version = _read(image)
        found.setdefault(repository, set()).add(version)
    return found


def _read(image: str) -> tuple[str, str]:
    """Repository and version of `pkg:oci/NAME@DIGEST?repository_url=…&tag=…`; a text of another form has no version."""
    try:
        package = PackageURL.from_string(image)
    except ValueError:
        return image, ""
    repository = package.qualifiers.get("repository_url")
    if package.type != "oci" or not repository:
        return image, ""
    return repository, "@".join(filter(None, (package.qualifiers.get("tag"), package.version))) or _UNTAGGED

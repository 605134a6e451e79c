"""What is found in manifests: names of things outside, and the gaps where something could not be told.

Findings hold short, checked text only: never a manifest's content, so that a secret beside an image stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gitless.kube.image_reference import ImageReference

Confidence = Literal["podspec", "rule", "pattern", "annotation"]


@dataclass(frozen=True, order=True, slots=True)
class Gap:
    """A place that may name something outside, and why it could not be told what.

    Attributes:
        reason: One of gitless's own sentences; never text of the manifest.
        path: The file.
        pointer: JSON pointer into the document; empty for the whole of it.
        object: `version/kind/namespace/name` of the object; empty for files without one.
    """

    reason: str
    path: str
    pointer: str = ""
    object: str = ""


@dataclass(frozen=True, order=True, slots=True)
class ImageUse:
    """One place that names an image.

    Attributes:
        image: The image.
        confidence: How it was found: in a pod spec, by a rule for the kind, by the look of it, in an annotation.
        path: The file.
        pointer: JSON pointer into the document.
        object: `version/kind/namespace/name` of the object; empty for files without one.
        is_test: Whether the object is a Helm test hook: listed, since Flux applies rendered hooks as objects.
    """

    image: ImageReference
    confidence: Confidence
    path: str
    pointer: str
    object: str = ""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class ImageScan:
    """Everything the image finder says about one object or document."""

    uses: tuple[ImageUse, ...]
    gaps: tuple[Gap, ...]

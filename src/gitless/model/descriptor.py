"""OCI descriptors (image-spec 1.1 descriptor.md), checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitless.errors import UntrustedContentError, UsageError
from gitless.model.digest import Digest


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Names content by media type, digest and size in bytes; never by tag.

    Attributes:
        media_type: The content's media type.
        digest: Its sha256 digest.
        size: Its length in bytes.
        artifact_type: What a referrer is, in listings.
        annotations: Annotations of the manifest, in listings.
    """

    media_type: str
    digest: Digest
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Descriptor:
        """Describe `content`."""
        return cls(media_type, Digest.of(content), len(content))

    @classmethod
    def from_json(cls, value: Any) -> Descriptor:
        """Read a descriptor from parsed JSON.

        Raises:
            UntrustedContentError: A field is missing, of another type or outside its grammar.
        """
        if not isinstance(value, dict):
            raise UntrustedContentError("A descriptor is not a JSON object.")
        media_type, size = value.get("mediaType"), value.get("size")
        if not isinstance(media_type, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise UntrustedContentError("A descriptor lacks mediaType or size, or they are of another type.")
        try:
            digest = Digest.parse(value.get("digest", ""))
        except UsageError as error:
            raise UntrustedContentError("A descriptor carries a malformed digest.", why=error.what) from error
        artifact_type = value.get("artifactType")
        return cls(
            media_type,
            digest,
            size,
            artifact_type if isinstance(artifact_type, str) else None,
            read_annotations(value.get("annotations")),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object: mediaType, digest, size, annotations, artifactType, in this order."""
        result: dict[str, Any] = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        if self.annotations:
            result["annotations"] = dict(sorted(self.annotations.items()))
        if self.artifact_type:
            result["artifactType"] = self.artifact_type
        return result


def read_annotations(value: Any) -> dict[str, str]:
    """Keep the string-to-string pairs of an annotations object; anything else counts as no annotation."""
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}

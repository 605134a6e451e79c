"""A manifest as the bytes it came in, with its fields read beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gitless.model.canonical import read_json_object
from gitless.model.descriptor import Descriptor, read_annotations
from gitless.model.digest import Digest

MAX_MANIFEST_BYTES = 4 * 1024 * 1024  # what every registry must accept (distribution-spec 1.1, "manifest size")
MAX_INDEX_ENTRIES = 10_000


@dataclass(frozen=True)
class Manifest:
    """An OCI manifest or index; the digest is always taken over the raw bytes.

    Attributes:
        media_type: The media type it is sent and served as.
        content: The exact bytes.
    """

    media_type: str
    content: bytes

    @cached_property
    def digest(self) -> Digest:
        """The sha256 of the bytes."""
        return Digest.of(self.content)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The parsed bytes.

        Raises:
            UntrustedContentError: The bytes are no JSON object.
        """
        return read_json_object(self.content, f"Manifest {self.digest}")

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """The manifest's annotations."""
        return read_annotations(self.document.get("annotations"))

    @cached_property
    def config(self) -> Descriptor | None:
        """The config descriptor, if there is one."""
        value = self.document.get("config")
        return None if value is None else Descriptor.from_json(value)

    @cached_property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers of an image manifest; empty for an index."""
        return self._descriptors("layers")

    @cached_property
    def manifests(self) -> tuple[Descriptor, ...]:
        """The entries of an index; empty for an image manifest."""
        return self._descriptors("manifests")

    @cached_property
    def subject(self) -> Descriptor | None:
        """The descriptor of what this manifest refers to, if it is a referrer."""
        value = self.document.get("subject")
        return None if value is None else Descriptor.from_json(value)

    @cached_property
    def artifact_type(self) -> str | None:
        """The artifact type, else the config's media type (image-spec 1.1, "guidelines for artifact usage")."""
        value = self.document.get("artifactType")
        if isinstance(value, str) and value:
            return value
        return self.config.media_type if self.config else None

    @property
    def descriptor(self) -> Descriptor:
        """How this manifest is named as content."""
        return Descriptor(self.media_type, self.digest, len(self.content))

    @property
    def listing(self) -> Descriptor:
        """How this manifest stands in a referrers list: with artifact type and all of its annotations."""
        return Descriptor(self.media_type, self.digest, len(self.content), self.artifact_type, self.annotations)

    def _descriptors(self, key: str) -> tuple[Descriptor, ...]:
        value = self.document.get(key)
        if not isinstance(value, list):
            return ()
        return tuple(Descriptor.from_json(item) for item in value[:MAX_INDEX_ENTRIES])

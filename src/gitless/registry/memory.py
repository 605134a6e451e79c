"""A repository in memory: for dry runs, and the store most tests use."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.reference import check_tag
from gitless.registry import fallback
from gitless.registry.names import sorted_tags


class MemoryRepository:
    """Holds manifests, tags and blobs; as strict as a registry about order and digests.

    Args:
        referrers_api: Whether it lists referrers by itself; when not, only the fallback index lists them.
    """

    def __init__(self, *, referrers_api: bool = True) -> None:
        self._referrers_api = referrers_api
        self._manifests: dict[Digest, Manifest] = {}
        self._tags: dict[str, Digest] = {}
        self._blobs: dict[Digest, bytes] = {}
        self._lock = threading.RLock()

    @property
    def requests(self) -> int:
        """Always 0: nothing is sent."""
        return 0

    def resolve(self, tag: str) -> Digest | None:
        """See `ports.ManifestReader`."""
        with self._lock:
            return self._tags.get(check_tag(tag))

    def fetch_manifest(self, target: str | Digest) -> Manifest | None:
        """See `ports.ManifestReader`."""
        with self._lock:
            digest = target if isinstance(target, Digest) else self.resolve(target)
            return self._manifests.get(digest) if digest else None

    def push_manifest(self, manifest: Manifest, tag: str | None = None) -> None:
        """See `ports.ManifestWriter`; content it names must be there already."""
        with self._lock:
            for needed in (*((manifest.config,) if manifest.config else ()), *manifest.layers):
                if needed.digest not in self._blobs:
                    raise missing_blob(manifest, needed)
            if tag is not None:
                self._tags[check_tag(tag)] = manifest.digest
            self._manifests[manifest.digest] = manifest

    def fetch_blob(self, descriptor: Descriptor, max_bytes: int) -> bytes:
        """See `ports.BlobStore`."""
        with self._lock:
            content = self._blobs.get(descriptor.digest)
        if content is None:
            raise RemoteError(f"The blob {descriptor.digest} is not in the store.")
        return checked_blob(content, descriptor, max_bytes)

    def push_blob(self, blob: Blob) -> None:
        """See `ports.BlobStore`."""
        with blob.open() as stream:
            content = stream.read()
        checked_blob(content, blob.descriptor, len(content))
        with self._lock:
            self._blobs[blob.descriptor.digest] = content

    def list_referrers(self, subject: Digest) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`."""
        with self._lock:
            index = fallback.entries(self.fetch_manifest(subject.fallback_tag), subject)
            if not self._referrers_api:
                return index
            own = (item for item in self._manifests.values() if item.subject and item.subject.digest == subject)
            return fallback.union((item.listing for item in own), index)

    def attach(self, subject: Digest, referrers: Sequence[Manifest]) -> tuple[Descriptor, ...]:
        """See `ports.ReferrerStore`."""
        with self._lock:
            for item in referrers:
                self.push_manifest(item)
            if not self._referrers_api:
                merged = fallback.merge(self.fetch_manifest(subject.fallback_tag), subject, referrers)
                if merged is not None:
                    self.push_manifest(merged, subject.fallback_tag)
            return self.list_referrers(subject)

    def confirm(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; what was attached is listed."""

    def settle(self, subject: Digest, referrers: Sequence[Manifest]) -> None:
        """See `ports.ReferrerStore`; nothing is lost here, since writers wait for each other."""

    def list_tags(self, after: str = "") -> tuple[str, ...]:
        """See `ports.TagLister`."""
        with self._lock:
            return sorted_tags(self._tags, after)


def missing_blob(manifest: Manifest, needed: Descriptor) -> RemoteError:
    """The refusal of a manifest whose content is not in the store."""
    return RemoteError(f"Cannot store the manifest {manifest.digest}.", why=f"Its blob {needed.digest} is not there.")


def checked_blob(content: bytes, descriptor: Descriptor, max_bytes: int) -> bytes:
    """Return the bytes of a blob if they are what the descriptor names.

    Raises:
        UntrustedContentError: Wrong digest, wrong size or too long.
    """
    if descriptor.size > max_bytes or len(content) > max_bytes:
        raise UntrustedContentError(
            f"The blob {descriptor.digest} is longer than the {max_bytes:,} bytes allowed here."
        )
    if len(content) != descriptor.size or Digest.of(content) != descriptor.digest:
        raise UntrustedContentError(
            f"The blob {descriptor.digest} is not what its digest says.",
            why=f"{len(content):,} bytes with digest {Digest.of(content)} were read.",
        )
    return content

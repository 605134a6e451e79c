"""Writes the evidence of a repository as an OCI image layout: what tags name, what refers to it, what journals list.

Layers of artifacts stay out, since they are what evidence is about and no evidence themselves. Files are named by their
digest, and every one was hashed when it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitless.errors import MalformedContentError, RemoteError
from gitless.flows.audit_store import AuditedStore, StoreReading
from gitless.flows.parallel import map_together
from gitless.model.bundle import MAX_FOREIGN_BUNDLE_BYTES, is_bundle_media_type
from gitless.model.canonical import canonical_json
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.history import ChannelHistory
from gitless.model.manifest import Manifest
from gitless.model.media_types import ANNOTATION_BUNDLE_PREDICATE, ANNOTATION_REF_NAME, JOURNAL, OCI_INDEX
from gitless.ports import Repository
from gitless.promotion.journal import journal_tag

Write = Callable[[str, bytes], None]
"""Writes one file by its relative path."""
_MAX_ROUNDS = 8  # tags, evidence, records, what they are about, and its evidence; nothing leads further


@dataclass
class _Graph:
    """What was found so far.

    Attributes:
        repository: The store.
        manifests: By digest; None for what is not there.
        blobs: Bundles and configurations, by digest.
    """

    repository: Repository
    manifests: dict[Digest, Manifest | None] = field(default_factory=dict)
    blobs: dict[Digest, bytes] = field(default_factory=dict)

    def walk(self, starts: Iterable[Digest]) -> None:
        """Read everything that leads from here to evidence."""
        todo = set(starts)
        for _ in range(_MAX_ROUNDS):
            todo -= set(self.manifests)
            if not todo:
                return
            read = map_together(self._manifest, sorted(todo))
            self.manifests.update(zip(sorted(todo), read, strict=True))
            found = [manifest for manifest in read if manifest]
            todo = {digest for group in map_together(self._leads_to, found) for digest in group}

    def _manifest(self, digest: Digest) -> Manifest | None:
        try:
            return self.repository.fetch_manifest(digest)
        except MalformedContentError:
            return None

    def _leads_to(self, manifest: Manifest) -> tuple[Digest, ...]:
        if manifest.artifact_type == JOURNAL:
            return tuple(item.digest for item in manifest.manifests)
        self._keep_blobs(manifest)
        if manifest.subject:
            return (manifest.subject.digest,)
        return tuple(item.digest for item in self.repository.list_referrers(manifest.digest))

    def _keep_blobs(self, manifest: Manifest) -> None:
        bundles = [layer for layer in manifest.layers if is_bundle_media_type(layer.media_type)]
        small = [item for item in (manifest.config, *bundles) if item and item.size <= MAX_FOREIGN_BUNDLE_BYTES]
        for item in small:
            content = self._blob(item)
            if content is not None:
                self.blobs[item.digest] = content

    def _blob(self, item: Descriptor) -> bytes | None:
        try:
            return self.repository.fetch_blob(item, MAX_FOREIGN_BUNDLE_BYTES)
        except RemoteError as error:
            if error.status not in (None, 404):
                raise
            return None


def export_store(reading: StoreReading, folder: str, write: Write) -> dict[str, Any]:
    """Write one repository's evidence.

    Args:
        reading: The repository, as an audit has read it.
        folder: Where to, relative; it becomes an OCI image layout.
        write: Writes a file.

    Returns:
        What was written, for the index.

    Raises:
        RemoteError: The store failed.
    """
    store = reading.store
    tags = {tag: digest for tag, digest in reading.named.items() if digest}
    tags |= _journals(store)
    graph = _Graph(store.repository)
    graph.walk([*tags.values(), *reading.entries])
    there = {digest: manifest for digest, manifest in graph.manifests.items() if manifest}
    for digest, content in [*((digest, manifest.content) for digest, manifest in there.items()), *graph.blobs.items()]:
        write(f"{folder}/blobs/sha256/{digest.hex}", content)
    write(f"{folder}/oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    write(f"{folder}/index.json", canonical_json(_layout_index(tags, there)))
    return {
        "component": store.component,
        "repository": store.name,
        "folder": folder,
        "tags": {tag: str(digest) for tag, digest in sorted(tags.items())},
        "channels": [_channel(history) for history in reading.histories],
        "evidence": [_evidence(manifest) for _, manifest in sorted(there.items()) if manifest.subject],
        "absent": sorted(str(digest) for digest in graph.manifests if digest not in there),
    }


def _journals(store: AuditedStore) -> dict[str, Digest]:
    names = [journal_tag(channel) for channel in store.promoted]
    found = zip(names, map_together(store.repository.resolve, names), strict=True)
    return {name: digest for name, digest in found if digest}


def _layout_index(tags: Mapping[str, Digest], manifests: Mapping[Digest, Manifest]) -> dict[str, Any]:
    named = set(tags.values())
    entries = [manifests[digest].listing.to_json() for digest in sorted(manifests) if digest not in named]
    for tag, digest in sorted(tags.items()):
        if digest in manifests:
            entry = manifests[digest].listing.to_json()
            entries.append({**entry, "annotations": {**entry.get("annotations", {}), ANNOTATION_REF_NAME: tag}})
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}


def _channel(history: ChannelHistory) -> dict[str, Any]:
    return {
        "channel": history.channel,
        "tag": {"state": history.tag.word, "digest": str(history.tag.digest or "")},
        "records": [
            {
                "sequence": link.record.sequence,
                "manifest": str(link.manifest),
                "digest": str(link.record.digest),
                "state": link.state,
            }
            for link in history.links
        ],
        "faults": [{"kind": fault.kind, "manifest": str(fault.manifest)} for fault in history.faults],
    }


def _evidence(manifest: Manifest) -> dict[str, Any]:
    layers: Sequence[Descriptor] = [layer for layer in manifest.layers if is_bundle_media_type(layer.media_type)]
    return {
        "manifest": str(manifest.digest),
        "subject": str(manifest.subject.digest) if manifest.subject else "",
        "predicate_type": manifest.annotations.get(ANNOTATION_BUNDLE_PREDICATE, ""),
        "bundle": str(layers[0].digest) if layers else "",
    }

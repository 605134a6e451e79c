"""Small artifacts and referrers for store tests."""

from __future__ import annotations

from gitless.model.blob import Blob
from gitless.model.canonical import go_json
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.model.media_types import BUNDLE, FLUX_CONFIG, FLUX_CONTENT, OCI_EMPTY, OCI_MANIFEST
from gitless.ports import Repository

EMPTY = Blob.of(b"{}", OCI_EMPTY)


def artifact(text: str = "layer") -> tuple[Manifest, tuple[Blob, ...]]:
    """An artifact with one layer, and its blobs."""
    config, layer = Blob.of(b'{"kind":"test"}', FLUX_CONFIG), Blob.of(text.encode(), FLUX_CONTENT)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.descriptor.to_json(),
        "layers": [layer.descriptor.to_json()],
        "annotations": {"org.opencontainers.image.revision": text},
    }
    return Manifest(OCI_MANIFEST, go_json(document)), (config, layer)


def referrer(subject: Descriptor, text: str) -> tuple[Manifest, Blob]:
    """A bundle-shaped referrer of `subject`, and its layer."""
    layer = Blob.of(text.encode(), BUNDLE)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": BUNDLE,
        "config": EMPTY.descriptor.to_json(),
        "layers": [layer.descriptor.to_json()],
        "subject": subject.to_json(),
        "annotations": {"dev.sigstore.bundle.predicateType": f"https://example.com/{text}"},
    }
    return Manifest(OCI_MANIFEST, go_json(document)), layer


def push_artifact(store: Repository, text: str = "layer", tag: str | None = None) -> Manifest:
    """Push an artifact with its blobs."""
    manifest, blobs = artifact(text)
    for blob in blobs:
        store.push_blob(blob)
    store.push_manifest(manifest, tag)
    return manifest


def push_layers(store: Repository, subject: Descriptor, *texts: str) -> tuple[Manifest, ...]:
    """Push the blobs of referrers; the manifests are for `attach`."""
    store.push_blob(EMPTY)
    made = [referrer(subject, text) for text in texts]
    for _, layer in made:
        store.push_blob(layer)
    return tuple(manifest for manifest, _ in made)


def digests(listing: tuple[Descriptor, ...]) -> set[Digest]:
    """The digests of a listing."""
    return {item.digest for item in listing}

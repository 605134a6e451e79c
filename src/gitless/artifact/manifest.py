"""Manifest bytes: the artifact as Flux writes it, the referrer as cosign v3 writes it (Go's key order, no newline)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitless.model.blob import Blob
from gitless.model.canonical import go_json
from gitless.model.descriptor import Descriptor
from gitless.model.manifest import Manifest
from gitless.model.media_types import (
    ANNOTATION_BUNDLE_CONTENT,
    ANNOTATION_BUNDLE_PREDICATE,
    ANNOTATION_CREATED,
    BUNDLE,
    FLUX_CONFIG,
    OCI_EMPTY,
    OCI_MANIFEST,
)

CONFIG_BYTES = (
    b'{"architecture":"","created":"0001-01-01T00:00:00Z","os":"",'
    b'"rootfs":{"type":"layers","diff_ids":null},"config":{}}'
)
CONFIG_BLOB = Blob.of(CONFIG_BYTES, FLUX_CONFIG)
EMPTY_BLOB = Blob.of(b"{}", OCI_EMPTY)


def build_manifest(layer: Descriptor, annotations: Mapping[str, str]) -> Manifest:
    """Write the artifact's manifest, as `flux push artifact` does.

    Args:
        layer: The one layer.
        annotations: Written sorted by key.

    Returns:
        The manifest; its config is CONFIG_BLOB.
    """
    return Manifest(
        OCI_MANIFEST,
        go_json(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": _descriptor(CONFIG_BLOB.descriptor),
                "layers": [_descriptor(layer)],
                "annotations": dict(sorted(annotations.items())),
            }
        ),
    )


def build_referrer(bundle: bytes, predicate_type: str, subject: Descriptor, created: str) -> Manifest:
    """Write the manifest that attaches one Sigstore bundle to an artifact, as cosign 3 does.

    Args:
        bundle: The bundle's exact bytes; they become the only layer.
        predicate_type: Predicate type of the statement inside.
        subject: The artifact's manifest.
        created: RFC 3339 time; the same inputs give the same referrer digest.

    Returns:
        The manifest; its config is EMPTY_BLOB.
    """
    annotations = {
        ANNOTATION_BUNDLE_CONTENT: "dsse-envelope",
        ANNOTATION_BUNDLE_PREDICATE: predicate_type,
        ANNOTATION_CREATED: created,
    }
    return Manifest(
        OCI_MANIFEST,
        go_json(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {**_descriptor(EMPTY_BLOB.descriptor), "artifactType": BUNDLE},
                "layers": [_descriptor(Descriptor.of(bundle, BUNDLE))],
                "annotations": dict(sorted(annotations.items())),
                "subject": _descriptor(subject),
                "artifactType": BUNDLE,
            }
        ),
    )


def _descriptor(value: Descriptor) -> dict[str, Any]:
    """Spell a descriptor in the key order of Flux's and cosign's Go types: size stands before digest."""
    return {"mediaType": value.media_type, "size": value.size, "digest": str(value.digest)}

"""The manifest behind `sha256-<hex>.sig`: one layer for each legacy signature, everybody's (cosign SIGNATURE_SPEC)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitless.errors import UntrustedContentError
from gitless.model.blob import Blob
from gitless.model.canonical import go_json
from gitless.model.descriptor import Descriptor
from gitless.model.manifest import Manifest
from gitless.model.media_types import OCI_MANIFEST
from gitless.model.simple_signing import SIMPLE_SIGNING

_CONFIG = "application/vnd.oci.image.config.v1+json"
MAX_SIGNATURES = 64


def add_signature(existing: Manifest | None, payload: bytes, annotations: Mapping[str, str]) -> tuple[Manifest, Blob]:
    """Write the manifest with one more signature; what others put there stays as it is.

    Args:
        existing: What the tag names now.
        payload: The signed bytes.
        annotations: Of its layer: signature, certificate, log entry.

    Returns:
        The manifest and its config.

    Raises:
        UntrustedContentError: The tag names something else than signatures, or too many of them.
    """
    document = _document(existing)
    layers = [*document["layers"], _layer(payload, annotations)]
    config = Blob.of(_config(layers), _CONFIG)
    document = {**document, "config": config.descriptor.to_json(), "layers": layers}
    return Manifest(OCI_MANIFEST, go_json(document)), config


def _document(existing: Manifest | None) -> dict[str, Any]:
    if existing is None:
        return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {}, "layers": []}
    layers = existing.document.get("layers")
    is_image = existing.media_type == OCI_MANIFEST and isinstance(layers, list) and existing.layers
    if not is_image or not isinstance(layers, list) or len(layers) >= MAX_SIGNATURES:
        raise UntrustedContentError(
            "The tag for legacy signatures names something else.",
            why=f"{existing.digest} holds no signatures, or more than {MAX_SIGNATURES - 1} of them.",
            hint="Remove the tag in the registry, or set signing.legacy: false.",
        )
    return existing.document


def _layer(payload: bytes, annotations: Mapping[str, str]) -> dict[str, Any]:
    found = Descriptor.of(payload, SIMPLE_SIGNING)
    return Descriptor(found.media_type, found.digest, found.size, annotations=annotations).to_json()


def _config(layers: list[dict[str, Any]]) -> bytes:
    digests = [layer["digest"] for layer in layers]
    return go_json(
        {
            "architecture": "",
            "created": "0001-01-01T00:00:00Z",
            "history": [{"created": "0001-01-01T00:00:00Z"} for _ in digests],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": digests},
            "config": {},
        }
    )

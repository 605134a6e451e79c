"""Which Kubernetes objects a layer holds: what a move changes in the cluster, as far as files tell it."""

from __future__ import annotations

import io
import posixpath
from collections import defaultdict
from collections.abc import Mapping

from gitless.artifact.limits import Limits
from gitless.artifact.unpack import iter_entries
from gitless.errors import RemoteError, UntrustedContentError
from gitless.kube.objects import objects_of
from gitless.kube.yaml import YamlError, load_documents
from gitless.model.canonical import canonical_json
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.ports import Repository

MAX_LAYER_BYTES = 32 * 1024 * 1024  # compressed; a larger one is promoted all the same, and not looked into
MAX_OBJECTS = 20_000
_LIMITS = Limits(max_tree_bytes=128 * 1024 * 1024)
_STRUCTURED = (".yaml", ".yml", ".json")
_BUILD_FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", "values.yaml"})
Objects = Mapping[str, tuple[Digest, ...]]
"""Objects as `apiVersion/Kind/namespace/name`, each with the digests of its contents, in whatever files they stand."""


def read_objects(repository: Repository, artifact: Manifest) -> Objects | None:
    """The objects in an artifact's layer; None where it cannot be told.

    Templates and files that are no YAML are passed over: what they become is not known here.

    Args:
        repository: Where the layer is.
        artifact: The artifact's manifest.
    """
    try:
        (layer,) = artifact.layers
        content = repository.fetch_blob(layer, MAX_LAYER_BYTES)
        return _objects(content)
    except (RemoteError, ValueError):
        # only a report lacks it; whoever needs the layer says why it cannot be read
        return None


def _objects(layer: bytes) -> Objects:
    found: dict[str, list[Digest]] = defaultdict(list)
    for entry, content in iter_entries(io.BytesIO(layer), _LIMITS):
        name = posixpath.basename(entry.path)
        if name in _BUILD_FILES or not name.endswith(_STRUCTURED):
            continue
        for ref, digest in _objects_in(content, entry.path):
            found[ref].append(digest)
        if len(found) > MAX_OBJECTS:
            raise UntrustedContentError("There are too many objects.")
    return {ref: tuple(sorted(digests)) for ref, digests in found.items()}


def _objects_in(content: bytes, path: str) -> list[tuple[str, Digest]]:
    try:
        objects = objects_of(load_documents(content, what=path), path)
        return [(item.ref, Digest.of(canonical_json(dict(item.document)))) for item in objects if item.name]
    except (YamlError, TypeError, ValueError):
        return []

"""Copies an artifact with everything that refers to it into another repository, byte for byte, before any tag."""

from __future__ import annotations

from collections.abc import Sequence

from gitless.errors import RemoteError
from gitless.flows.parallel import map_together
from gitless.model.blob import Blob
from gitless.model.digest import Digest
from gitless.model.manifest import Manifest
from gitless.ports import Repository

MAX_BLOB_BYTES = 512 * 1024 * 1024
MAX_COPIED = 2000  # manifests; a graph with more has been flooded
MAX_DEPTH = 4  # an artifact, its evidence, evidence about that


def copy_graph(source: Repository, target: Repository, root: Manifest) -> int:
    """Copy a manifest, its blobs and its referrers, and theirs, depth first: nothing is listed before it is whole.

    Args:
        source: Where it is.
        target: Where it goes; what is there already is not sent again.
        root: The artifact, read by its digest.

    Returns:
        How many manifests the graph has.

    Raises:
        RemoteError: A store failed, or the graph is larger than any artifact's evidence.
        UntrustedContentError: Content does not have its digest.
    """
    _copy_content(source, target, root)
    target.push_manifest(root)
    return 1 + _copy_referrers(source, target, root.digest, MAX_DEPTH, MAX_COPIED - 1)


def _copy_referrers(source: Repository, target: Repository, subject: Digest, depth: int, room: int) -> int:
    listing = source.list_referrers(subject)
    if (listing and depth == 0) or len(listing) > room:
        raise RemoteError(
            f"The evidence of {subject} is too much to be copied.",
            why=f"More than {MAX_COPIED} referrers, or referrers of referrers more than {MAX_DEPTH} deep.",
            hint="Delete the foreign referrers in the registry.",
        )
    found = map_together(lambda item: source.fetch_manifest(item.digest), listing)
    referrers = [manifest for manifest in found if manifest is not None]
    map_together(lambda manifest: _copy_content(source, target, manifest), referrers)
    copied = len(referrers)
    for manifest in referrers:
        copied += _copy_referrers(source, target, manifest.digest, depth - 1, room - copied)
    if referrers:
        _attach(target, subject, referrers)
    return copied


def _attach(target: Repository, subject: Digest, referrers: Sequence[Manifest]) -> None:
    target.attach(subject, referrers)
    target.settle(subject, referrers)


def _copy_content(source: Repository, target: Repository, manifest: Manifest) -> None:
    parts = [*([manifest.config] if manifest.config else []), *manifest.layers]

    def copy(index: int) -> None:
        content = source.fetch_blob(parts[index], MAX_BLOB_BYTES)
        target.push_blob(Blob.of(content, parts[index].media_type))

    map_together(copy, range(len(parts)))

"""Copies an artifact with everything that refers to it into another repository, byte for byte, before any tag."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gitless.errors import MalformedContentError, RemoteError, UntrustedContentError
from gitless.flows.parallel import both, map_together
from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.manifest import MAX_MANIFEST_BYTES, Manifest
from gitless.ports import Repository

MAX_LAYER_BYTES = 512 * 1024 * 1024
MAX_EVIDENCE_BYTES = 128 * 1024 * 1024  # of all referrers together, by the sizes their manifests name
MAX_COPIED = 1000  # manifests; a graph with more has been flooded
MAX_DEPTH = 4  # an artifact, its evidence, evidence about that


@dataclass
class _Room:
    """What may still be copied, and what was left out."""

    manifests: int = MAX_COPIED - 1
    bytes: int = field(default_factory=lambda: MAX_EVIDENCE_BYTES)
    left_out: list[Digest] = field(default_factory=list)

    def take(self, root: Digest, manifests: int, *, deepest: bool) -> None:
        self.manifests -= manifests
        if self.manifests < 0 or (deepest and manifests):
            why = f"More than {MAX_COPIED} referrers, or referrers of referrers more than {MAX_DEPTH} deep."
            raise _flooded(root, why)

    def take_bytes(self, subject: Digest, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise _flooded(subject, f"More than {MAX_EVIDENCE_BYTES:,} bytes of referrers.")


def copy_graph(source: Repository, target: Repository, root: Manifest) -> tuple[Digest, ...]:
    """Copy a manifest, its blobs and its referrers, and theirs; each one before what refers to it.

    Args:
        source: Where it is.
        target: Where it goes; what is there already is not sent again.
        root: The artifact, read by its digest.

    Returns:
        Referrers that the source lists and does not hold, or not whole: they are left out.

    Raises:
        RemoteError: A store failed, or the graph is larger than any artifact's evidence.
        UntrustedContentError: Content does not have its digest.
    """
    room = _Room()
    if target.fetch_manifest(root.digest) is None:
        _copy_content(source, target, _parts(root), MAX_LAYER_BYTES)
        target.push_manifest(root)
    subjects = [root.digest]
    for depth in range(MAX_DEPTH + 1):
        listings = map_together(lambda subject: _listed(source, target, subject), subjects)
        room.take(root.digest, sum(len(item.everything) for item in listings), deepest=depth == MAX_DEPTH)
        # one subject after the other: its listing is one document that several writers would fight for
        for item in listings:
            _copy_referrers(source, target, item, room)
        subjects = [digest for item in listings for digest in item.everything]
        if not subjects:
            break
    return tuple(room.left_out)


@dataclass(frozen=True)
class _Listing:
    """What refers to one digest at the source, and which of it is new to the target."""

    subject: Digest
    everything: tuple[Digest, ...]
    new: tuple[Descriptor, ...]


def _listed(source: Repository, target: Repository, subject: Digest) -> _Listing:
    here, there = both(lambda: source.list_referrers(subject), lambda: target.list_referrers(subject))
    known = {item.digest for item in there}
    new = tuple(item for item in here if item.digest not in known)
    return _Listing(subject, tuple(item.digest for item in here), new)


def _copy_referrers(source: Repository, target: Repository, listing: _Listing, room: _Room) -> None:
    subject = listing.subject
    found = map_together(lambda item: _fetch(source, subject, item, room), listing.new)
    referrers = [manifest for manifest in found if manifest]
    room.take_bytes(subject, sum(part.size for manifest in referrers for part in _parts(manifest)))
    whole = [item for item in map_together(lambda item: _copy_one(source, target, item, room), referrers) if item]
    if whole:
        target.attach(subject, whole)
        target.settle(subject, whole)


def _fetch(source: Repository, subject: Digest, item: Descriptor, room: _Room) -> Manifest | None:
    """A listed referrer, if it is one: a listing may be written by anybody, and name anything."""
    manifest: Manifest | None = None
    with suppress(MalformedContentError):
        manifest = source.fetch_manifest(item.digest) if item.size <= MAX_MANIFEST_BYTES else None
    if manifest and _is_referrer(manifest, subject):
        return manifest
    room.left_out.append(item.digest)
    return None


def _is_referrer(manifest: Manifest, subject: Digest) -> bool:
    try:
        named = manifest.subject
        return named is not None and named.digest == subject and bool(_parts(manifest)) and not manifest.manifests
    except UntrustedContentError:
        return False


def _copy_one(source: Repository, target: Repository, manifest: Manifest, room: _Room) -> Manifest | None:
    """Its content; one foreign referrer without its content, or with other content, must not stop all others."""
    try:
        _copy_content(source, target, _parts(manifest), MAX_EVIDENCE_BYTES)
    except UntrustedContentError:
        room.left_out.append(manifest.digest)
        return None
    except RemoteError as error:
        if error.status != 404:
            raise
        room.left_out.append(manifest.digest)
        return None
    return manifest


def _parts(manifest: Manifest) -> tuple[Descriptor, ...]:
    return (*([manifest.config] if manifest.config else []), *manifest.layers)


def _copy_content(source: Repository, target: Repository, parts: Sequence[Descriptor], max_bytes: int) -> None:
    for part in parts:
        target.push_blob(Blob.of(source.fetch_blob(part, max_bytes), part.media_type))


def _flooded(subject: Digest, why: str) -> RemoteError:
    return UntrustedContentError(
        f"The evidence of {subject} is too much to be copied.",
        why=why,
        hint="Somebody has flooded this artifact. Delete the foreign referrers in the registry.",
    )

"""Opens a layer, ours or one Flux made, and refuses every archive that Flux and we could read differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from gitless.artifact.content import ContentHasher
from gitless.artifact.gunzip import GunzipReader
from gitless.artifact.limits import DEFAULT_LIMITS, Limits
from gitless.artifact.paths import shown
from gitless.artifact.untar import read_members
from gitless.errors import UntrustedContentError
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.tree import Entry


class EntrySink(Protocol):
    """Takes what is unpacked; paths are checked already."""

    def write(self, entry: Entry, content: bytes) -> None:
        """Take one file with its content, or one folder with none."""
        ...


@dataclass(frozen=True, slots=True)
class UnpackedLayer:
    """What a layer held.

    Attributes:
        content: The content hash.
        entries: Number of files and folders, the root not counted.
        tree_bytes: Length of all files together.
    """

    content: Digest
    entries: int
    tree_bytes: int


def iter_entries(stream: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Entry, bytes]]:
    """Yield every file and folder of a layer with its content; memory holds one file at a time.

    Until the iteration has ended the layer is not known to be sound: nothing may be decided before.

    Args:
        stream: The gzip stream, read to its end; its digest is the caller's to check.
        limits: What is refused as too large.

    Raises:
        UntrustedContentError: The archive is hostile, damaged or over a limit.
    """
    kinds: dict[str, str] = {}
    total = 0
    for entry, content in read_members(GunzipReader(stream, limits), limits):
        total += len(content)
        _refuse_clash(entry, kinds)
        if len(kinds) > limits.max_entries or total > limits.max_tree_bytes:
            raise UntrustedContentError(
                "The layer is too large.",
                why=f"At most {limits.max_entries} entries and {limits.max_tree_bytes} bytes are read.",
            )
        yield entry, content


def unpack(
    stream: BinaryIO, sink: EntrySink, media_type: str = FLUX_CONTENT, limits: Limits = DEFAULT_LIMITS
) -> UnpackedLayer:
    """Write every entry of a layer to `sink` and hash the tree.

    Args:
        stream: The gzip stream, read to its end.
        sink: Receives the entries.
        media_type: The layer's media type; it is part of the content hash.
        limits: What is refused as too large.

    Raises:
        UntrustedContentError: The archive is hostile, damaged or over a limit; the sink may hold a part of it.
    """
    hasher = ContentHasher(media_type)
    entries = total = 0
    for entry, content in iter_entries(stream, limits):
        sink.write(entry, content)
        hasher.add(entry, content)
        entries, total = entries + 1, total + len(content)
    return UnpackedLayer(hasher.digest(), entries, total)


def content_of_layer(stream: BinaryIO, media_type: str = FLUX_CONTENT, limits: Limits = DEFAULT_LIMITS) -> Digest:
    """Compute a layer's content hash from its bytes, believing no annotation.

    Raises:
        UntrustedContentError: The archive is hostile, damaged or over a limit.
    """
    return unpack(stream, _Nowhere(), media_type, limits).content


class _Nowhere:
    def write(self, entry: Entry, content: bytes) -> None:
        """Drop it."""


def _refuse_clash(entry: Entry, kinds: dict[str, str]) -> None:
    """Refuse a path that came before, and one below a file; unnamed parents count as folders from then on."""
    if entry.path in kinds and not (kinds[entry.path] == "implied" and entry.kind == "directory"):
        raise UntrustedContentError(f"The layer holds {shown(entry.path)} twice.")
    parts = entry.path.split("/")
    for depth in range(1, len(parts)):
        parent = "/".join(parts[:depth])
        if kinds.setdefault(parent, "implied") == "file":
            raise UntrustedContentError(f"The layer holds {shown(entry.path)} below a file.")
    kinds[entry.path] = entry.kind

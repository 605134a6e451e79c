"""Packs a tree into one layer while it is being read; memory holds one file and one slice, never the tree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from gitless.artifact.content import ContentHasher
from gitless.artifact.deflate import GzipWriter
from gitless.artifact.limits import DEFAULT_LIMITS, Limits
from gitless.artifact.paths import path_fault, shown
from gitless.artifact.tar import END, ROOT, header, padding
from gitless.errors import DefectError, UsageError
from gitless.model.descriptor import Descriptor
from gitless.model.digest import Digest
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.tree import Entry, Tree, walk_order


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A finished layer; its bytes went to the sink.

    Attributes:
        descriptor: Media type, digest and size of the gzip stream.
        tar_digest: sha256 of the uncompressed tar (the image config's diff id).
        sha512: sha512 of the gzip stream, 128 hexadecimal digits (for the SBOM).
        content: The content hash (see gitless.artifact.content).
        entries: Number of files and folders, the root not counted.
        tree_bytes: Length of all files together.
    """

    descriptor: Descriptor
    tar_digest: Digest
    sha512: str
    content: Digest
    entries: int
    tree_bytes: int


class LayerWriter:
    """Writes one layer; entries come in the order of a pre-order walk, byte-lexically per folder.

    Args:
        sink: Receives the gzip stream; stays open.
        media_type: The layer's media type.
        limits: What is refused as too large.
    """

    def __init__(self, sink: BinaryIO, media_type: str = FLUX_CONTENT, limits: Limits = DEFAULT_LIMITS) -> None:
        self._out = _HashingSink(sink)
        self._gzip = GzipWriter(self._out)  # type: ignore[arg-type]  # only write() is used
        self._tar = hashlib.sha256()
        self._tar_bytes = 0
        self._media_type = media_type
        self._limits = limits
        self._content = ContentHasher(media_type)
        self._last: tuple[bytes, ...] = ()
        self._entries = 0
        self._tree_bytes = 0
        self._write(header(ROOT, 0))

    def add(self, entry: Entry, content: bytes | None = None) -> None:
        """Add one entry.

        Args:
            entry: The file or folder.
            content: The file's bytes; None for a folder.

        Raises:
            UsageError: A name Flux would refuse, or a limit is passed.
            DefectError: The order is broken, an entry is repeated, or kind and content do not fit together.
        """
        body = content or b""
        self._check(entry, content)
        self._write(header(entry, len(body)))
        self._write(body)
        self._write(padding(len(body)))
        self._content.add(entry, body)

    def close(self) -> PackedLayer:
        """Finish the archive and say what was written; nothing can be added afterwards.

        Raises:
            UsageError: The layer compresses so well that readers would take it for a bomb.
        """
        self._write(END)
        self._gzip.close()
        if self._limits.is_bomb(self._tar_bytes, self._out.size):
            raise UsageError(
                "The tree compresses like a decompression bomb.",
                why=f"{self._tar_bytes} bytes became {self._out.size}, more than {self._limits.max_ratio} to 1.",
                hint="Leave large files of repeated bytes out with `ignore`.",
            )
        return PackedLayer(
            Descriptor(self._media_type, Digest(self._out.sha256.hexdigest()), self._out.size),
            Digest(self._tar.hexdigest()),
            self._out.sha512.hexdigest(),
            self._content.digest(),
            self._entries,
            self._tree_bytes,
        )

    def _check(self, entry: Entry, content: bytes | None) -> None:
        fault = path_fault(entry.path)
        if fault:
            raise UsageError(f"{shown(entry.path)} cannot be packed.", why=f"{fault}.", hint="Rename or ignore it.")
        if (content is None) != (entry.kind == "directory"):
            raise DefectError(f"{shown(entry.path)} came with the wrong content for its kind.")
        order = walk_order(entry.path)
        if order <= self._last:
            raise DefectError(f"{shown(entry.path)} is out of order or came twice.")
        self._last = order
        self._count(entry.path, len(content or b""))

    def _count(self, path: str, size: int) -> None:
        self._entries += 1
        self._tree_bytes += size
        if size > self._limits.max_file_bytes:
            raise UsageError(
                f"{shown(path)} is too large.", why=f"{size} bytes; {self._limits.max_file_bytes} are allowed."
            )
        if self._tree_bytes > self._limits.max_tree_bytes or self._entries > self._limits.max_entries:
            raise UsageError(
                f"The tree is too large at {shown(path)}.",
                why=f"At most {self._limits.max_entries} entries and {self._limits.max_tree_bytes} bytes are packed.",
                hint="Leave what the cluster does not need out with `ignore`.",
            )

    def _write(self, content: bytes) -> None:
        self._tar.update(content)
        self._tar_bytes += len(content)
        self._gzip.write(content)


def pack_tree(
    tree: Tree, sink: BinaryIO, media_type: str = FLUX_CONTENT, limits: Limits = DEFAULT_LIMITS
) -> PackedLayer:
    """Pack every entry of `tree` into `sink`.

    Raises:
        UsageError: The tree or one of its names is refused (see LayerWriter.add).
    """
    writer = LayerWriter(sink, media_type, limits)
    for entry in tree.walk():
        writer.add(entry, tree.read(entry.path) if entry.kind == "file" else None)
    return writer.close()


class _HashingSink:
    """Counts and hashes what goes through it to the real sink."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self.sha256 = hashlib.sha256()
        self.sha512 = hashlib.sha512()
        self.size = 0

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        self.sha512.update(content)
        self.size += len(content)
        return self._sink.write(content)

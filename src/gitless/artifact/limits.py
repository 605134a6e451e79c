"""How large a layer may be; packing and unpacking obey the same numbers, so that what we write we can read."""

from __future__ import annotations

from dataclasses import dataclass

from gitless.model.tree import MAX_FILE_BYTES, MAX_TREE_BYTES, MAX_TREE_ENTRIES

_HEADER_BYTES_PER_ENTRY = 4 * 512
_END_BYTES = 10 * 1024  # other tools pad to whole records


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one layer.

    Attributes:
        max_entries: Files and folders.
        max_file_bytes: Length of one file.
        max_tree_bytes: Length of all files together.
        max_ratio: How many times longer the tar may be than its gzip stream, once it is longer than `ratio_floor`.
        ratio_floor: Length in bytes up to which any ratio is fine; repeated manifests compress very well.
    """

    max_entries: int = MAX_TREE_ENTRIES
    max_file_bytes: int = MAX_FILE_BYTES
    max_tree_bytes: int = MAX_TREE_BYTES
    max_ratio: int = 400
    ratio_floor: int = 64 * 1024 * 1024

    @property
    def max_tar_bytes(self) -> int:
        """Length of the uncompressed tar, headers and padding included."""
        return self.max_tree_bytes + self.max_entries * _HEADER_BYTES_PER_ENTRY + _END_BYTES

    def is_bomb(self, tar_bytes: int, gzip_bytes: int) -> bool:
        """Whether so much tar from so little gzip is refused."""
        return tar_bytes > max(self.ratio_floor, self.max_ratio * gzip_bytes)


DEFAULT_LIMITS = Limits()

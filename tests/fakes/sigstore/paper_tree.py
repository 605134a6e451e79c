"""A Merkle tree as RFC 6962, section 2.1 defines it, with inclusion proofs; small enough to be read at one sitting."""

from __future__ import annotations

import hashlib


def leaf_hash(content: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """Entries in the order of their arrival."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []

    def __len__(self) -> int:
        return len(self._leaves)

    def append(self, content: bytes) -> int:
        """Take an entry in; its index."""
        self._leaves.append(leaf_hash(content))
        return len(self._leaves) - 1

    def root(self) -> bytes:
        """The hash over everything."""
        return _root(self._leaves)

    def proof(self, index: int) -> list[bytes]:
        """The hashes that lead from one entry to the root, lowest first."""
        return _path(index, self._leaves)


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(_root(leaves[:split]), _root(leaves[split:]))


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*_path(index, leaves[:split]), _root(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _root(leaves[:split])]


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1

"""A gzip stream whose bytes do not depend on the interpreter's zlib (docs/decisions/0001-deflate.md).

libdeflate, bundled in the `deflate` wheel, compresses fixed slices of the input; each slice is one gzip member
(RFC 1952 section 2.2), so nothing is held but the current slice. Most artifacts are shorter than one slice.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import BinaryIO, Final

from gitless.errors import DefectError

MEMBER_BYTES: Final = 1024 * 1024
GZIP_HEADER: Final = bytes.fromhex("1f8b08000000000000ff")  # no name, no time, no hints, unknown system: as Go's
_LEVEL: Final = 6
_PROBE_SHA256: Final = "e44a84bc49c8a4936185b9836aa00edd570df53103ef05591dffff372e5962b7"


class GzipWriter:
    """Compresses what is written to it into `sink`, one gzip member per MEMBER_BYTES of input.

    Args:
        sink: Receives the gzip stream; stays open.
    """

    def __init__(self, sink: BinaryIO) -> None:
        _require_known_bytes()
        self._sink = sink
        self._slice = bytearray()

    def write(self, content: bytes) -> None:
        """Add content; at most MEMBER_BYTES of it wait for the next call."""
        for start in range(0, len(content), MEMBER_BYTES):
            self._slice += memoryview(content)[start : start + MEMBER_BYTES]
            if len(self._slice) >= MEMBER_BYTES:
                self._sink.write(gzip_member(bytes(self._slice[:MEMBER_BYTES])))
                del self._slice[:MEMBER_BYTES]

    def close(self) -> None:
        """Write the last member; the sink stays open."""
        if self._slice:
            self._sink.write(gzip_member(bytes(self._slice)))
            self._slice.clear()


def gzip_member(content: bytes) -> bytes:
    """Compress `content` into one gzip member with the fixed header."""
    import deflate  # heavy imports happen inside the verb that needs them

    trailer = deflate.crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return GZIP_HEADER + bytes(deflate.deflate_compress(content, _LEVEL)) + trailer


@cache
def _require_known_bytes() -> None:
    """Refuse a build of libdeflate that compresses to other bytes: it would change every digest.

    Raises:
        DefectError: The installed `deflate` is not the one the format was settled with.
    """
    probe = b"".join(b"key-%d: value %d\n" % (number % 97, number * number % 1009) for number in range(2000))
    if hashlib.sha256(gzip_member(probe)).hexdigest() != _PROBE_SHA256:
        raise DefectError(
            "The installed compressor writes other bytes than gitless's format.",
            why="The deflate package was built with another libdeflate, so the same tree would get another digest.",
            hint="Install the pinned wheel: pip install --force-reinstall --only-binary=deflate deflate==0.9.0",
        )

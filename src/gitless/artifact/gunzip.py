"""Reads a gzip stream that came from outside, a little at a time and never further than the limits allow."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from gitless.artifact.limits import Limits
from gitless.errors import UntrustedContentError

_STEP = 64 * 1024
_MAX_MEMBERS = 4096  # we write one for each MiB; millions of tiny ones would only burn time
_GZIP_WINDOW = 31  # zlib's number for a gzip header and a 32 KiB window


class GunzipReader:
    """Decompresses a stream of one or more gzip members.

    Args:
        stream: The gzip stream; stays open.
        limits: Ratio and total length that end the reading.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._pending = b""
        self._ready = bytearray()
        self._read = 0
        self._written = 0
        self._members = 1
        self._in_member = True  # an empty stream is a truncated one

    def read_exactly(self, size: int) -> bytes:
        """Read `size` bytes; the caller has checked that `size` is small.

        Raises:
            UntrustedContentError: The stream ends early, is damaged, is no gzip, or passes a limit.
        """
        content = self.read(size)
        if len(content) < size:
            raise UntrustedContentError("The layer is truncated.", why="The archive ends in the middle of an entry.")
        return content

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; less only at the end of the stream.

        Raises:
            UntrustedContentError: The stream is damaged, truncated, no gzip, or passes a limit.
        """
        while len(self._ready) < size and self._decompress_some():
            pass
        content = bytes(self._ready[:size])
        del self._ready[:size]
        return content

    def _decompress_some(self) -> bool:
        """Do one step; False at the end of a sound stream."""
        if not self._pending:
            self._pending = self._stream.read(_STEP)
            self._read += len(self._pending)
        if self._pending and not self._in_member:
            self._begin_member()
        if not self._in_member:
            return False
        at_end = not self._pending
        produced = self._step()
        if at_end and not produced and self._in_member:
            raise UntrustedContentError("The layer is truncated.", why="The gzip stream ends early.")
        return True

    def _begin_member(self) -> None:
        self._member, self._in_member = zlib.decompressobj(_GZIP_WINDOW), True
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise UntrustedContentError("The layer has too many gzip members.", why=f"More than {_MAX_MEMBERS}.")

    def _step(self) -> int:
        try:
            produced = self._member.decompress(self._pending, _STEP)
        except zlib.error as error:
            raise UntrustedContentError("The layer is not a sound gzip stream.", why=str(error)) from error
        self._pending = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self._in_member = not self._member.eof
        self._ready += produced
        self._count(len(produced))
        return len(produced)

    def _count(self, produced: int) -> None:
        self._written += produced
        if self._written > self._limits.max_tar_bytes:
            raise UntrustedContentError(
                "The layer is too large.", why=f"It unpacks to more than {self._limits.max_tar_bytes} bytes."
            )
        if self._limits.is_bomb(self._written, self._read):
            raise UntrustedContentError(
                "The layer is a decompression bomb.",
                why=f"{self._read} bytes unpack to {self._written} and more; {self._limits.max_ratio} to 1 is allowed.",
            )

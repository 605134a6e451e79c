"""Bodies on their way: sent with a length and under the deadline, limited while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import requests

from gitless.errors import UntrustedContentError
from gitless.model.blob import Blob
from gitless.registry.calls import Answer, Call
from gitless.web.patience import Deadline

_MAX_ERROR_BYTES = 16 * 1024
_CHUNK = 64 * 1024


class BlobBody:
    """A blob as requests wants to read it: with a length, so that it is not sent in chunks, and under the deadline.

    Args:
        blob: What is sent.
        deadline: When it has to be over.
    """

    def __init__(self, blob: Blob, deadline: Deadline) -> None:
        self._size, self._deadline = blob.descriptor.size, deadline
        self._stream: BinaryIO = blob.open()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_CHUNK), b"")

    def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end.

        Raises:
            TimeoutError: The deadline has passed.
        """
        if not self._deadline.remaining:
            raise TimeoutError("the time for this operation is up")
        piece = self._stream.read(size)
        if not piece:
            self._stream.close()
        return piece


def read_answer(response: requests.Response, call: Call) -> Answer:
    """Read an answer, as much of it as the call allows; of a failure the beginning.

    Raises:
        UntrustedContentError: An accepted answer is longer than that.
    """
    accepted = response.status_code in call.accept
    limit = call.max_bytes if accepted else _MAX_ERROR_BYTES
    body = bytearray()
    while len(body) <= limit:
        piece = response.raw.read(_CHUNK, decode_content=False)
        if not piece:
            break
        body += piece
    if len(body) > limit and accepted:
        raise UntrustedContentError(
            f"Cannot {call.doing}.", why=f"The answer is longer than the {limit:,} bytes that are allowed here."
        )
    return Answer(response.status_code, str(response.url), response.headers, bytes(body[:limit]))

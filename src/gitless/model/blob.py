"""Content that can be read more than once without holding it in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from gitless.model.descriptor import Descriptor


@dataclass(frozen=True, slots=True)
class Blob:
    """A descriptor and a way to open the bytes it names; every call of `open` starts at the beginning.

    Attributes:
        descriptor: Media type, digest and size of the bytes.
        open: Opens them for reading; the caller closes.
    """

    descriptor: Descriptor
    open: Callable[[], BinaryIO]

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Blob:
        """Wrap bytes that are already in memory."""
        return cls(Descriptor.of(content, media_type), lambda: io.BytesIO(content))

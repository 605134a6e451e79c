"""Temporary files for blobs that are written once and then read any number of times."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from gitless.model.blob import Blob
from gitless.model.descriptor import Descriptor


@dataclass(frozen=True, slots=True)
class ScratchBlob:
    """A file that only this user can read, gone when its context ends.

    Attributes:
        sink: Takes the bytes.
        path: Where they are.
    """

    sink: BinaryIO
    path: Path

    def blob(self, descriptor: Descriptor) -> Blob:
        """Give out what was written as a blob; it can be opened until the context ends, by several threads.

        Args:
            descriptor: What the writer says about the bytes.
        """
        self.sink.flush()
        return Blob(descriptor, lambda: self.path.open("rb"))


@contextmanager
def scratch_blob(directory: Path | None = None) -> Iterator[ScratchBlob]:
    """Make a scratch file and remove it afterwards.

    Args:
        directory: Where; the system's directory for temporary files by default.
    """
    with tempfile.TemporaryDirectory(prefix="gitless-", dir=directory) as folder:
        path = Path(folder) / "blob"
        with path.open("xb") as sink:
            yield ScratchBlob(cast("BinaryIO", sink), path)

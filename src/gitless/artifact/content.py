"""The content hash: what a packaged tree is, whatever compressed it.

sha256 over these lines, each a JSON array in canonical spelling (UTF-8, no blanks, only what JSON demands
is escaped) with a newline at its end, so that no two trees share a spelling:

    ["gitless-content",1,"<layer media type>"]
    ["<path>","directory",false,""]
    ["<path>","file",<executable>,"sha256:<hex of the content>"]

The first line names the format version and the layer's media type; then every file and folder of the tree
(not its root) follows, sorted by the UTF-8 bytes of its path.
"""

from __future__ import annotations

import hashlib

from gitless.model.canonical import canonical_json
from gitless.model.digest import Digest
from gitless.model.tree import Entry

CONTENT_FORMAT = 1


class ContentHasher:
    """Collects the entries of one tree in any order; holds one short line for each.

    Args:
        media_type: The layer's media type.
    """

    def __init__(self, media_type: str) -> None:
        self._head = canonical_json(["gitless-content", CONTENT_FORMAT, media_type])
        self._lines: dict[bytes, bytes] = {}

    def add(self, entry: Entry, content: bytes) -> None:
        """Count in one entry; `content` is empty for a folder."""
        digest = str(Digest.of(content)) if entry.kind == "file" else ""
        line = canonical_json([entry.path, entry.kind, entry.executable, digest])
        self._lines[entry.path.encode("utf-8")] = line

    def digest(self) -> Digest:
        """The content hash of everything added so far."""
        total = hashlib.sha256(self._head + b"\n")
        for path in sorted(self._lines):
            total.update(self._lines[path] + b"\n")
        return Digest(total.hexdigest())

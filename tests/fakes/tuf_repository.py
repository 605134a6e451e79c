"""A TUF repository on loopback with keys of its own, for clients that start from its first root."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tests.fakes.sigstore.loopback import Answer, Loopback, Request
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

_ROLES = ("root", "timestamp", "snapshot", "targets")


class TufRepository(Loopback):
    """Serves the given files; a context manager.

    Args:
        files: The targets by name.
        ends: When the metadata expires; far from now unless told otherwise.
    """

    def __init__(self, files: Mapping[str, bytes], ends: datetime | None = None) -> None:
        self.files = dict(files)
        self.asked: list[str] = []
        self.weather: list[Answer] = []
        self._ends = ends or datetime(2100, 1, 1, tzinfo=timezone.utc)
        self._key = CryptoSigner(Ed25519PrivateKey.generate())
        self._served: dict[str, bytes] = {}
        self._write()
        super().__init__(self._answer)

    @property
    def root(self) -> bytes:
        """The first root.json."""
        return self._served["/1.root.json"]

    def tamper(self, name: str, content: bytes) -> None:
        """Serve other bytes for a file than the metadata says."""
        for path in [path for path in self._served if path.endswith(f".{name}")]:
            self._served[path] = content

    def _write(self) -> None:
        root = Root(version=1, expires=self._ends, consistent_snapshot=True)
        for role in _ROLES:
            root.add_key(self._key.public_key, role)
        targets = Targets(version=1, expires=self._ends)
        for name, content in self.files.items():
            targets.targets[name] = TargetFile.from_data(name, content, ["sha256"])
            self._served[f"/targets/{hashlib.sha256(content).hexdigest()}.{name}"] = content
        snapshot = Snapshot(version=1, expires=self._ends, meta={"targets.json": MetaFile(1)})
        timestamp = Timestamp(version=1, expires=self._ends, snapshot_meta=MetaFile(1))
        for path, signed in (
            ("1.root", root),
            ("1.targets", targets),
            ("1.snapshot", snapshot),
            ("timestamp", timestamp),
        ):
            whole: Metadata = Metadata(signed)
            whole.sign(self._key)
            self._served[f"/{path}.json"] = whole.to_bytes()

    def _answer(self, request: Request) -> Answer:
        self.asked.append(request.path)
        if self.weather:
            return self.weather.pop(0)
        content = self._served.get(request.path)
        return Answer(404) if content is None else Answer(200, content)

"""Three registries as people run them, each on a free port of loopback with storage of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.peers.process import Server, answers, free_ports
from tools.peers.recipes import program

KINDS = ("docker-registry", "registry", "ggcr-registry")
"""Debian's docker-registry 2.8.2 and distribution 3.1.1, both without referrers API, and ggcr's with it."""

_CONFIGURATION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
http: {{addr: 127.0.0.1:{port}}}
"""


def _command(kind: str, port: int, folder: Path) -> list[str]:
    path = program(kind)
    if path is None:
        raise LookupError(f"{kind} is not installed: run `make peers`")
    if kind == "ggcr-registry":
        return [str(path), f"127.0.0.1:{port}"]
    configuration = folder / "registry.yml"
    configuration.write_text(_CONFIGURATION.format(storage=folder / "storage", port=port))
    return [str(path), "serve", str(configuration)]


@contextmanager
def running(kind: str, folder: Path) -> Iterator[str]:
    """One registry of that kind; yields its `host:port`."""
    (port,) = free_ports(1)
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(_command(kind, port, folder), folder / "registry.log", {"OTEL_TRACES_EXPORTER": "none"})
    try:
        server.ready(lambda: answers(f"http://127.0.0.1:{port}/v2/"))
        yield f"127.0.0.1:{port}"
    finally:
        server.stop()

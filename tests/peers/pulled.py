"""What a cluster would see of a published artifact: its tree, pulled by crane, and what kustomize builds from it."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from tools.peers.commands import Tools


def pull(tools: Tools, reference: str, target: Path) -> Path:
    """The artifact's tree as `crane export` gives it."""
    content = tools.run("crane", "export", reference, "-").stdout
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(target, filter="data")
    return target


def files_of(tree: Path) -> dict[str, bytes]:
    """All files of a tree by their paths, Git's own left out."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    names = {path.relative_to(tree).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".git/")}


def builds_of(tools: Tools, tree: Path) -> dict[str, bytes]:
    """What `kustomize build` prints for each kustomization that builds without a network, by folder."""
    found = {}
    for path in sorted(tree.rglob("kustomization.yaml")):
        done = tools.run("kustomize", "build", path.parent, check=False)
        if done.returncode == 0:
            found[path.parent.relative_to(tree).as_posix()] = done.stdout
    return found

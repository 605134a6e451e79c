"""Where the tools of the faces ring are kept, and which of them are missing or of another version than today's."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
from pathlib import Path

from tools.peers.recipes import folder as peers_folder
from tools.peers.recipes import missing as missing_peers

HERE = Path(__file__).resolve().parent
_LOCKS = HERE.parents[1] / "bootstrap" / "requirements"
LINTERS = ("requirements.txt",)
WHEELS = (str(_LOCKS / "platform.txt"), str(_LOCKS / "uv.txt"))
NODE = ("package.json", "package-lock.json")
SCRIPTS = ("json-hook.mjs", "lint.mjs")


def folder() -> Path:
    """The folder of Node's packages and of the linters: beside the peers, so that CI keeps it too."""
    return peers_folder().parent / "faces"


def key(*names: str) -> str:
    """A hash over the locks and the Python that decide what is installed."""
    python = f"{sys.implementation.cache_tag} {sys.platform} {getattr(sys, '_base_executable', '')}".encode()
    return hashlib.sha256(b"\0".join([python, *((HERE / name).read_bytes() for name in names)])).hexdigest()


def is_current(part: str, *names: str) -> bool:
    """Whether a part was installed from today's locks."""
    stamp = folder() / f"{part}.stamp"
    return stamp.is_file() and stamp.read_text() == key(*names)


def missing() -> list[str]:
    """What `make faces` would install or build."""
    parts = [
        ("node packages", is_current("node", *NODE, *SCRIPTS)),
        ("linters", is_current("linters", *LINTERS)),
        ("wheelhouse", is_current("wheelhouse", *WHEELS)),
    ]
    programs = [name for name in ("node", "npm", "rsync") if shutil.which(name) is None]
    return [*programs, *(name for name, there in parts if not there), *missing_peers("faces")]


def wheelhouse() -> Path:
    """The folder with every wheel that the actions install here, so that they can be tried without a network."""
    return folder() / "wheelhouse"


def node() -> str:
    """The Node that gitlab-ci-local needs, which may be newer than the system's."""
    machine = {"aarch64": "arm64"}.get(platform.machine(), "x64")
    return str(folder() / "node" / "node_modules" / f"node-linux-{machine}" / "bin" / "node")


def gitlab_ci_local() -> str:
    """The program that runs GitLab's pipelines here."""
    return str(folder() / "node" / "node_modules" / "gitlab-ci-local" / "dist" / "index.js")


def linter(name: str) -> str:
    """The path of one linter."""
    return str(folder() / "linters" / "bin" / name)

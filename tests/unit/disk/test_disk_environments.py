"""The same folder gives the same layer in every environment: locale, time zone, hash seed, umask, owner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import io, os, sys
from pathlib import Path
from gitless.artifact.pack import pack_tree
from gitless.disk.tree import DiskTree
os.umask(int(os.environ["MASK"], 8))
packed = pack_tree(DiskTree(Path(sys.argv[1])), io.BytesIO())
print(packed.descriptor.digest, packed.content)
"""
_PLAIN = {"MASK": "022", "PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def layer_in(root: Path, **changes: str) -> str:
    environment = {"PYTHONPATH": "src", **_PLAIN, **changes}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(root)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {"MASK": "000"},
        {"MASK": "077"},
        {"PYTHONHASHSEED": "4711"},
        {"TZ": "Asia/Tokyo"},
        {"LC_ALL": "de_DE.ISO-8859-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_the_environment_does_not_matter(tmp_path, changes):
    for name in ("b/ü.yaml", "b/a.yaml", "é", "日本", "z"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    os.utime(tmp_path / "z", (1, 1))
    plain = layer_in(tmp_path)
    assert plain.startswith("sha256:")
    assert layer_in(tmp_path, **changes) == plain

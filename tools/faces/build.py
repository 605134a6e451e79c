"""Install what the faces ring runs: act and actionlint (Go), GitHub's parser (npm), zizmor and other linters (PyPI).

Every version is locked: in tools/peers/recipes.py, package-lock.json and requirements.txt. What is there is left alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.faces.kept import HERE, LINTERS, NODE, SCRIPTS, WHEELS, folder, is_current, key, missing, wheelhouse

UV = HERE.parents[1] / ".cache" / "tools" / "bin" / "uv"


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command; its failure ends the build with its own message.

    Raises:
        SystemExit: It failed or is not installed.
    """
    try:
        subprocess.run([str(part) for part in command], cwd=cwd, check=True)
    except FileNotFoundError:
        sys.exit(f"faces: {command[0]} is not installed; Node >= 20 with npm, and Go, are needed.")
    except subprocess.CalledProcessError as error:
        sys.exit(f"faces: {Path(str(command[0])).name} ended with {error.returncode}: see above.")


def _install_node() -> None:
    place = folder() / "node"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in (*NODE, *SCRIPTS):
        shutil.copy(HERE / name, place / name)
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=place)
    (folder() / "node.stamp").write_text(key(*NODE, *SCRIPTS))


def _install_linters() -> None:
    place = folder() / "linters"
    shutil.rmtree(place, ignore_errors=True)
    _run(UV, "venv", "--quiet", "--python", sys.executable, place)
    python = place / "bin" / "python"
    _run(
        *(UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", "--only-binary", ":all:"),
        HERE / "requirements.txt",
    )
    (folder() / "linters.stamp").write_text(key(*LINTERS))


def _download_wheels() -> None:
    place = wheelhouse()
    shutil.rmtree(place, ignore_errors=True)
    # an environment of its own: the Python that the ring runs with decides which wheels fit
    with tempfile.TemporaryDirectory() as name:
        _run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, name)
        command = (Path(name) / "bin" / "python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        for lock in WHEELS:
            _run(*command, "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", place, "-r", lock)
    (folder() / "wheelhouse.stamp").write_text(key(*WHEELS))


def main() -> None:
    """Install what is missing."""
    folder().mkdir(parents=True, exist_ok=True)
    _run(sys.executable, HERE.parent / "peers" / "build.py", "faces")
    if not is_current("node", *NODE, *SCRIPTS):
        _install_node()
    if not is_current("linters", *LINTERS):
        _install_linters()
    if not is_current("wheelhouse", *WHEELS):
        _download_wheels()
    if absent := missing():
        sys.exit(f"faces: still missing: {', '.join(absent)}")
    print(f"faces: ready in {folder()}")


if __name__ == "__main__":
    main()

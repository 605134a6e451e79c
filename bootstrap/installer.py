"""uv, pinned and hashed: fetched without pip, which many images lack, and used to install a locked set of wheels."""

from __future__ import annotations

import os
import platform
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from bootstrap.commands import BootstrapError
from bootstrap.origin import Origin, Wheelhouse, has_hash
from bootstrap.surroundings import for_installer, libc

INSTALL_SECONDS = 600
_PIN = re.compile(r"^uv==([0-9a-z.]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "i386": "i686"}


def fetch_uv(origin: Origin, pin: str, target: Path) -> None:
    """Put uv's program into `target`.

    Args:
        origin: Where its wheel is.
        pin: The text of the requirements file that pins it: one version, the hashes of its wheels.
        target: An empty folder.

    Raises:
        BootstrapError: There is no wheel for this machine, or it is not the pinned one.
    """
    version, hashes = pinned(pin)
    found = origin.names("uv")
    name = choose_wheel(found, version)
    if name is None:
        raise BootstrapError(
            f"There is no uv {version} for this machine ({platform.system()} {platform.machine()}).",
            why=f"{len(found)} files of uv are offered, and none of them fits.",
            hint="Add the wheel to the wheelhouse or the mirror." if isinstance(origin, Wheelhouse) else "",
        )
    content = origin.read(found[name])
    if not has_hash(content, hashes):
        raise BootstrapError(
            f"{name} is not the file that was locked.",
            why="Its sha256 is none of those in bootstrap/requirements/uv.txt.",
            hint="The index or the wheelhouse serves other content than PyPI: have it looked into.",
            exit_code=3,
        )
    program = target / _program()
    program.write_bytes(_program_in(content))
    program.chmod(0o700)


def pinned(text: str) -> tuple[str, frozenset[str]]:
    """Version and sha256 sums of uv."""
    found = _PIN.search(text)
    if found is None:
        raise BootstrapError("bootstrap/requirements/uv.txt pins no uv.", exit_code=4)
    return found[1], frozenset(_HASH.findall(text))


def choose_wheel(names: Mapping[str, str], version: str) -> str | None:
    """The wheel of that version for this machine."""
    for name in sorted(names):
        parts = name.removesuffix(".whl").split("-")
        is_ours = name.endswith(".whl") and parts[:4] == ["uv", version, "py3", "none"]
        if is_ours and any(_fits(tag) for tag in parts[-1].split(".")):
            return name
    return None


def _fits(tag: str) -> bool:
    """Whether a platform tag is of this machine. The libc's version is not compared: uv asks for very old ones."""
    machine = platform.machine().lower()
    if struct.calcsize("P") == 4:
        machine = {"x86_64": "i686", "amd64": "i686", "aarch64": "armv7l"}.get(machine, machine)
    if sys.platform == "win32":
        return tag == {"amd64": "win_amd64", "arm64": "win_arm64", "i686": "win32"}.get(machine)
    if sys.platform == "darwin":
        return tag.startswith("macosx_") and tag.endswith(f"_{machine}")
    family = "manylinux" if libc() == "glibc" else "musllinux"
    return tag.startswith(family) and tag.endswith(f"_{_MACHINES.get(machine, machine)}")


def _program() -> str:
    return "uv.exe" if os.name == "nt" else "uv"


def _program_in(wheel: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(wheel)) as archive:
        for name in archive.namelist():
            if name.endswith(f".data/scripts/{_program()}"):
                return archive.read(name)
    raise BootstrapError("uv's wheel holds no program.", exit_code=4)


def install(uv: Path, requirements: Path, target: Path, home: Path, origin: Origin, env: Mapping[str, str]) -> None:
    """Install a locked set into a plain folder: wheels only, each by its hash.

    Args:
        uv: The folder with uv's program.
        requirements: The locked set.
        target: An empty folder.
        home: The private folder; for uv's cache, and what uv takes for a home.
        origin: Where wheels come from.
        env: The job's environment.

    Raises:
        BootstrapError: uv failed; with the end of what it said.
    """
    command = [
        *(str(uv / _program()), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--no-config", "--python", sys.executable, "--target", str(target), "--requirements", str(requirements)),
    ]
    surroundings = for_installer(env, home)
    if isinstance(origin, Wheelhouse):
        command += ["--offline", "--no-index", "--find-links", str(origin.folder)]
    try:
        done = subprocess.run(
            command, env=surroundings, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BootstrapError("uv cannot be run.", why=str(error), exit_code=3) from error
    if done.returncode:
        raise _failed(done.stderr.decode("utf-8", "replace"), offline=isinstance(origin, Wheelhouse))


def _failed(said: str, *, offline: bool) -> BootstrapError:
    # an index-url with a password stands in uv's environment, and uv masks it in what it prints
    why = "\n".join(said.strip().splitlines()[-12:])
    if "has no wheels with a matching" in said or "no usable wheels" in said or "no wheels are usable" in said:
        hint = "No wheel fits: use Linux (x64, arm64), macOS on arm64 or Windows x64, with CPython 3.10 to 3.14."
    elif offline:
        hint = "The wheelhouse lacks a locked file: build it for this platform and Python, from this release."
    else:
        hint = "Run the job again. Where PyPI cannot be reached, give `index-url` or `wheelhouse`."
    return BootstrapError("gitless's dependencies cannot be installed.", why=why, hint=hint, exit_code=3)

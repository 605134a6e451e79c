"""Make the wheelhouses of a release: `wheelhouse.py FOLDER [PLATFORM PYTHON]`, one zip file each.

Everything the actions install, for machines that reach no package index. All platforms are made on one machine: pip
takes wheels for others, but judges markers by the Python it runs under, so they are judged here. What pip downloads is
held against the hashes of the locks, here and once more by the bootstrap that unpacks it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import mac_platforms

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.house.version import declared

REPOSITORY = Path(__file__).resolve().parents[2]
PIP = REPOSITORY / ".cache" / "tools" / "bin" / "python"
LOCKS = tuple(REPOSITORY / "bootstrap" / "requirements" / f"{name}.txt" for name in ("platform", "uv"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
# zip cannot say an earlier day; what is inside is told apart by content alone
_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Platform:
    """A platform that the actions run on.

    Attributes:
        system: What markers call the system: `sys_platform`.
        name: What markers call it otherwise: `platform_system`.
        machine: What markers call the machine.
        tags: The wheels that it takes, as pip spells them.
    """

    system: str
    name: str
    machine: str
    tags: tuple[str, ...]

    def marker_environment(self, python: str) -> dict[str, str]:
        """What the markers of a lock are judged by.

        Args:
            python: Major and minor version.
        """
        return {
            "sys_platform": self.system,
            "platform_system": self.name,
            "platform_machine": self.machine,
            "os_name": "nt" if self.system == "win32" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": "",
        }


def _glibc(machine: str) -> tuple[str, ...]:
    """Glibc 2.28 (RHEL 8, Debian 10) is the oldest that cryptography's wheels take."""
    return (*(f"manylinux_2_{minor}_{machine}" for minor in range(28, 4, -1)), f"manylinux2014_{machine}")


def _musl(machine: str) -> tuple[str, ...]:
    return tuple(f"musllinux_1_{minor}_{machine}" for minor in (2, 1, 0))


PLATFORMS = {
    "linux-x64": Platform("linux", "Linux", "x86_64", _glibc("x86_64")),
    "linux-arm64": Platform("linux", "Linux", "aarch64", _glibc("aarch64")),
    "linux-musl-x64": Platform("linux", "Linux", "x86_64", _musl("x86_64")),
    "linux-musl-arm64": Platform("linux", "Linux", "aarch64", _musl("aarch64")),
    "macos-arm64": Platform("darwin", "Darwin", "arm64", tuple(mac_platforms((14, 0), "arm64"))),
    "windows-x64": Platform("win32", "Windows", "AMD64", ("win_amd64",)),
}


def requirements(locks: str, platform: Platform, python: str) -> str:
    """The pins that hold on one platform and Python, without markers and with all hashes.

    Args:
        locks: Locked sets, as uv exports them.
        platform: The platform.
        python: Major and minor version.
    """
    environment = platform.marker_environment(python)
    kept = []
    for pin, hashes in _pins(locks):
        requirement = Requirement(pin)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            kept.append(" ".join([f"{requirement.name}{requirement.specifier}", *hashes]))
    return "\n".join(kept) + "\n"


def _pins(locks: str) -> Iterator[tuple[str, list[str]]]:
    """Each pin with its hashes; a backslash goes on with the entry in the next line."""
    for line in locks.replace("\\\n", " ").splitlines():
        pin, *hashes = line.split(" --hash=")
        if pin.strip():
            yield pin.strip(), [f"--hash={each.strip()}" for each in hashes]


def download_command(wanted: Path, platform: Platform, python: str, target: Path) -> list[str]:
    """What fetches the wheels: pip, with hashes, wheels only, and for that platform instead of this one."""
    tags = [part for tag in platform.tags for part in ("--platform", tag)]
    short = python.replace(".", "")
    return [
        *(str(PIP), "-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python),
        *("--abi", f"cp{short}", "--abi", "abi3", "--abi", "none", *tags),
        *("--dest", str(target), "--requirement", str(wanted)),
    ]


def pack(folder: Path, target: Path) -> None:
    """Put the wheels of a folder into a zip file, the same bytes for the same wheels.

    Args:
        folder: The wheels.
        target: The zip file.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.glob("*.whl")):
            archive.writestr(zipfile.ZipInfo(path.name, _DAY), path.read_bytes())


def asset(version: str, platform: str, python: str) -> str:
    """The name of a wheelhouse among the assets of a release."""
    return f"gitless-wheelhouse-{version}-{platform}-py{python}.zip"


def make(folder: Path, platform: str, python: str) -> Path:
    """Download the wheels for one platform and Python, and pack them.

    Raises:
        subprocess.CalledProcessError: pip found no wheel, or another file than was locked.
    """
    locks = "\n".join(lock.read_text(encoding="utf-8") for lock in LOCKS)
    target = folder / asset(declared(), platform, python)
    with tempfile.TemporaryDirectory() as name:
        wanted, wheels = Path(name) / "requirements.txt", Path(name) / "wheels"
        wanted.write_text(requirements(locks, PLATFORMS[platform], python), encoding="utf-8")
        subprocess.run(download_command(wanted, PLATFORMS[platform], python, wheels), check=True)
        pack(wheels, target)
    return target


def main(arguments: list[str]) -> int:
    """Make all wheelhouses, or one; 2 for wrong usage."""
    chosen = [(platform, python) for platform in PLATFORMS for python in PYTHONS]
    if len(arguments) == 3:
        chosen = [each for each in chosen if list(each) == arguments[1:]]
    if len(arguments) not in (1, 3) or not chosen:
        print(f"usage: wheelhouse.py FOLDER [{'|'.join(PLATFORMS)} {'|'.join(PYTHONS)}]", file=sys.stderr)
        return 2
    Path(arguments[0]).mkdir(parents=True, exist_ok=True)
    for platform, python in chosen:
        print(make(Path(arguments[0]), platform, python).name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Which version this is, and which tags a release may have: `python3 tools/house/version.py check|moving TAG`.

Standard library only: the first job of a release runs it before anything is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLACES = {"pyproject.toml": r'^version = "([^"\n]+)"$', "src/gitless/__init__.py": r'^__version__ = "([^"\n]+)"$'}
_TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class VersionError(ValueError):
    """A tag or a version that no release may have."""


def declared(top: Path = REPOSITORY) -> str:
    """The version, once every file that names it says the same.

    Args:
        top: The repository.

    Raises:
        VersionError: A file names none, or two name different ones.
    """
    found = {}
    for name, pattern in PLACES.items():
        match = re.search(pattern, (top / name).read_text(encoding="utf-8"), re.MULTILINE)
        if match is None:
            raise VersionError(f"{name} names no version.")
        found[name] = match[1]
    if len(set(found.values())) > 1:
        said = ", ".join(f"{name} says {version}" for name, version in found.items())
        raise VersionError(f"The versions differ: {said}.")
    return found["pyproject.toml"]


def parse(tag: str) -> tuple[int, int, int]:
    """Major, minor and patch of the tag of a release.

    Raises:
        VersionError: It has another form: prereleases are not released, and `v1` is a tag that moves.
    """
    match = _TAG.fullmatch(tag)
    if match is None:
        raise VersionError(f"{tag!r} is not the tag of a release: vMAJOR.MINOR.PATCH, without leading zeros.")
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def check(tag: str, top: Path = REPOSITORY) -> str:
    """The version to release.

    Args:
        tag: The tag that started the release.
        top: The repository.

    Raises:
        VersionError: The tag is none of a release, or not this version's.
    """
    parse(tag)
    version = declared(top)
    if tag != f"v{version}":
        raise VersionError(f"The tag is {tag}, but the files say {version}: set the version, then tag that commit.")
    return version


def moving(tag: str, tags: Iterable[str]) -> str:
    """The moving tag that `tag` takes along, as v1; empty where a newer release of its major version exists.

    Args:
        tag: The tag just released.
        tags: All tags of the repository; those of other forms do not count.

    Raises:
        VersionError: The tag is none of a release.
    """
    released = parse(tag)
    others = (parse(other) for other in tags if _TAG.fullmatch(other))
    newer = any(other[0] == released[0] and other > released for other in others)
    return "" if newer else f"v{released[0]}"


def main(arguments: list[str]) -> int:
    """Print the version or the moving tag; 1 where there is none to release, 2 for wrong usage."""
    if len(arguments) != 2 or arguments[0] not in ("check", "moving"):
        print("usage: version.py check|moving TAG", file=sys.stderr)
        return 2
    verb, tag = arguments
    try:
        print(check(tag) if verb == "check" else moving(tag, _tags()))
    except VersionError as error:
        print(f"version: {error}", file=sys.stderr)
        return 1
    return 0


def _tags() -> list[str]:
    done = subprocess.run(["git", "tag", "--list"], cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The images that ours is made from, in image/base.txt: `python3 tools/house/base_image.py NAME` prints one of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

BASES = Path(__file__).resolve().parents[2] / "image" / "base.txt"
_IMAGE = r"[a-z0-9.-]+\.[a-z]+(?:/[a-z0-9._-]+)+:(?P<tag>[\w.-]+)@sha256:[0-9a-f]{64}"
_LINE = re.compile(rf"(?P<name>[A-Z]+) (?P<image>{_IMAGE})")


def base_images(text: str) -> dict[str, str]:
    """Every image by the name of its build argument: host, repository, tag for people, digest for the build.

    Args:
        text: The file; lines that begin with # are comments.

    Raises:
        ValueError: A line is not of that form, has no digest or a tag that says no version, or names a thing again.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or match["tag"] == "latest" or match["name"] in found:
            raise ValueError(f"{line!r} is not NAME HOST/REPOSITORY:VERSION@sha256:DIGEST, each name once.")
        found[match["name"]] = match["image"]
    return found


def main(arguments: list[str]) -> int:
    """Print the image of that name; 1 where there is none to build on, 2 for wrong usage."""
    if len(arguments) != 1:
        print("usage: base_image.py NAME", file=sys.stderr)
        return 2
    try:
        print(base_images(BASES.read_text(encoding="utf-8"))[arguments[0]])
    except ValueError as error:
        print(f"image/base.txt: {error}", file=sys.stderr)
        return 1
    except KeyError:
        print(f"image/base.txt: it names no {arguments[0]}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

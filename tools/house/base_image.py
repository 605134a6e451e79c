"""The image that ours is built on, from image/base.txt: `python3 tools/house/base_image.py` prints it, or refuses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parents[2] / "image" / "base.txt"
_PINNED = re.compile(r"[a-z0-9.-]+\.[a-z]+(?:/[a-z0-9._-]+)+:[\w.-]+@sha256:[0-9a-f]{64}")


def base_image(text: str) -> str:
    """The one reference in the file, whole: host, repository, tag for people, digest for the build.

    Args:
        text: The file; lines that begin with # are comments.

    Raises:
        ValueError: It holds none, more than one, or one without a digest.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1:
        raise ValueError(f"It must name one image, and names {len(lines)}.")
    if not _PINNED.fullmatch(lines[0]) or ":latest@" in lines[0]:
        raise ValueError(f"{lines[0]!r} is not HOST/REPOSITORY:TAG@sha256:DIGEST with a tag that says a version.")
    return lines[0]


def main() -> int:
    """Print the reference; 1 where there is none to build on."""
    try:
        print(base_image(BASE.read_text(encoding="utf-8")))
    except ValueError as error:
        print(f"image/base.txt: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a release says of itself: its section of CHANGELOG.md, by `python3 tools/house/notes.py VERSION`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_HEADING = re.compile(r"^## \[([^\]\n]+)\].*$", re.MULTILINE)


def notes(changelog: str, version: str) -> str:
    """The section of a version, without its heading; empty where there is none or nothing in it.

    Args:
        changelog: The whole file, in the form of Keep a Changelog.
        version: The version, without `v`.
    """
    headings = list(_HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading[1] == version:
            end = following.start() if following else len(changelog)
            return changelog[heading.end() : end].strip()
    return ""


def main(arguments: list[str]) -> int:
    """Print the section; 1 where there is none, 2 for wrong usage."""
    if len(arguments) != 1:
        print("usage: notes.py VERSION", file=sys.stderr)
        return 2
    text = notes((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"), arguments[0])
    if not text:
        print(f"notes: CHANGELOG.md has no section ## [{arguments[0]}] with text in it.", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

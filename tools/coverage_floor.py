"""Hold every pure room to its floor of covered lines and branches, read from coverage's JSON report."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

FLOOR = 95.0
ROOMS = (
    "config",
    "artifact",
    "checks",
    "sbom",
    "provenance",
    "identity",
    "verification",
    "promotion",
    "report",
    "kube",
    "model",
)


def _share(covered: int, total: int) -> float:
    return 100.0 * covered / total if total else 100.0


def _rooms(report: dict) -> dict[str, list[int]]:
    """For each pure room: covered lines, lines, covered branches, branches."""
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for path, file in report["files"].items():
        parts = PurePosixPath(path).parts
        room = parts[parts.index("gitless") + 1] if "gitless" in parts else ""
        if room in ROOMS:
            summary = file["summary"]
            names = ("covered_lines", "num_statements", "covered_branches", "num_branches")
            rooms[room] = [had + summary[name] for had, name in zip(rooms[room], names, strict=True)]
    return rooms


def main(path: str) -> int:
    """Print one row for each room; 1 when a room is below the floor, or is not in the report at all."""
    rooms = _rooms(json.loads(Path(path).read_text()))
    bad = []
    print(f"{'room':<14} {'lines':>8} {'branches':>9}   floor {FLOOR:.0f} %")
    for room in ROOMS:
        covered_lines, lines, covered_branches, branches = rooms.get(room, [0, 0, 0, 0])
        shares = _share(covered_lines, lines), _share(covered_branches, branches)
        low = min(shares) < FLOOR or room not in rooms
        bad += [room] if low else []
        print(f"{room:<14} {shares[0]:>7.1f}% {shares[1]:>8.1f}%{'   below' if low else ''}")
    if bad:
        print(f"coverage: below the floor: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

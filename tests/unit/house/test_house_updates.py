"""Dependabot looks at every lock there is, and waits before it takes anything new."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
UPDATES: list[dict[str, Any]] = yaml.safe_load((REPOSITORY / ".github" / "dependabot.yml").read_text())["updates"]
LOCKS = {
    "uv": ["uv.lock"],
    "pip": ["bootstrap/requirements/uv.txt", "tools/*/requirements.txt", "tools/house/build.txt"],
    "npm": ["tools/**/package-lock.json"],
    "gomod": ["tools/**/go.mod"],
    "github-actions": [".github/workflows/*.yml", "examples/*/.github/workflows/*.y*ml"],
}


def folders(ecosystem: str) -> list[str]:
    entries = [entry for entry in UPDATES if entry["package-ecosystem"] == ecosystem]
    return [folder for entry in entries for folder in entry.get("directories", [entry.get("directory")])]


def is_looked_at(ecosystem: str, lock: Path) -> bool:
    # for GitHub's actions the folder is the one that .github is in
    top = lock.parents[2] if ecosystem == "github-actions" else lock.parent
    here = f"/{top.relative_to(REPOSITORY).as_posix()}".rstrip(".") or "/"
    return any(fnmatch(here, pattern) for pattern in folders(ecosystem))


def test_every_lock_is_looked_at() -> None:
    for ecosystem, patterns in LOCKS.items():
        locks = [path for pattern in patterns for path in REPOSITORY.glob(pattern) if "node_modules" not in path.parts]
        assert locks, ecosystem
        assert [path.name for path in locks if not is_looked_at(ecosystem, path)] == []


def test_a_lock_in_another_folder_would_be_found() -> None:
    assert not is_looked_at("npm", REPOSITORY / "docs" / "package-lock.json")
    assert not is_looked_at("gomod", REPOSITORY / "go.mod")


def test_nothing_new_is_taken_at_once() -> None:
    assert [entry["package-ecosystem"] for entry in UPDATES if entry["cooldown"]["default-days"] < 14] == []


def test_sets_that_are_made_from_the_lock_are_not_touched_beside_it() -> None:
    (ours,) = [entry for entry in UPDATES if entry.get("directory") == "/bootstrap/requirements"]
    assert ours["allow"] == [{"dependency-name": "uv"}]

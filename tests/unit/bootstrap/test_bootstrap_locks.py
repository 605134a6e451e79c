"""The locked sets are those of uv.lock, and hold a hash for everything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SETS = sorted(path for path in (REPOSITORY / "bootstrap" / "requirements").glob("*.txt"))
_NAMED = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def read(path: Path) -> set[tuple[str, str]]:
    return set(_NAMED.findall(path.read_text()))


def locked() -> dict[tuple[str, str], str]:
    packages = (REPOSITORY / "uv.lock").read_text().split("[[package]]\n")[1:]
    found = {}
    for text in packages:
        name, version = (re.search(rf'^{key} = "([^"]+)"$', text, re.MULTILINE) for key in ("name", "version"))
        if name and version:
            found[name[1], version[1]] = text
    return found


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_everything_has_a_hash_and_nothing_else_is_asked_for(path: Path) -> None:
    for entry in re.split(r"\n(?=\S)", path.read_text().strip()):
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", entry), entry[:80]


@pytest.mark.parametrize("name", ["publish", "report"])
def test_every_version_and_hash_is_the_locks(name: str) -> None:
    lock = locked()
    text = (REPOSITORY / "bootstrap" / "requirements" / f"{name}.txt").read_text()
    for entry in re.split(r"\n(?=\S)", text.strip()):
        match = _NAMED.match(entry)
        assert match
        for digest in re.findall(r"sha256:([0-9a-f]{64})", entry):
            assert digest in lock[match[1], match[2]], "run `make lock`"


def test_a_larger_set_holds_the_smaller_one() -> None:
    folder = REPOSITORY / "bootstrap" / "requirements"
    assert read(folder / "report.txt") < read(folder / "publish.txt")


def test_the_packages_of_a_set_follow_from_the_project() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    direct = set(re.findall(r'^  "([a-z0-9-]+)[>=<]', text.split("[project.optional-dependencies]")[0], re.MULTILINE))
    publish = {name for name, _ in read(REPOSITORY / "bootstrap" / "requirements" / "publish.txt")}
    assert direct - publish == {"pygithub", "python-gitlab"}

"""docs/verification.md names every check there is."""

from __future__ import annotations

import re
from pathlib import Path

from tools.docs import REPOSITORY

from gitless.verification.judge import POLICIES

_HOUSE = REPOSITORY / "src" / "gitless"
SOURCES = sorted([*(_HOUSE / "verification").glob("*.py"), _HOUSE / "flows" / "verify_records.py"])
PAGE = (REPOSITORY / "docs" / "verification.md").read_text(encoding="utf-8")
CHECK = re.compile(r"[\"'](bundle|strict|\{policy\})\.(\d+-[a-z-]+|4-\{)")
WORDS = ("signature", "sbom", "provenance")


def checks(source: Path) -> set[str]:
    """The names that the code can give; `{policy}` stands for each policy, `{word…}` for each kind of evidence."""
    found = set()
    for room, name in CHECK.findall(source.read_text(encoding="utf-8")):
        rooms = POLICIES if room == "{policy}" else (room,)
        names = [f"4-{word}" for word in WORDS] if name == "4-{" else [name]
        # Flux does not look at the kinds of evidence
        found |= {f"{each}.{one}" for each in rooms for one in names if not (each == "flux" and one.startswith("4-"))}
    return found


def test_every_check_is_on_the_page() -> None:
    known = set().union(*map(checks, SOURCES))
    assert {"bundle.5-log", "flux.2-signature", "cosign.4-sbom", "strict.10-identity"} <= known
    assert sorted(name for name in known if f"`{name}`" not in PAGE) == []


def test_the_page_names_no_check_that_is_not() -> None:
    known = set().union(*map(checks, SOURCES))
    assert sorted(set(re.findall(r"`((?:bundle|flux|cosign|strict)\.\d+-[a-z-]+)`", PAGE)) - known) == []

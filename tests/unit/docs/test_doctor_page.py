"""docs/doctor.md tells of every row that doctor can show, and of no other."""

from __future__ import annotations

import re

from tools.docs import REPOSITORY

SOURCE = (REPOSITORY / "src/gitless/wiring/doctor.py").read_text(encoding="utf-8")
PAGE = (REPOSITORY / "docs/doctor.md").read_text(encoding="utf-8")
TOOLS = {"helm", "kustomize"}


def test_every_row_is_on_the_page() -> None:
    made = set(re.findall(r"Probe\(\s*\"([a-z-]+)\"", SOURCE)) | TOOLS
    cells = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`([a-z-]+)`", cell)}
    assert {"job", "registry-write", "trust-root"} <= made
    assert told == made

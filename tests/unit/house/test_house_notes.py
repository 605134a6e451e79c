"""What a release says of itself."""

from __future__ import annotations

import pytest
from tools.house.notes import main, notes

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added
- something

## [1.1.0] - 2026-12-01

### Added

- b, see [1.0.0]

## [1.0.0] - 2026-11-30

- a
"""


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.1.0", "### Added\n\n- b, see [1.0.0]"),
        ("1.0.0", "- a"),
        ("1.0", ""),
        ("0.9.0", ""),
        ("Unreleased", "### Added\n- something"),
    ],
)
def test_a_version_has_its_own_section(version: str, text: str) -> None:
    assert notes(CHANGELOG, version) == text


def test_a_version_without_a_section_stops_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["99.0.0"]) == 1
    assert capsys.readouterr().err == "notes: CHANGELOG.md has no section ## [99.0.0] with text in it.\n"
    assert main([]) == 2


def test_this_changelog_is_read() -> None:
    assert main(["Unreleased"]) == 0

"""The messages of a first hour, as whole text, and each of them in the troubleshooting page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.cli.first_hour import STORIES, told

PAGE = Path(__file__).resolve().parents[3] / "docs" / "troubleshooting.md"
TEXTS = Path(__file__).with_name("first_hour.txt").read_text(encoding="utf-8")
_SECTION = re.compile(r"^## (.+): exit code (\d)\n((?:(?!## ).*\n)+?)(?=\n## |\Z)", re.MULTILINE)
MESSAGES = {name: (int(code), text) for name, code, text in _SECTION.findall(TEXTS)}
"""Exit code and stderr of each story; what stands in capitals there differs from run to run."""


def headings() -> list[re.Pattern[str]]:
    """The page's headings as patterns, sentence by sentence: `…` is any text."""
    found = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    whole = [sentence for line in found for sentence in (line, *re.split(r"(?<=\.) (?=[A-Zw…])", line))]
    return [re.compile(".+".join(map(re.escape, text.removesuffix(".").split("…"))) + r"\.?") for text in whole]


def what(text: str) -> str:
    """What happened: the error's first line."""
    (line,) = re.findall(r"^ *gitless: (.+)$", text, re.MULTILINE)
    return str(line)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_the_first_hour(tmp_path: Path, name: str) -> None:
    done = STORIES[name](tmp_path)
    assert (done.returncode, told(done, tmp_path)) == MESSAGES[name]
    assert done.stdout == ""


def test_every_story_has_its_message() -> None:
    assert set(MESSAGES) == set(STORIES)


@pytest.mark.parametrize("name", MESSAGES)
def test_the_page_has_it(name: str) -> None:
    line = what(MESSAGES[name][1])
    assert any(heading.fullmatch(line) for heading in headings()), line


@pytest.mark.parametrize("name", MESSAGES)
def test_it_says_why_or_what_to_do(name: str) -> None:
    lines = MESSAGES[name][1].rstrip("\n").split("\n")
    start = next(number for number, line in enumerate(lines) if line.lstrip().startswith("gitless: "))
    assert len(lines) > start + 1

"""The pages people read: made from the code where they can be, and without links into nothing."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tools.docs import PAGES, REPOSITORY, document_cli, main, stale, write

from gitless.cli.main import cli

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
PROSE = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
READ = [*PROSE, *sorted((REPOSITORY / "docs").rglob("*.md"))]


def links(page: Path) -> list[str]:
    targets = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return [target for target in targets if not urlsplit(target).scheme]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    found = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            found.append(target)
    return found


def test_no_generated_page_is_stale() -> None:
    assert stale() == [], "run `make docs` and commit what it writes"


@pytest.mark.parametrize("page", READ, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_into_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](gone.md) [b](#one) [c](#two) [d](https://x.example/y)\n```\n[e](code.md)\n```\n")
    assert broken(page) == ["gone.md", "#two"]


def test_every_page_is_in_the_index() -> None:
    docs = REPOSITORY / "docs"
    listed = {(docs / target.partition("#")[0]).resolve() for target in links(docs / "README.md")}
    assert {page.resolve() for page in docs.glob("*.md") if page.name != "README.md"} <= listed


def test_every_decision_is_in_its_index_and_has_a_number_of_its_own() -> None:
    folder = REPOSITORY / "docs/decisions"
    names = sorted(page.name for page in folder.glob("[0-9]*.md"))
    assert sorted(set(links(folder / "README.md"))) == names
    assert len({name[:4] for name in names}) == len(names)


def test_the_command_line_page_names_every_option() -> None:
    page = document_cli()
    for name, command in cli.commands.items():
        section = page.partition(f"## gitless {name}\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            options = [option for option in parameter.opts if option.startswith("-")]
            assert all(option in section for option in options), (name, options)


def test_a_stale_page_is_named_and_written_anew(tmp_path: Path) -> None:
    pages = {"docs/one.md": lambda: "new\n", "two.md": lambda: "same\n"}
    (tmp_path / "two.md").write_text("same\n")
    assert stale(pages, tmp_path) == ["docs/one.md"]
    assert write(pages, tmp_path) == ["docs/one.md"]
    assert (tmp_path / "docs/one.md").read_text() == "new\n"
    assert stale(pages, tmp_path) == []


def test_the_tool_says_what_is_stale(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--check"]) == 0
    monkeypatch.setitem(PAGES, "docs/reference/cli.md", lambda: "other")
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: docs/reference/cli.md\n"
    assert main(["--wrong"]) == 2


def test_every_error_that_is_explained_is_one_that_the_code_raises() -> None:
    files = [*(REPOSITORY / "src/gitless").rglob("*.py"), *(REPOSITORY / "bootstrap").glob("*.[ps][yh]")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    page = (REPOSITORY / "docs/troubleshooting.md").read_text(encoding="utf-8")
    headings = [heading.partition(". with")[0] for heading in re.findall(r"^### (.*)$", page, re.MULTILINE)]
    assert len(headings) > 20
    for heading in headings:
        pieces = [piece.strip(" .:") for piece in heading.split("…")]
        assert [piece for piece in pieces if piece and piece not in code] == [], heading

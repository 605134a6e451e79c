"""Write the pages that are made from the code, or say which of them are stale: `python tools/docs.py [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from gitless.cli.main import cli
from gitless.config.document import document_configuration, schema_text
from gitless.config.schema import SCHEMA_FILE

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.action_pages import pages as action_pages
from tools.gitlab_pages import pages as component_pages

REPOSITORY = Path(__file__).resolve().parents[1]
_INTRO = """This page is made from the commands themselves by `make docs`; change the command, not the page.
What the verbs do is told in [Publishing](../publishing.md), [Promotion](../promotion.md),
[Verification](../verification.md), [History](../history.md) and [Audit](../audit.md)."""


def document_cli() -> str:
    """The command line as Markdown: the verbs, their arguments and options."""
    root = click.Context(cli, info_name="gitless", help_option_names=cli.context_settings["help_option_names"])
    lines = ["# Command line", "", _INTRO, "", _described(cli)]
    commands = {name: cli.get_command(root, name) for name in sorted(cli.list_commands(root))}
    for name, command in commands.items():
        if command.hidden:
            continue
        lines += ["", f"## gitless {name}", "", *_command(click.Context(command, info_name=name, parent=root))]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/cli.md": document_cli,
    "docs/configuration.md": document_configuration,
    f"src/gitless/config/{SCHEMA_FILE}": schema_text,
    **action_pages(),
    **component_pages(),
}


def stale(pages: Mapping[str, Callable[[], str]] = PAGES, top: Path = REPOSITORY) -> list[str]:
    """Name the pages that are missing or hold something else than the code says."""
    return [name for name, page in pages.items() if _read(top / name) != page()]


def write(pages: Mapping[str, Callable[[], str]] = PAGES, top: Path = REPOSITORY) -> list[str]:
    """Write the stale pages anew and name them."""
    names = stale(pages, top)
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(pages[name](), encoding="utf-8")
    return names


def _command(context: click.Context) -> Iterator[str]:
    usage = " ".join(context.command.collect_usage_pieces(context))
    yield from ("```", f"{context.command_path} {usage}", "```", "", _described(context.command), "")
    yield from ("| option | meaning |", "|---|---|")
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option):
            # a bar would end the table's cell, inside code as well
            names, meaning = (" ".join(text.split()).replace("|", "\\|") for text in record)
            yield f"| `{names}` | {meaning} |"


def _described(command: click.Command) -> str:
    paragraphs = (" ".join(text.split()) for text in (command.help or "").split("\n\n"))
    return "\n\n".join(paragraphs)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: list[str]) -> int:
    """Run; exit code 1 when `--check` finds a stale page, 2 for wrong usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python tools/docs.py [--check]", file=sys.stderr)
        return 2
    names = stale() if arguments else write()
    word = "stale" if arguments else "written"
    for name in names:
        print(f"{word}: {name}")
    if arguments and names:
        print("Run `make docs` and commit what it writes.", file=sys.stderr)
    return int(bool(arguments and names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

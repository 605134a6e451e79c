"""Where results go: people read stderr, scripts read exactly one JSON document on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile
from traceback import extract_tb
from typing import Any

import click

from gitless.errors import GitlessError, UsageError
from gitless.report.foreign import one_line
from gitless.report.record import error_record, to_json
from gitless.report.terminal import error_lines


def show(lines: Iterable[str]) -> None:
    """Print lines for people; in colour where stderr is a terminal."""
    if not sys.stderr.isatty():
        for line in lines:
            click.echo(line, err=True)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line, style=_style(line)))


def print_json(record: dict[str, Any]) -> None:
    """Print the one JSON document.

    Raises:
        UsageError: Standard output cannot be written.
    """
    print_text(to_json(record))


def print_text(text: str) -> None:
    """Print a document on standard output.

    Raises:
        UsageError: Standard output cannot be written.
    """
    try:
        click.echo(text)
    except OSError as error:
        # what is still buffered would fail once more, at exit and outside of every handler
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError("Standard output cannot be written.", why=error.strerror or "") from error


def report_error(error: GitlessError) -> None:
    """Print an error for people."""
    show(error_lines(error))


def report_trace(error: BaseException) -> None:
    """Print where an error came from, for `--debug`: types and places, and no text but that of our own errors.

    Texts of other exceptions may hold what the other side sent, tokens included.
    """
    seen: BaseException | None = error
    while seen is not None:
        text = f": {seen.what}" if isinstance(seen, GitlessError) else ""
        places = [f"  at {frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(seen.__traceback__)]
        show([f"debug: {type(seen).__module__}.{type(seen).__qualname__}{one_line(text)}", *places])
        seen = seen.__cause__ or seen.__context__


def is_debug(arguments: Sequence[str]) -> bool:
    """Whether places of errors are asked for: `gitless --debug VERB`, or GITLESS_DEBUG=1."""
    before_verb = takewhile(lambda argument: argument.startswith("-"), arguments)
    return "--debug" in before_verb or os.environ.get("GITLESS_DEBUG") == "1"


def fail(verb: str, error: GitlessError, *, as_json: bool, debug: bool = False) -> int:
    """Print an error for people and, where asked for, as JSON; returns its exit code."""
    report_error(error)
    if debug:
        report_trace(error)
    if as_json:
        with suppress(UsageError):  # the error is on stderr, and stays the one that counts
            print_json(error_record(verb, error))
    return error.exit_code


def _style(line: str) -> str:
    word = line.strip().split(" ", 1)[0]
    if word in ("failed", "NO", "NOT", "gitless:"):
        return "red"
    return "green" if word in ("published", "healed", "verified:", "ok") else ""

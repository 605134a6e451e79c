"""Where results go: people read stderr, scripts read exactly one JSON document on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import click

from gitless.errors import GitlessError, UsageError
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
    try:
        click.echo(to_json(record))
    except OSError as error:
        # what is still buffered would fail once more, at exit and outside of every handler
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError("Standard output cannot be written.", why=error.strerror or "") from error


def report_error(error: GitlessError) -> None:
    """Print an error for people."""
    show(error_lines(error))


def fail(verb: str, error: GitlessError, *, as_json: bool) -> int:
    """Print an error for people and, where asked for, as JSON; returns its exit code."""
    report_error(error)
    if as_json:
        with suppress(UsageError):  # the error is on stderr, and stays the one that counts
            print_json(error_record(verb, error))
    return error.exit_code


def _style(line: str) -> str:
    word = line.strip().split(" ", 1)[0]
    if word in ("failed", "NO", "NOT", "gitless:"):
        return "red"
    return "green" if word in ("published", "healed", "verified:", "ok") else ""

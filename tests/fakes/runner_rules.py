"""GitHub's runner, as far as text can fool it: which commands of a log it obeys, and which outputs it reads from a file.

Written after actions/runner: commands begin a line, behind white space too, and are obeyed unless stop-commands is on.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^\s*::([a-z-]+)(?: ([^:]*))?::(.*)$")
_OLD = re.compile(r"^\s*##\[([a-z-]+)")
_HEREDOC = re.compile(r"^([^=]*?)<<(.+)$")


def obeyed(log: str) -> list[tuple[str, str]]:
    """The commands of a log that the runner carries out: name and message."""
    found: list[tuple[str, str]] = []
    stopped = ""
    for line in re.split(r"\r\n|\n|\r", log):
        if stopped:
            if line.strip() == f"::{stopped}::":
                stopped = ""
            continue
        if old := _OLD.match(line):
            found.append((old[1], line))
        elif match := _COMMAND.match(line):
            if match[1] == "stop-commands":
                stopped = match[3]
            else:
                found.append((match[1], match[3]))
    assert not stopped, "the runner was left deaf"
    return found


def outputs(text: str) -> dict[str, str]:
    """The outputs in GITHUB_OUTPUT; fails as the runner does."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        match = _HEREDOC.match(line)
        assert match, f"not a file command: {line!r}"
        value: list[str] = []
        for part in lines:
            if part == match[2]:
                break
            value.append(part)
        else:
            raise AssertionError("Matching delimiter not found")
        found[match[1]] = "\n".join(value)
    return found

"""The verb `setup`: puts a program named gitless on the PATH of a GitHub job, and tells its path and version."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from bootstrap.commands import BootstrapError
from bootstrap.place import Place

HERE = Path(__file__).resolve().parent
_VERSION = re.compile(r'^__version__ = "([^"\n]+)"$', re.MULTILINE)


def set_up(place: Place, site: Path, env: Mapping[str, str]) -> Path:
    """Write the program, and name its folder in GITHUB_PATH: the one action that does so, as it is its purpose.

    Args:
        place: The private folder.
        site: The packages.
        env: The job's environment.

    Returns:
        The program.

    Raises:
        BootstrapError: One of the platform's files cannot be written.
    """
    program = place.once(f"bin-{site.name}", lambda folder: _write(folder, site)) / _name()
    version = _VERSION.search((HERE.parent / "src" / "gitless" / "__init__.py").read_text(encoding="utf-8"))
    _append(env.get("GITHUB_PATH", ""), f"{program.parent}\n")
    entries = {"path": str(program), "version": version[1] if version else ""}
    for name, value in entries.items():
        end = secrets.token_hex(16)
        _append(env.get("GITHUB_OUTPUT", ""), f"{name}<<{end}\n{value}\n{end}\n")
    return program


def _name() -> str:
    return "gitless.cmd" if os.name == "nt" else "gitless"


def _write(folder: Path, site: Path) -> None:
    words = [sys.executable, "-I", "-S", str(HERE / "launch.py"), str(site)]
    if os.name == "nt":
        text = "@" + " ".join(f'"{word}"' for word in words) + " %*\r\n"
    else:
        text = f'#!/bin/sh\nexec {" ".join(map(shlex.quote, words))} "$@"\n'
    program = folder / _name()
    program.write_text(text, encoding="utf-8", newline="")
    program.chmod(0o700)


def _append(target: str, text: str) -> None:
    if not target:
        return
    try:
        with Path(target).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise BootstrapError(f"{target!r} cannot be written.", why=error.strerror or "") from error

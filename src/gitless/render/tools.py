"""Finds renderers on PATH, asks them for their version once, and holds them to the `tools:` pins."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitless.errors import UsageError
from gitless.model.redaction import redact
from gitless.model.rendering import ToolUse
from gitless.render.command import clean_environment, run

ToolName = Literal["helm", "kustomize"]
_PROBE_SECONDS = 20.0
_VERSION = re.compile(r"v?([0-9]{1,5}(?:\.[0-9]{1,5}){1,2}(?:[-+][0-9A-Za-z.+-]{1,60})?)")
_KUBECTL_KUSTOMIZE = re.compile(r"^Kustomize Version: (\S+)$", re.MULTILINE)
_PIN = re.compile(r"v?[0-9]{1,5}(\.([0-9]{1,5}|x|\*)){0,2}")
_INSTALL = {
    "helm": "Install Helm (https://helm.sh/docs/intro/install/) and put it on PATH.",
    "kustomize": "Install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl "
    "and put it on PATH.",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A renderer that was found and asked.

    Attributes:
        argv: How its build command begins, absolute path first.
        use: What provenance says about it.
    """

    argv: tuple[str, ...]
    use: ToolUse


@dataclass(frozen=True, slots=True)
class _Candidate:
    program: str
    build: tuple[str, ...]
    ask: tuple[str, ...]
    read: Callable[[str], str]


_CANDIDATES: dict[ToolName, tuple[_Candidate, ...]] = {
    "helm": (_Candidate("helm", ("template",), ("version", "--template", "{{.Version}}"), str.strip),),
    "kustomize": (
        _Candidate("kustomize", ("build",), ("version",), str.strip),
        _Candidate(
            "kubectl",
            ("kustomize",),
            ("version", "--client"),
            lambda text: (_KUBECTL_KUSTOMIZE.search(text) or ["", ""])[1],
        ),
    ),
}


class Toolbox:
    """The renderers of this machine. One per process: each is looked up and asked for its version once.

    Args:
        env: The environment; only PATH is read.
        pins: `tools:` of gitless.yaml, such as `{"helm": "3.22.x"}`.
    """

    def __init__(self, env: Mapping[str, str], pins: Mapping[str, str]) -> None:
        self.path = _absolute_only(env.get("PATH", ""))
        self._pins = dict(pins)
        self._found: dict[ToolName, Tool | None] = {}
        self._lock = threading.Lock()

    def has(self, name: ToolName) -> bool:
        """Whether the renderer is installed; the version pin is not asked for."""
        return self._lookup(name) is not None

    def find(self, name: ToolName) -> str:
        """The path of the program that would render; it is not started, and its version stays unknown.

        Raises:
            UsageError: It is missing.
        """
        found = next(filter(None, (self._which(candidate) for candidate in _CANDIDATES[name])), None)
        if found is None:
            raise _missing(name)
        return found

    def get(self, name: ToolName) -> Tool:
        """Return a renderer that satisfies its pin.

        Raises:
            UsageError: It is missing, does not tell its version, or has another one than pinned.
        """
        tool = self._lookup(name)
        if tool is None:
            raise _missing(name)
        pin = self._pins.get(name)
        if pin is not None and not satisfies(tool.use.version, pin):
            raise UsageError(
                f"{name} is {tool.use.version}, but gitless.yaml asks for {pin}.",
                why=f"What renders decides the bytes; {tool.use.program} on PATH is of another version.",
                hint=f"Install {name} {pin}, or change `tools: {{{name}: …}}` and publish again.",
            )
        return tool

    def _lookup(self, name: ToolName) -> Tool | None:
        with self._lock:
            if name not in self._found:
                self._found[name] = next(filter(None, (self._probe(name, c) for c in _CANDIDATES[name])), None)
            return self._found[name]

    def _which(self, candidate: _Candidate) -> str | None:
        return shutil.which(candidate.program, path=self.path) if self.path else None

    def _probe(self, name: ToolName, candidate: _Candidate) -> Tool | None:
        program = self._which(candidate)
        if program is None:
            return None
        with tempfile.TemporaryDirectory(prefix="gitless-probe-") as home:
            done = run(
                (program, *candidate.ask),
                folder=Path(home),
                environment=clean_environment(self.path, Path(home)),
                timeout=_PROBE_SECONDS,
                max_output=_CHUNK,
            )
        version = _VERSION.fullmatch(candidate.read(done.output.decode("utf-8", "replace")))
        if done.status or not version:
            raise UsageError(
                f"{candidate.program} does not say which version it is.",
                why=redact(done.messages, 500) or "It printed no version.",
                hint=_INSTALL[name],
            )
        use = ToolUse(name, version[1], candidate.program, _file_digest(program))
        return Tool((program, *candidate.build), use)


_CHUNK = 1024 * 1024


def _missing(name: ToolName) -> UsageError:
    return UsageError(
        f"{name} is needed to render and is not installed.",
        why="Neither kustomize nor kubectl is on PATH." if name == "kustomize" else "It is not on PATH.",
        hint=_INSTALL[name],
    )


def satisfies(version: str, pin: str) -> bool:
    """Whether a version is within a pin: `3.22.1` exactly, `3.22.x` or `3.22` any patch, `3.x` any minor.

    Raises:
        UsageError: The pin is no version.
    """
    if not _PIN.fullmatch(pin):
        raise UsageError(f"Not a version pin: {pin[:60]!r}", hint="Write it as 3.22.1, 3.22.x or 3.x.")
    have = re.split(r"[-+]", version)[0].split(".")
    want = pin.removeprefix("v").split(".")
    for position, part in enumerate(want):
        if part not in ("x", "*") and (position >= len(have) or int(have[position]) != int(part)):
            return False
    return True


def _absolute_only(path: str) -> str:
    # a relative or empty entry would be looked up in the foreign checkout that we run in
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if os.path.isabs(entry))


def _file_digest(program: str) -> str:
    digest = hashlib.sha256()
    with open(program, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

"""Time, memory and failure of one command line, and rows that are held against a bar."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One finished command: wall seconds, peak resident megabytes, and what it printed on stdout."""

    seconds: float
    megabytes: float
    output: bytes


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, against what, and the bar it must not pass."""

    what: str
    ours: float
    bar: float
    unit: str = ""
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the bar is kept."""
        return self.ours <= self.bar


def run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> Run:
    """Run one command.

    Raises:
        SystemExit: It failed: then there is nothing to compare.
    """
    arguments = [str(part) for part in command]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            arguments, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().decode(errors="replace")[-3000:]
            raise SystemExit(f"benchmark: {' '.join(arguments)}: exit code {process.returncode}\n{said}")
        return Run(seconds, usage.ru_maxrss / 1024, output.read())


def median(times: int, measure: Callable[[], float]) -> float:
    """The median of several measurements."""
    return statistics.median(measure() for _ in range(times))


def table(rows: Sequence[Row]) -> str:
    """The rows as text, the missed bars marked."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'':<{width}} {'measured':>12} {'bar':>10}"]
    for row in rows:
        mark = "" if row.ok else "  MISSED"
        lines.append(
            f"{row.what:<{width}} {row.ours:>9.2f} {row.unit:<2} {row.bar:>7.2f} {row.unit:<2} {row.detail}{mark}"
        )
    return "\n".join(lines)

"""Measure the cold start of the actions against `python -m venv` and `pip install` of the same packages, in one run.

Needs a package index; INDEX_URL as for pip. Prints a table with the bar of every figure and ends with code 1 when one
is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Row, run, table

REPOSITORY = Path(__file__).resolve().parents[1]
START = ("sh", REPOSITORY / "bootstrap" / "run.sh")
CASES = (("publish", "publish", 0.25, 3.0), ("report", "verify", 0.15, 1.5))
"""Locked set, a verb that needs it, the bar as a ratio, and the seconds of an ordinary runner."""
_NETWORK = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "NO_PROXY", "PIP_CERT")


def environment(home: Path) -> dict[str, str]:
    """A job's environment with an empty home and nothing cached."""
    kept = {name: value for name, value in os.environ.items() if name in _NETWORK}
    index = os.environ.get("INDEX_URL", "")
    given = {"GITLESS_INDEX_URL": index, "PIP_INDEX_URL": index} if index else {}
    return {**kept, **given, "PATH": os.environ["PATH"], "HOME": str(home), "RUNNER_TEMP": str(home / "runner")}


def cold(verb: str, env: Mapping[str, str], home: Path) -> tuple[float, float]:
    """Seconds from nothing to the core running, and of the step after it."""
    first = run([*START, verb, "--help"], home, env).seconds
    # the best of five: what the machine does beside it is not ours
    return first, min(run([*START, verb, "--help"], home, env).seconds for _ in range(5))


def usual(name: str, env: Mapping[str, str], home: Path) -> float:
    """Seconds of a virtual environment with pip, and of pip's installation of the same locked set."""
    place, lock = home / "venv", REPOSITORY / "bootstrap" / "requirements" / f"{name}.txt"
    made = run(["python3", "-m", "venv", place], home, env).seconds
    pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
    return made + run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock], home, env).seconds


def measure(times: int) -> Iterator[Row]:
    """Both sides alternately, so that a slow moment of the machine or the network meets both."""
    for name, verb, bar, seconds in CASES:
        ours: list[tuple[float, float]] = []
        theirs: list[float] = []
        for _ in range(times):
            with tempfile.TemporaryDirectory(prefix="gitless-bench-") as folder:
                home = Path(folder)
                ours.append(cold(verb, environment(home), home))
                theirs.append(usual(name, environment(home), home))
        first, second = (statistics.median(column) for column in zip(*ours, strict=True))
        other = statistics.median(theirs)
        detail = f"{first:.2f} s against {other:.2f} s; an ordinary runner: {seconds} s"
        yield Row(f"{name}: cold start over venv and pip", first / other, bar, "", detail)
        yield Row(f"{name}: the next step of the job", second, 0.3, "s")


def main() -> int:
    """Run; exit code 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="how often each is measured")
    arguments = parser.parse_args()
    if shutil.which("python3") is None:
        sys.exit("benchmark: there is no python3 on PATH")
    rows = list(measure(arguments.times))
    print(table(rows))
    return int(not all(row.ok for row in rows))


if __name__ == "__main__":
    sys.exit(main())

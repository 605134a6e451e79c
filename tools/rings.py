"""Run the rings of tests one after the other, and close with one line for each: whether it ran, and how it ended.

`GITLESS_RINGS` chooses: unset, every ring whose programs are there; `all`, a ring that cannot run is a failure, and so
is a test that is skipped for any reason but `NOT_OURS`; a comma-separated list, those rings. Rings that need nothing
but Python run with the network cut off, where the system lets us; tests/conftest.py refuses everything but loopback in
any case.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.faces.kept import missing as missing_faces
from tools.peers.recipes import REPOSITORY, folder, missing

REPORT = REPOSITORY / ".cache" / "rings.txt"
NO_TESTS = 5
# No machine can install these for us: their licence keeps them out of the project, so a clone may lack them.
NOT_OURS = "the D2 repositories are not there"
_SUMMARY = re.compile(r"^=+ (?P<text>.*(passed|failed|error|skipped|no tests ran).*) =+$")
_SKIPPED = re.compile(r"^SKIPPED \[\d+\] (?P<place>\S+?:(?:\d+:)?) (?P<reason>.*)$")


@dataclass(frozen=True)
class Ring:
    """One ring: the test folders it covers, the sets of peers it needs, and the command that builds them."""

    name: str
    folders: tuple[str, ...]
    needs: tuple[str, ...] = ()
    command: str = ""
    offline: bool = False


RINGS = (
    Ring("unit", ("unit", "golden", "hostile"), offline=True),
    Ring("contract", ("contract",), offline=True),
    Ring("integration", ("integration",)),
    Ring("peers", ("peers",), ("peers",), "make peers"),
    Ring("cluster", ("cluster",), ("peers", "cluster"), "make peers peers-cluster"),
    Ring("faces", ("faces",), ("peers", "faces"), "make peers faces"),
)


@dataclass(frozen=True)
class Outcome:
    """How one ring ended: whether it ran, whether that is fine, the line that says so, and why tests were skipped."""

    ring: str
    ran: bool
    ok: bool
    text: str
    skipped: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every test ran that this machine can be made to run; a skip that gave no reason is not excused."""
        excused = bool(self.skipped) and all(reason.startswith(NOT_OURS) for reason in self.skipped)
        return self.ran and (excused or " skipped" not in self.text)


def _cut_off() -> list[str]:
    """The command prefix that runs without any network but loopback; empty where the system forbids it."""
    # Without root it takes a user namespace, in which we stay who we are: tests must not believe that they are root.
    user = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
    prefix = ["unshare", *user, "--net", sys.executable, str(REPOSITORY / "tools" / "loopback.py")]
    try:
        probe = subprocess.run([*prefix, "true"], capture_output=True, timeout=20, check=False)
    except OSError:
        return []
    return prefix if probe.returncode == 0 else []


def _environment() -> dict[str, str]:
    """What pytest gets: the peers first on the path, and their folder by name, as tests do not see that this is CI."""
    binaries = folder() / "bin"
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "GITLESS_CACHE": str(folder().parent),
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
    }


def _run_pytest(ring: Ring, arguments: list[str]) -> tuple[int, str, tuple[str, ...]]:
    """Run pytest for one ring, passing its output on: its exit code, its closing line, and why tests were skipped."""
    prefix = _cut_off() if ring.offline else []
    command = [*prefix, sys.executable, "-m", "pytest", *arguments, *(f"tests/{name}" for name in ring.folders)]
    print(f"\n--- ring {ring.name}{' (network cut off)' if prefix else ''}", flush=True)
    closing, skipped = "", []
    with subprocess.Popen(command, cwd=REPOSITORY, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            found = _SUMMARY.match(line.rstrip())
            closing = found["text"] if found else closing
            if reason := _SKIPPED.match(line.rstrip()):
                skipped.append(reason["reason"])
    return process.returncode, closing, tuple(skipped)


def _missing(wanted: str) -> list[str]:
    return missing_faces() if wanted == "faces" else missing(wanted, folder())


def _run(ring: Ring, arguments: list[str]) -> Outcome:
    absent = [name for wanted in ring.needs for name in _missing(wanted)]
    if absent:
        return Outcome(ring.name, False, True, f"not run: run `{ring.command}` (missing: {', '.join(absent)})")
    if not any((REPOSITORY / "tests" / name).is_dir() for name in ring.folders):
        return Outcome(ring.name, False, True, "not run: it has no tests")
    present = tuple(name for name in ring.folders if (REPOSITORY / "tests" / name).is_dir())
    code, closing, skipped = _run_pytest(Ring(ring.name, present, offline=ring.offline), arguments)
    if code == NO_TESTS or (code == 0 and "passed" not in closing):
        return Outcome(ring.name, False, True, f"not run: {closing or 'no test'}")
    return Outcome(ring.name, True, code == 0, closing or f"pytest ended with code {code}", skipped)


def main(arguments: list[str]) -> int:
    """Run the chosen rings; the exit code is 1 when one failed or, with `all`, did not run as a whole."""
    chosen = os.environ.get("GITLESS_RINGS", "")
    names = {ring.name for ring in RINGS} if chosen in {"", "all"} else set(chosen.split(","))
    if unknown := names - {ring.name for ring in RINGS}:
        print(f"rings: unknown: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    outcomes = [
        _run(ring, arguments) if ring.name in names else Outcome(ring.name, False, True, "not run: not chosen")
        for ring in RINGS
    ]
    must_run = chosen == "all"
    lines = [f"ring {outcome.ring}: {outcome.text}" for outcome in outcomes]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n")
    print("\n" + "\n".join(lines))
    # a test that was skipped has not run either, and where everything must run that is a failure
    bad = [outcome.ring for outcome in outcomes if not outcome.ok or (must_run and not outcome.whole)]
    if excused := {reason for outcome in outcomes if outcome.whole for reason in outcome.skipped}:
        print(f"rings: tests left out: {'; '.join(sorted(excused))}")
    if bad:
        print(f"rings: failed or not run: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

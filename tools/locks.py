"""Write the locked sets of packages that the actions install, from uv.lock: `python tools/locks.py [--check]`.

Each set leaves out what its verbs never import; what those are is tried by the tests, which run the verbs with it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
UV = REPOSITORY / ".cache" / "tools" / "bin" / "uv"
FOLDER = REPOSITORY / "bootstrap" / "requirements"
_PLATFORM = ("pygithub", "python-gitlab")
_MAKING = ("cyclonedx-python-lib", "deflate", "jsonschema-rs", "pynacl")
SETS: dict[str, tuple[str, ...]] = {
    "platform": (),
    "publish": _PLATFORM,
    "report": (*_PLATFORM, *_MAKING),
}
"""Name of a set -> direct dependencies that it does without; a larger set serves the verbs of a smaller one too."""


def exported(name: str) -> str:
    """A set as requirements with hashes."""
    pruned = [part for package in SETS[name] for part in ("--prune", package)]
    flags = ("--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate")
    command = [UV, "export", *flags, *pruned]
    return subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(arguments: list[str]) -> int:
    """Run; exit code 1 when `--check` finds a stale set, 2 for wrong usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python tools/locks.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for name in SETS:
        path, text = FOLDER / f"{name}.txt", exported(name)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not arguments:
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{'stale' if arguments else 'written'}: {path.relative_to(REPOSITORY)}")
    if arguments and stale:
        print("Run `make lock` and commit what it writes.", file=sys.stderr)
    return int(bool(arguments and stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

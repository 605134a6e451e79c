"""Starts gitless inside a CI job: makes its private environment where there is none yet, and becomes the core.

Run as `python -I -S start.py VERB [ARGUMENT…]`, by run.sh. Standard library only, and nothing of the working directory:
that is a foreign checkout. `GITLESS_INPUT_INDEX_URL` and `GITLESS_INPUT_WHEELHOUSE`, else `GITLESS_INDEX_URL` and
`GITLESS_WHEELHOUSE`, say where packages come from.
"""

import os
import sys
from pathlib import Path

OLDEST = (3, 10)

if sys.version_info < OLDEST:
    sys.exit("gitless: needs Python 3.10 or newer; this is %s at %s." % (sys.version.split()[0], sys.executable))  # noqa: UP031

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(ROOT)  # last, so that nothing here hides the standard library

from bootstrap.commands import BootstrapError, report  # noqa: E402
from bootstrap.core import become, prepare  # noqa: E402


def main() -> int:
    """Prepare the environment and become the core; returns only when that failed."""
    arguments = sys.argv[1:]
    if not arguments:
        report(BootstrapError("No verb was given.", hint="Run it as run.sh VERB."), os.environ)
        return 2
    try:
        environment, site = prepare(_verb(arguments), os.environ)
        if arguments[0] == "setup":
            return _set_up(site)
        become(site, arguments, environment)
    except BootstrapError as error:
        report(error, os.environ)
        return error.exit_code
    return 0


def _verb(arguments: list[str]) -> str:
    """The verb that decides which packages are needed; `action VERB` runs that verb for a step."""
    return arguments[1] if arguments[0] == "action" and len(arguments) > 1 else arguments[0]


def _set_up(site: Path) -> int:
    from bootstrap.place import Place
    from bootstrap.setup import set_up

    print(f"gitless: {set_up(Place.open(os.environ), site, os.environ)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

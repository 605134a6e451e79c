"""Becomes gitless, from its sources beside this folder and one private folder of packages.

Run as `python -I -S launch.py SITE [ARGUMENT…]`; nothing but these two and the standard library can be imported.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def launch(site: str) -> None:
    """Run the command line with the arguments in `sys.argv`; ends the process."""
    sys.path[:] = [os.path.join(ROOT, "src"), site, *(entry for entry in sys.path if entry != ROOT)]
    from gitless.cli.main import main

    main()


if __name__ == "__main__":
    launch(sys.argv.pop(1))

"""Becomes gitless, from its sources beside this folder and one private folder of packages.

Run as `python -I -S launch.py SITE [ARGUMENT…]`; nothing but these two and the standard library can be imported.
"""

import os
import sys

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src")
sys.path[:0] = [SOURCES, sys.argv.pop(1)]

from gitless.cli.main import main  # noqa: E402

main()

"""Flux's D2 reference repositories, where they are: their licence keeps them out of this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tools.peers.recipes import REPOSITORY
from tools.rings import NOT_OURS

CASES = Path(os.environ.get("GITLESS_CASES") or REPOSITORY.parent / "shared" / "cases")
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"{NOT_OURS}: set GITLESS_CASES")

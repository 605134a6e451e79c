"""What `make demo` shows: it needs git alone, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.peers.recipes import REPOSITORY


def test_the_demo_tells_its_story_to_the_end(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, REPOSITORY / "tools" / "demo.py"], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stderr
    assert said.count("promoted  backend  stable:") == 2
    assert said.index("promoted  backend  stable:") < said.index("rolled back  backend  stable:")
    assert "reason: errors after v0.2.0" in said
    assert said.count("verified: oci-layout:../registry/backend:") == 3
    assert "## ✅ stable: 1 of 1 component(s) promoted" in done.stdout
    assert list(tmp_path.iterdir()) == []

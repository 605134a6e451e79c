"""What the faces ring needs: tools that are there, a release of the actions, a registry, and act."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faces.act import Act, make_release
from tests.faces.example import Example
from tools.faces.kept import missing as missing_faces
from tools.peers.commands import Tools
from tools.peers.recipes import missing
from tools.peers.registries import running


@pytest.fixture(scope="session", autouse=True)
def _tools_are_there() -> None:
    if absent := [*missing("peers"), *missing_faces()]:
        pytest.skip(f"run `make peers faces` (missing: {', '.join(absent)})")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a job gets for `uses: acme/gitless@v1`."""
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a registry."""
    with running("registry", tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """The example repository."""
    return Example(tmp_path / "apps")


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """cosign in a home of its own."""
    return Tools(tmp_path / "tools")


@pytest.fixture
def act(tmp_path: Path, release: Path) -> Act:
    """act in a home of its own, with an empty cache."""
    return Act(tmp_path / "act", release)

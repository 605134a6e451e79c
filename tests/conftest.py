"""What every test gets: no network beyond loopback, and no trace of the machine or CI product it happens to run on."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fakes.sigstore.stack import Stack

HERE = Path(__file__).parent
MARKED = ("integration", "peers", "cluster", "faces")
KEPT = ("GITLESS_CACHE", "GITLESS_CASES", "GITLESS_RINGS")
FOREIGN = ("GITHUB_", "GITLAB_", "CI_", "RUNNER_", "GITLESS_", "GIT_", "COSIGN_", "SIGSTORE_", "ACTIONS_")
FOREIGN_NAMES = ("CI", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "SOURCE_DATE_EPOCH", "KUBECONFIG")

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


def _is_here(host: Any) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_elsewhere(address: Any) -> None:
    if isinstance(address, tuple) and not _is_here(address[0]):
        raise OSError(f"tests reach loopback only, not {address[0]!r}")


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _refuse_elsewhere(address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _refuse_elsewhere(address)
    return _connect_ex(self, address)


def _guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
    if not _is_here(host):
        raise socket.gaierror(socket.EAI_NONAME, f"tests resolve no names: {host!r}")
    return _getaddrinfo(host, *rest, **named)


def pytest_configure(config: pytest.Config) -> None:
    """Cut the network off and empty the environment, before any test module is imported."""
    del config
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _guarded_getaddrinfo
    for name in list(os.environ):
        if name not in KEPT and (name in FOREIGN_NAMES or name.startswith(FOREIGN) or name.lower().endswith("_proxy")):
            del os.environ[name]
    # A person's own Git configuration (signing, hooks, default branch) decides nothing here.
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)


@pytest.fixture(scope="session")
def sigstore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Fulcio, Rekor and a timestamp authority, for GitHub, GitLab and one self-managed GitLab.

    It is here, and not with one ring, because there is room for one only: rings that run together share it.
    """
    from tests.fakes.sigstore import stack
    from tests.fakes.sigstore.claims import SELF_MANAGED
    from tools.peers.recipes import missing

    if absent := missing("peers"):
        pytest.skip(f"run `make peers` (missing: {', '.join(absent)})")
    with stack.running(tmp_path_factory.mktemp("sigstore"), [SELF_MANAGED]) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests the marker of the ring whose folder they are in."""
    for item in items:
        ring = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        if ring in MARKED:
            item.add_marker(getattr(pytest.mark, ring))

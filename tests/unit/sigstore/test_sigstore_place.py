"""One instance at a time: who waits in vain is told for what."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.fakes.sigstore.place import alone
from tools.peers.process import free_ports


def test_the_place_is_free_again_after_its_holder(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    for _ in range(2):
        with alone(tmp_path / "lock", port, 0.0):
            pass


def test_a_second_instance_is_told_of_the_first(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with (
        alone(tmp_path / "lock", port, 0.0),
        pytest.raises(RuntimeError, match="held by another run's Sigstore"),
        alone(tmp_path / "lock", port, 0.0),
    ):
        pass


def test_a_strangers_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(RuntimeError, match=f"needs port {port} and cannot use another"),
            alone(tmp_path / "l", port, 0.0),
        ):
            pass

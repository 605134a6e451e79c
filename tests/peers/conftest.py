"""Registries, keys and foreign command lines for the peers ring; each registry runs once for the whole ring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tools.peers.commands import PASSWORD, Tools
from tools.peers.recipes import missing
from tools.peers.registries import KINDS, running


@dataclass(frozen=True)
class Key:
    """A signing key: its file, the public half beside it, and its passphrase (empty for none)."""

    private: Path
    public: Path
    password: str = ""


@pytest.fixture(scope="session", autouse=True)
def _peers_are_built() -> None:
    absent = missing("peers")
    if absent:
        pytest.skip(f"run `make peers` (missing: {', '.join(absent)})")


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """`host:port` of every kind of registry."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(running(kind, tmp_path_factory.mktemp(kind))) for kind in KINDS}


@pytest.fixture(params=KINDS)
def registry(request: pytest.FixtureRequest, registries: dict[str, str]) -> str:
    """`host:port` of one kind of registry."""
    return registries[request.param]


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """cosign, crane, kustomize and helm in a home of their own."""
    return Tools(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def cosign_key(tools: Tools) -> Key:
    """A key pair as `cosign generate-key-pair` makes it: encrypted."""
    private = tools.generate_key()
    return Key(private, private.with_suffix(".pub"), PASSWORD)


@pytest.fixture(scope="session")
def plain_key(tools: Tools) -> Key:
    """A key pair as `openssl` makes it: PKCS#8, not encrypted."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = tools.home / "plain.pem", tools.home / "plain.pub"
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
    return Key(private, public)

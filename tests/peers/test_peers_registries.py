"""The peers themselves: what cosign signs with a key in each registry, cosign verifies. If this fails, look here first."""

from __future__ import annotations

from tests.peers.conftest import Key
from tools.peers.commands import Tools
from tools.peers.upload import put_artifact


def test_cosign_verifies_what_cosign_signed(registry: str, tools: Tools, cosign_key: Key) -> None:
    reference = put_artifact(registry, "peers/own", "v1", {"config.yaml": b"a: 1\n"})
    assert tools.verify(cosign_key.public, reference, check=False).returncode != 0
    tools.sign(cosign_key.private, reference)
    tools.verify(cosign_key.public, reference)

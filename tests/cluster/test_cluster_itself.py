"""The cluster itself: it applies what cosign signed and refuses what nobody signed. If this fails, look here first."""

from __future__ import annotations

from tests.cluster.conftest import Keys
from tests.cluster.flux import Flux
from tools.peers.commands import Tools
from tools.peers.upload import put_artifact

CONFIG_MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {cluster: '${CLUSTER}', rev: '%d'}\n"


def test_what_cosign_signed_is_applied_and_what_nobody_signed_is_not(flux: Flux, keys: Keys, tools: Tools) -> None:
    reference = put_artifact(flux.registry, flux.repository, "latest", {"config.yaml": CONFIG_MAP % 1})
    flux.look()
    assert "failed to verify the signature" in flux.wait_refused()
    assert flux.config_map() == {}
    tools.sign(keys.trusted, reference)
    assert flux.wait_applied(reference.split("@")[1]) == {"cluster": "prod-eu", "rev": "1"}

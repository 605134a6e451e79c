"""Real registries, asked to mount what this run has put into another repository."""

from __future__ import annotations

import secrets

from tools.peers.registries import KINDS

from gitless.model.blob import Blob
from gitless.model.media_types import FLUX_CONTENT
from gitless.model.reference import Location
from gitless.registry.open import Stores


def test_a_second_repository_takes_the_blob_with_one_request_where_the_registry_mounts(
    registries: dict[str, str],
) -> None:
    costs = {}
    for kind in KINDS:
        host, run = registries[kind], secrets.token_hex(4)
        stores, blob = Stores(env={}), Blob.of(run.encode(), FLUX_CONTENT)
        first, second = (stores.open(Location(host, f"mounts/{run}/{name}")) for name in ("a", "b"))
        first.push_blob(blob)
        second.push_blob(blob)
        assert second.fetch_blob(blob.descriptor, 100) == run.encode()
        costs[kind] = second.requests - 1
        stores.close()
    assert costs == {"docker-registry": 1, "registry": 1, "ggcr-registry": 2}

"""One cluster and one registry for the whole ring; every test gets a namespace and a repository of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cluster.flux import Flux
from tools.peers import cluster, registries
from tools.peers.commands import PASSWORD, Tools
from tools.peers.recipes import missing

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Keys:
    """Two cosign keys with one passphrase: the one the cluster trusts, and a stranger's."""

    trusted: Path
    foreign: Path
    password: str = PASSWORD


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Api]:
    """The API server of a running cluster."""
    if absent := [*missing("peers"), *missing("cluster")]:
        pytest.skip(f"run `make peers peers-cluster` (missing: {', '.join(absent)})")
    with cluster.running(tmp_path_factory.mktemp("cluster")) as api:
        yield api


@pytest.fixture(scope="session", params=["registry", "ggcr-registry"])
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port`: one registry without the referrers API, one with it."""
    with registries.running(request.param, tmp_path_factory.mktemp(request.param)) as host:
        yield host


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """cosign and crane in a home of their own."""
    return Tools(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def keys(tools: Tools) -> Keys:
    """The trusted and the foreign key."""
    return Keys(tools.generate_key("trusted"), tools.generate_key("foreign"))


@pytest.fixture
def flux(api: cluster.Api, registry: str, keys: Keys) -> Flux:
    """A namespace in which Flux follows `NAMESPACE/app:latest`, trusting only the trusted key."""
    flux = Flux(api, f"team-{next(_numbers)}", registry)
    flux.create(keys.trusted.with_suffix(".pub").read_bytes())
    return flux

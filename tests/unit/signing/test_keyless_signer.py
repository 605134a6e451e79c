"""One certificate, one timestamp and one log entry each, against a paper instance on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.keyless import Time, Tokens, signer_for
from tests.fakes.sigstore.paper import about
from tests.fakes.sigstore.paper_server import PaperServer

from gitless.model.bundle import Bundle
from gitless.signing.instance import Version
from gitless.signing.keyless import Usage

STATEMENTS = [about(predicate_type=f"https://example.test/{number}") for number in range(3)]


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[PaperServer]:
    with PaperServer(clock=clock.now) as running:
        yield running


@pytest.mark.parametrize("rekor", [1, 2])
def test_three_statements_side_by_side_use_one_certificate(server: PaperServer, clock: Time, rekor: Version) -> None:
    tokens = Tokens(clock)
    signer = signer_for(server, clock, tokens, rekor)
    assert signer.identity is None
    with ThreadPoolExecutor(3) as pool:
        bundles = [Bundle.parse(content) for content in pool.map(signer.sign, STATEMENTS)]
    assert [bundle.envelope.payload for bundle in bundles] == STATEMENTS
    assert len({bundle.certificate for bundle in bundles}) == 1
    assert tokens.given == 1
    assert signer.usage == Usage(fulcio=1, log=3, timestamps=3)
    assert server.entries(rekor) == 3
    assert signer.identity == tokens.workload.identity
    assert (signer.certificate_pem or b"").startswith(b"-----BEGIN CERTIFICATE-----")
    assert signer.public_key_pem is None

"""The paper services beside the real ones: the same question, the same answer but for keys, numbers and times."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm
from sigstore._internal.rekor.client_v2 import RekorV2Client
from sigstore.models import Bundle
from tests.fakes.sigstore.paper import about, the_paper
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V2_ENTRIES
from tests.fakes.sigstore.paper_server import PaperServer
from tests.fakes.sigstore.stack import Stack


@pytest.fixture
def paper() -> Iterator[PaperServer]:
    with PaperServer() as server:
        yield server


def _proposal() -> dict[str, Any]:
    """What a client asks Rekor v2 to log; never the same twice."""
    bundle = Bundle.from_json(the_paper().sign(about()))
    request = RekorV2Client("http://x")._build_dsse_request(bundle._dsse_envelope, bundle.signing_certificate)
    return copy.deepcopy(dict(request))


def _shape(value: Any) -> Any:
    """A document with types in the place of values."""
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    return [] if isinstance(value, list) else type(value).__name__


def _both(sigstore: Stack, paper: PaperServer, proposal: dict[str, Any]) -> tuple[requests.Response, requests.Response]:
    real = requests.post(sigstore.addresses.rekor + V2_ENTRIES, json=proposal, timeout=30)
    return real, requests.post(paper.url + V2_ENTRIES, json=proposal, timeout=30)


def test_rekor_logs_the_same_body_in_the_same_shape(sigstore: Stack, paper: PaperServer) -> None:
    real, ours = _both(sigstore, paper, _proposal())
    assert real.status_code == ours.status_code == 201
    assert real.json()["canonicalizedBody"] == ours.json()["canonicalizedBody"]
    assert real.json()["kindVersion"] == ours.json()["kindVersion"]
    assert _shape(real.json()) == _shape(ours.json())


def test_rekor_says_the_same_of_an_entry_that_is_there(sigstore: Stack, paper: PaperServer) -> None:
    proposal = _proposal()
    _both(sigstore, paper, proposal)
    real, ours = _both(sigstore, paper, proposal)
    assert real.status_code == ours.status_code == 409
    for answer in (real, ours):
        index = answer.headers["x-log-index"]
        message = f"an equivalent entry already exists in the transparency log with index {index}"
        assert answer.json() == {"code": 6, "message": message, "details": []}


def test_rekor_says_the_same_of_what_it_does_not_log(sigstore: Stack, paper: PaperServer) -> None:
    false = _proposal()
    false["hashedRekordRequestV002"]["digest"] = base64.b64encode(bytes(32)).decode()
    for proposal in (false, {}, {"dsseRequestV002": {}}):
        real, ours = _both(sigstore, paper, proposal)
        assert (real.status_code, real.json()) == (ours.status_code, ours.json())
        assert real.status_code == 400


def test_the_timestamp_authority_answers_alike(sigstore: Stack, paper: PaperServer) -> None:
    question = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(b"x").nonce(nonce=True).build()
    told = []
    for url in (sigstore.addresses.tsa, paper.url + TIMESTAMP):
        headers = {"Content-Type": "application/timestamp-query"}
        answer = requests.post(url, data=question.as_bytes(), headers=headers, timeout=10)
        info, signed = (found := decode_timestamp_response(answer.content)).tst_info, found.signed_data
        attributes = [answer.status_code, answer.headers["Content-Type"], found.status, info.version, info.policy]
        attributes += [info.nonce, info.message_imprint.message, signed.version, len(signed.certificates)]
        told.append(attributes)
        wrong = requests.post(url, data=b"no question", headers=headers, timeout=10)
        told[-1] += [wrong.status_code, wrong.headers["Content-Type"], wrong.json()]
    assert told[0] == told[1]


def test_fulcio_refuses_alike(sigstore: Stack, paper: PaperServer) -> None:
    no_request = json.dumps({"certificateSigningRequest": base64.b64encode(b"x").decode()})
    tokens = [
        sigstore.issuers.github_token(iat=1_700_000_000),
        sigstore.issuers.github_token(aud="https://github.com/acme"),
        sigstore.issuers.github_token(),
        "no token",
    ]
    for token in tokens:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        real, ours = (
            requests.post(url + SIGNING_CERT, data=no_request, headers=headers, timeout=10)
            for url in (sigstore.addresses.fulcio, paper.url)
        )
        assert (real.status_code, real.json()) == (ours.status_code, ours.json())

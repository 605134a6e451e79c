"""The paper instance behind HTTP: sigstore-python signs with it, and its weather is what it says."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from sigstore._internal.rekor.client import RekorClient
from sigstore._internal.rekor.client_v2 import RekorV2Client
from sigstore.dsse import Statement
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier, policy
from tests.fakes.sigstore.claims import GITHUB, GITLAB, github_claims, gitlab_claims
from tests.fakes.sigstore.loopback import Answer
from tests.fakes.sigstore.paper import GITHUB_JOB, GITLAB_JOB, Version, about
from tests.fakes.sigstore.paper_answers import SIGNING_CERT, TIMESTAMP, V1_ENTRIES, V2_ENTRIES
from tests.fakes.sigstore.paper_server import CUT, FAIR, HANG, LOST, PaperServer, now, refuse, say, slow

ENTRIES: dict[Version, str] = {1: V1_ENTRIES, 2: V2_ENTRIES}


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with PaperServer() as running:
        yield running


def _token(claims: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in ({}, claims))
    return f"{'.'.join(parts)}.c2lnbmVk"


def _sign(server: PaperServer, rekor: Version = 2, claims: dict[str, Any] | None = None) -> Bundle:
    trust = ClientTrustConfig.from_json(server.trust_config(rekor))
    with SigningContext.from_trust_config(trust).signer(IdentityToken(_token(claims or github_claims()))) as signer:
        return signer.sign_dsse(Statement(about()))


def _asked(bundle: Bundle, rekor: Version) -> dict[str, Any]:
    """The request that logs the bundle's envelope, as any client would send it."""
    client = RekorClient("http://x") if rekor == 1 else RekorV2Client("http://x")
    return dict(client._build_dsse_request(bundle._dsse_envelope, bundle.signing_certificate))


@pytest.mark.parametrize("rekor", [1, 2])
@pytest.mark.parametrize("platform", [GITHUB, GITLAB])
def test_what_is_signed_here_verifies(server: PaperServer, rekor: Version, platform: str) -> None:
    claims, job = (github_claims(), GITHUB_JOB) if platform == GITHUB else (gitlab_claims(), GITLAB_JOB)
    bundle = _sign(server, rekor, claims)
    verifier = Verifier(trusted_root=ClientTrustConfig.from_json(server.trust_config()).trusted_root)
    _, payload = verifier.verify_dsse(bundle, policy.Identity(identity=job.subject, issuer=platform))
    assert payload == about()
    assert [each.path for each in server.seen] == [SIGNING_CERT, TIMESTAMP, ENTRIES[rekor]]
    assert server.entries(rekor) == 1


@pytest.mark.parametrize("rekor", [1, 2])
def test_what_was_lost_is_there_all_the_same(server: PaperServer, rekor: Version) -> None:
    bundle = _sign(server, rekor)
    server.forecast(ENTRIES[rekor], CUT, LOST)
    other = _asked(_sign_elsewhere(rekor), rekor)
    url = server.url + ENTRIES[rekor]
    for expected in (1, 2):
        with pytest.raises(requests.ConnectionError):
            requests.post(url, json=other, timeout=5)
        assert server.entries(rekor) == expected
    again = requests.post(url, json=other, timeout=5)
    assert again.status_code == 409
    assert "an equivalent entry already exists" in again.json()["message"]
    assert server.entries(rekor) == 2
    assert requests.post(url, json=_asked(bundle, rekor), timeout=5).status_code == 409


def _sign_elsewhere(rekor: Version) -> Bundle:
    with PaperServer() as other:
        return _sign(other, rekor)


def test_a_v1_entry_can_be_fetched_again(server: PaperServer) -> None:
    bundle = _sign(server, 1)
    known = requests.post(server.url + V1_ENTRIES, json=_asked(bundle, 1), timeout=5)
    found = requests.get(server.url + known.headers["Location"], timeout=5).json()
    (entry,) = found.values()
    assert entry["integratedTime"] == bundle.log_entry._inner.integrated_time
    assert entry["logIndex"] == bundle.log_entry._inner.log_index
    asked = {"entries": [_asked(bundle, 1)]}
    # Each answer is signed anew, so only what is signed is the same.
    (again,) = requests.post(f"{server.url}{V1_ENTRIES}/retrieve", json=asked, timeout=5).json()
    assert list(again) == list(found)
    assert [each["body"] for each in again.values()] == [entry["body"]]
    assert requests.get(f"{server.url}{V1_ENTRIES}/{'0' * 80}", timeout=5).status_code == 404


@pytest.mark.parametrize("rekor", [1, 2])
def test_a_signature_that_does_not_verify_is_not_logged(server: PaperServer, rekor: Version) -> None:
    request = _asked(_sign(server, rekor), rekor)
    if rekor == 1:
        content = request["spec"]["proposedContent"]
        content["envelope"] = content["envelope"].replace("in-toto", "in-toto2")
    else:
        request["hashedRekordRequestV002"]["digest"] = base64.b64encode(bytes(32)).decode()
    before = server.entries(rekor)
    assert requests.post(server.url + ENTRIES[rekor], json=request, timeout=5).status_code == 400
    assert server.entries(rekor) == before


@pytest.mark.parametrize(
    "claims",
    [
        github_claims(aud="https://github.com/acme"),
        github_claims(iat=int(now().timestamp()) - 3600),
        github_claims(nbf=int(now().timestamp()) + 3600),
    ],
    ids=["audience", "expired", "not yet"],
)
def test_fulcio_refuses_a_token(server: PaperServer, claims: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {_token(claims)}"}
    answer = requests.post(server.url + SIGNING_CERT, json={}, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert answer.json()["message"] == "There was an error processing the identity token"


def test_fulcio_refuses_what_is_no_request(server: PaperServer) -> None:
    headers = {"Authorization": f"Bearer {_token(github_claims())}"}
    answer = requests.post(server.url + SIGNING_CERT, json={}, headers=headers, timeout=5)
    assert answer.json()["message"] == "The certificate signing request could not be parsed"


def test_the_clock_is_given() -> None:
    with PaperServer(clock=lambda: now() + timedelta(minutes=10)) as ahead:
        headers = {"Authorization": f"Bearer {_token(github_claims())}"}
        assert requests.post(ahead.url + SIGNING_CERT, json={}, headers=headers, timeout=5).status_code == 400


def test_weather_comes_in_order_and_then_is_fair(server: PaperServer) -> None:
    server.forecast(V1_ENTRIES, refuse(429, 7), refuse(502), say(Answer(200, b"<html>")), slow(0.01), CUT)
    url = server.url + V1_ENTRIES
    first = requests.post(url, json={}, timeout=5)
    assert (first.status_code, first.headers["Retry-After"], first.json()["code"]) == (429, "7", 429)
    assert requests.post(url, json={}, timeout=5).status_code == 502
    assert requests.post(url, json={}, timeout=5).text == "<html>"
    assert requests.post(url, json={}, timeout=5).status_code == 400
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json={}, timeout=5)
    assert requests.post(url, json={}, timeout=5).status_code == 400
    assert [each.status for each in server.seen] == [429, 502, 200, 400, 0, 400]
    assert server.count(V1_ENTRIES) == 6


def test_a_climate_lasts(server: PaperServer) -> None:
    server.climate(TIMESTAMP, refuse(503))
    url = server.url + TIMESTAMP
    assert {requests.post(url, timeout=5).status_code for _ in range(3)} == {503}
    server.climate(TIMESTAMP, FAIR)
    assert requests.post(url, data=b"no request", timeout=5).status_code == 400


def test_what_hangs_ends_with_the_server() -> None:
    errors: list[Exception] = []

    def ask(url: str) -> None:
        try:
            requests.post(url, timeout=30)
        except requests.ConnectionError as error:
            errors.append(error)

    with PaperServer() as held:
        held.forecast(TIMESTAMP, HANG)
        client = threading.Thread(target=ask, args=(held.url + TIMESTAMP,))
        client.start()
        while not held.requests:
            time.sleep(0.01)
        assert not errors
    client.join(5)
    assert len(errors) == 1


def test_elsewhere_there_is_nothing(server: PaperServer) -> None:
    assert requests.get(server.url + "/api/v1/log", timeout=5).status_code == 404
    assert requests.get(f"{server.url}{TIMESTAMP}/certchain", timeout=5).text.count("BEGIN CERTIFICATE") == 2

"""RFC 3161 timestamps in key mode: asked for, compared with what was asked, written into the bundle."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from tests.fakes.keyless import Time
from tests.fakes.signed import make_signer
from tests.fakes.sigstore.loopback import Answer, Loopback, Request
from tests.fakes.sigstore.paper import about, the_paper
from tests.fakes.sigstore.paper_answers import TIMESTAMP
from tests.fakes.sigstore.paper_server import PaperServer, refuse

from gitless.errors import RemoteError, UntrustedContentError, UsageError
from gitless.model.bundle import Bundle
from gitless.signing.timestamp import TimestampAuthority
from gitless.verification.keys import TrustedKey
from gitless.web.session import Session
from gitless.wiring.keys import stamped

STATEMENT = about()


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def server(clock: Time) -> Iterator[PaperServer]:
    with PaperServer(the_paper(), clock.now) as running:
        yield running


def authority(url: str, clock: Time) -> TimestampAuthority:
    return TimestampAuthority(url, Session({}, clock.patience(), clock.now))


def test_a_bundle_carries_its_timestamp(server: PaperServer, clock: Time) -> None:
    plain = make_signer()
    signer = stamped(plain, f"{server.url}{TIMESTAMP}", {}, clock)
    content = signer.sign(STATEMENT)
    material = json.loads(content)["verificationMaterial"]
    assert list(material) == ["publicKey", "timestampVerificationData"]
    (stamp,) = material["timestampVerificationData"]["rfc3161Timestamps"]
    assert base64.b64decode(stamp["signedTimestamp"])[:1] == b"0"
    assert TrustedKey.from_pem(plain.public_key_pem).weigh(Bundle.parse(content)).standing == "valid"
    assert "timestampVerificationData" not in json.loads(plain.sign(STATEMENT))["verificationMaterial"]


def test_no_authority_is_no_change(clock: Time) -> None:
    signer = make_signer()
    assert stamped(signer, None, {}, clock) is signer


def test_an_authority_that_stays_down_is_an_error(server: PaperServer, clock: Time) -> None:
    server.climate(TIMESTAMP, refuse(503))
    signer = make_signer().stamped_by(authority(f"{server.url}{TIMESTAMP}", clock).stamp)
    with pytest.raises(RemoteError, match="Cannot get a timestamp"):
        signer.sign(STATEMENT)


@pytest.mark.parametrize("url", ["http://tsa.example", "ftp://tsa.example", "https://u:p@tsa.example", "tsa.example"])
def test_an_address_without_tls_is_refused(url: str, clock: Time) -> None:
    with pytest.raises(UsageError, match="address is refused"):
        authority(url, clock)


def replay(request: Request, clock: Time) -> bytes:
    """A true answer to another request."""
    return the_paper().tsa.stamp(b"signature", clock.now(), nonce=1)


def other(request: Request, clock: Time) -> bytes:
    nonce = _nonce(request.body)
    return the_paper().tsa.stamp(b"another signature", clock.now(), nonce=nonce)


def denied(request: Request, clock: Time) -> bytes:
    return the_paper().tsa.stamp(b"signature", clock.now(), nonce=_nonce(request.body), status=2)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (replay, "its nonce differs"),
        (other, "about another signature"),
        (denied, "not granted (status 2)"),
        (lambda request, clock: b"", "no RFC 3161 timestamp response"),
        (lambda request, clock: b"\x30\x03\x02\x01", "no RFC 3161 timestamp response"),
        (lambda request, clock: b"x" * 70_000, "more than 65536 bytes"),
    ],
)
def test_an_answer_that_is_refused(answer: object, word: str, clock: Time) -> None:
    server = Loopback(lambda request: Answer(201, answer(request, clock)))  # type: ignore[operator]
    with server, pytest.raises(UntrustedContentError) as caught:
        authority(server.url, clock).stamp(b"signature")
    assert word in caught.value.why


def test_a_refusal_without_a_token_is_refused(clock: Time) -> None:
    # TimeStampResp with a status and nothing else
    server = Loopback(lambda request: Answer(201, bytes.fromhex("30053003020102")))
    with server, pytest.raises(UntrustedContentError) as caught:
        authority(server.url, clock).stamp(b"signature")
    assert "not granted (status 2)" in caught.value.why


def _nonce(query: bytes) -> int:
    from asn1crypto import tsp

    return int(tsp.TimeStampReq.load(query)["nonce"].native)

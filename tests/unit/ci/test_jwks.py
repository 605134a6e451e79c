"""An issuer's keys: which of them count, and issuers that misbehave."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.fakes.sigstore.loopback import Answer, Loopback, Request

from gitless.ci.documents import Documents
from gitless.ci.jwks import MAX_KEYS, IssuerKeys
from gitless.errors import RemoteError, UntrustedContentError
from gitless.web.patience import Patience
from gitless.wiring.system import SystemClock

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
CONFIGURATION = "/.well-known/openid-configuration"


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def of_rsa(key: rsa.RSAPrivateKey = RSA, **more: Any) -> dict[str, Any]:
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": "one", "n": number(public.n), "e": number(public.e), **more}


def of_ec(key: ec.EllipticCurvePrivateKey = P256, curve: str = "P-256", **more: Any) -> dict[str, Any]:
    public = key.public_key().public_numbers()
    return {"kty": "EC", "kid": "one", "crv": curve, "x": number(public.x), "y": number(public.y), **more}


@contextmanager
def issuing(
    keys: Any, change: Callable[[str, dict[str, Any]], Any] | None = None
) -> Iterator[tuple[IssuerKeys, Loopback]]:
    """An issuer on loopback with this key set.

    Args:
        keys: What its key set lists.
        change: Returns another document (or Answer) for a path.
    """

    def answer(request: Request) -> Answer:
        configuration = {"issuer": server.url, "jwks_uri": f"{server.url}/keys"}
        document: Any = configuration if request.path == CONFIGURATION else {"keys": keys}
        document = change(request.path, document) if change else document
        return document if isinstance(document, Answer) else Answer.of(document)

    with Loopback(answer) as server:
        yield IssuerKeys(server.url, Documents({}, SystemClock(), Patience(attempts=2, sleep=lambda _: None))), server


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (of_rsa(), "RS256"),
        (of_rsa(use="sig", alg="RS256"), "RS256"),
        (of_ec(), "ES256"),
        (of_ec(alg="ES256"), "ES256"),
    ],
)
def test_keys_that_count(key: dict[str, Any], algorithm: str) -> None:
    with issuing([{"kty": "odd"}, key]) as (keys, _):
        found = keys.find("one")
    assert found is not None
    assert found.algorithm == algorithm


@pytest.mark.parametrize(
    "key",
    [
        "text", None, 7, {}, of_rsa(kid=7), of_rsa(kid=None), of_rsa(use="enc"), of_rsa(alg="RS512"), of_rsa(alg="PS256"),
        of_rsa(SMALL), of_rsa(n=""), of_rsa(n="!!!"), of_rsa(e="AA"), of_rsa(n=7), of_ec(P384, "P-384"), of_ec(alg="RS256"),
        of_ec(x="AA"), of_ec(curve="P-384"), of_ec(curve="P-999"), {"kty": "oct", "kid": "one", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "OKP", "kid": "one", "crv": "Ed25519", "x": number(5)}, of_rsa(kty=["RSA"]), {"kty": "RSA", "kid": "one"},
    ],
)  # fmt: skip
def test_keys_that_do_not_count(key: Any) -> None:
    with issuing([key, of_rsa(kid="other")]) as (keys, _):
        assert keys.find("one") is None
        assert keys.find("other") is not None


def test_a_private_key_in_the_set_is_taken_for_its_public_half_or_not_at_all() -> None:
    numbers = RSA.private_numbers()
    private = {name: number(getattr(numbers, name)) for name in ("d", "p", "q")}
    more = {"dp": number(numbers.dmp1), "dq": number(numbers.dmq1), "qi": number(numbers.iqmp)}
    with issuing([of_rsa(**private, **more)]) as (keys, _):
        assert keys.find("one") is None


def test_an_unknown_name_is_looked_for_twice_and_not_more() -> None:
    with issuing([of_rsa()]) as (keys, server):
        assert keys.find("one") is not None
        assert keys.find("two") is None
        assert [request.path for request in server.requests] == [CONFIGURATION, "/keys"] * 2


def test_the_first_question_asks_once() -> None:
    with issuing([of_rsa()]) as (keys, server):
        assert keys.find("two") is None
        assert [request.path for request in server.requests] == [CONFIGURATION, "/keys"]


def test_keys_are_prepared_once() -> None:
    with issuing([of_rsa()]) as (keys, server):
        keys.prepare()
        keys.prepare()
        assert keys.find("one") is not None
        assert len(server.requests) == 2


def test_a_failure_is_forgotten_so_that_the_next_question_asks_again() -> None:
    bad = [Answer(404)]
    with issuing([of_rsa()], lambda path, document: bad.pop() if bad else document) as (keys, _):
        with pytest.raises(RemoteError, match="OpenID configuration"):
            keys.find("one")
        assert keys.find("one") is not None


@pytest.mark.parametrize("named", ["https://evil.example", "", None, 7])
def test_the_configuration_must_be_the_issuers_own(named: Any) -> None:
    with issuing([], lambda path, document: {**document, "issuer": named}) as (keys, server):
        with pytest.raises(UntrustedContentError, match="is another issuer's") as caught:
            keys.find("one")
        assert len(server.requests) == 1
    assert "evil" not in str(caught.value)


def test_a_slash_at_the_end_makes_another_issuer() -> None:
    with (
        issuing([], lambda path, document: {**document, "issuer": document["issuer"] + "/"}) as (keys, _),
        pytest.raises(UntrustedContentError),
    ):
        keys.find("one")


@pytest.mark.parametrize("address", [None, 7, "", "http://evil.example/keys", "file:///etc/passwd", "/keys"])
def test_the_keys_address_must_be_https(address: Any) -> None:
    with issuing([], lambda path, document: {**document, "jwks_uri": address}) as (keys, server):
        with pytest.raises(UntrustedContentError, match="Its jwks_uri must be"):
            keys.find("one")
        assert len(server.requests) == 1


@pytest.mark.parametrize("keys", [None, {}, "x", [of_rsa(kid=str(index)) for index in range(MAX_KEYS + 1)]])
def test_a_set_that_is_no_list_or_too_long_is_refused(keys: Any) -> None:
    with issuing(keys) as (found, _), pytest.raises(UntrustedContentError, match="cannot be used"):
        found.find("one")


def test_two_keys_of_one_name_are_refused() -> None:
    with issuing([of_rsa(), of_ec()]) as (keys, _), pytest.raises(UntrustedContentError) as caught:
        keys.find("one")
    assert caught.value.why == "Two of its keys have the same name."


@pytest.mark.parametrize("path", [CONFIGURATION, "/keys"])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, b"", {"Location": "https://evil.example/"}),
        Answer(200, b" " * 10_000_000),
        Answer(500),
        Answer(200, b"<html>"),
    ],
)
def test_misbehaving_issuers_are_a_failure_of_theirs(path: str, answer: Answer) -> None:
    with issuing([of_rsa()], lambda asked, document: answer if asked == path else document) as (keys, _):
        with pytest.raises(RemoteError) as caught:
            keys.find("one")
        assert keys.issuer in str(caught.value)

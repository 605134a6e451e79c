"""Whatever stands in place of a token: one that was signed is accepted, everything else is refused in our own words."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.sigstore.claims import GITHUB, github_claims

from gitless.ci.documents import Documents
from gitless.ci.jwks import IssuerKey, IssuerKeys
from gitless.ci.token_check import TokenCheck
from gitless.errors import CheckError, GitlessError
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken
from gitless.wiring.system import SystemClock

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
ISSUED = int(NOW.timestamp())


class Keys(IssuerKeys):
    """One key in memory."""

    def find(self, kid: str) -> IssuerKey | None:
        return IssuerKey("ES256", KEY.public_key()) if kid == "one" else None


CHECK = TokenCheck("github", "https://github.com", "sigstore", Keys(GITHUB, Documents({}, SystemClock())))


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(claims: Any, header: Any = None) -> str:
    head = {"alg": "ES256", "kid": "one"} if header is None else header
    signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
    one, two = utils.decode_dss_signature(KEY.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{encoded(one.to_bytes(32, 'big') + two.to_bytes(32, 'big'))}"


def claims(**more: Any) -> dict[str, Any]:
    return {**github_claims(iat=ISSUED), **more}


GOOD = token(claims())


def outcome(raw: str) -> IdentityToken | GitlessError:
    try:
        return CHECK.verify(Secret(raw), NOW, fresh=True)
    except GitlessError as error:
        return error


def test_a_token_of_an_elliptic_key_is_accepted() -> None:
    verified = CHECK.verify(Secret(GOOD), NOW, fresh=True)
    assert verified.workload.identity.issuer == GITHUB
    assert verified.expires == datetime.fromtimestamp(ISSUED + 300, timezone.utc)
    assert GOOD not in repr(verified)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_one_changed_character_is_enough(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    found = outcome(changed)
    if isinstance(found, IdentityToken):
        # the last character of base64 has bits that mean nothing; what was signed is unchanged
        assert changed.rpartition(".")[0] == GOOD.rpartition(".")[0]
        assert found.workload == CHECK.verify(Secret(GOOD), NOW, fresh=True).workload
    else:
        assert found.what == "The job's identity token does not verify."
        assert changed not in str(found)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(CheckError):
        CHECK.verify(Secret(text), NOW, fresh=True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "x5c"]), anything)
def test_any_header_is_refused_or_means_nothing(name: str, value: Any) -> None:
    found = outcome(token(claims(), {"alg": "ES256", "kid": "one", name: value}))
    if isinstance(found, IdentityToken):
        assert name in ("typ", "jku", "x5c") or value in ("ES256", "one")
    else:
        assert "does not verify" in found.what


@settings(deadline=None)
@given(st.sampled_from(sorted(claims())), anything)
def test_any_signed_claim_is_accepted_as_text_or_refused(name: str, value: Any) -> None:
    found = outcome(token(claims(**{name: value})))
    assert isinstance(found, IdentityToken) or found.exit_code in (1, 3)


def test_claims_that_are_no_numbers_of_json_are_refused() -> None:
    for value in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(CheckError, match="does not verify"):
            CHECK.verify(Secret(token(claims(exp=value))), NOW, fresh=True)

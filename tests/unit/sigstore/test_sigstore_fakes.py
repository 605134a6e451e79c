"""The issuers, the CT log and the authorities that other tests build on, judged by cryptography's own reading."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.fakes.sigstore.authorities import Authorities, issue, make_authorities, new_key
from tests.fakes.sigstore.claims import GITHUB, GITLAB, SELF_MANAGED, github_claims, gitlab_claims
from tests.fakes.sigstore.ctlog import CtLog, public_der, without_poison
from tests.fakes.sigstore.identities import Identity
from tests.fakes.sigstore.issuers import DISCOVERY, GITLAB_JWKS, Forgery, Issuer, Issuers
from tests.fakes.sigstore.loopback import Answer, Loopback
from tests.fakes.sigstore.trust import rekor_log_id, trusted_root

from gitless.ci.detect import detect

_DER = serialization.Encoding.DER
AT = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    with Issuers(tmp_path_factory.mktemp("issuers"), [SELF_MANAGED]) as running:
        yield running


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return make_authorities(AT - timedelta(days=30))


@pytest.fixture
def client(issuers: Issuers) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.proxies, session.verify = {"https": issuers.url}, str(issuers.root)
        yield session


def _part(token: str, index: int) -> Any:
    return json.loads(_unpadded(token.split(".")[index]))


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verify(token: str, jwks: dict[str, Any]) -> None:
    (key,) = (key for key in jwks["keys"] if key["kid"] == _part(token, 0)["kid"])
    numbers = [int.from_bytes(_unpadded(key[name]), "big") for name in ("e", "n")]
    signed, _, signature = token.rpartition(".")
    public = rsa.RSAPublicNumbers(*numbers).public_key()
    public.verify(_unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("url", [GITHUB, GITLAB, SELF_MANAGED])
def test_an_issuer_is_found_under_its_real_name(url: str, issuers: Issuers, client: requests.Session) -> None:
    document = client.get(url + DISCOVERY, timeout=5).json()
    assert document["issuer"] == url
    jwks = client.get(document["jwks_uri"], timeout=5).json()
    _verify(issuers.all[url].token({"sub": "anyone"}), jwks)


def test_only_the_issuers_are_behind_the_proxy(client: requests.Session, issuers: Issuers) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        client.get("https://issuer.example/", timeout=5)
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        client.get(f"{GITHUB}:8443/", timeout=5)
    client.verify = ssl.get_default_verify_paths().cafile or True
    with pytest.raises(requests.exceptions.SSLError):
        client.get(GITHUB + DISCOVERY, timeout=5)
    assert requests.get(f"{issuers.url}/.well-known/jwks", timeout=5).status_code == 404


def test_each_forgery_is_one(issuers: Issuers) -> None:
    jwks = issuers.github.jwks()
    _verify(issuers.github_token(), jwks)
    for forgery in (Forgery(foreign=True), Forgery(tampered=True), Forgery("HS256"), Forgery("none")):
        token = issuers.github_token(forgery)
        assert _part(token, 0)["alg"] == forgery.algorithm
        with pytest.raises(InvalidSignature):
            _verify(token, jwks)
    assert _part(issuers.github_token(Forgery(kid="nobody")), 0)["kid"] == "nobody"
    assert "kid" not in _part(issuers.github_token(Forgery(kid="")), 0)
    assert _part(issuers.github_token(Forgery(header={"jku": "https://issuer.example"})), 0)["jku"]


def test_an_issuer_forgets_its_old_key() -> None:
    issuer = Issuer(GITLAB, GITLAB_JWKS)
    token = issuer.token({"sub": "anyone"})
    issuer.rotate()
    assert _part(token, 0)["kid"] not in [key["kid"] for key in issuer.jwks()["keys"]]
    _verify(issuer.token({"sub": "anyone"}), issuer.jwks())


def test_a_github_job_asks_for_a_token(issuers: Issuers) -> None:
    job = issuers.github_job(environment="production")
    url, headers = (
        job["ACTIONS_ID_TOKEN_REQUEST_URL"],
        {"Authorization": f"bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )
    answer = requests.get(f"{url}&audience=sigstore", headers=headers, timeout=5)
    claims = _part(answer.json()["value"], 1)
    assert (claims["aud"], claims["sub"]) == ("sigstore", "repo:acme/d2-apps:environment:production")
    assert claims["exp"] - claims["iat"] == 300
    bare = requests.get(url, headers=headers, timeout=5).json()["value"]
    assert _part(bare, 1)["aud"] == "https://github.com/acme"
    assert _part(bare, 1)["jti"] != claims["jti"]
    assert requests.get(f"{url.split('?')[0]}?audience=sigstore", headers=headers, timeout=5).status_code == 400
    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, headers={"Authorization": "bearer nonsense"}, timeout=5).status_code == 401


def test_a_bad_day_lasts_as_long_as_it_was_told_to(issuers: Issuers) -> None:
    issuers.answer_next("/runtime/token", Answer(503, headers={"Retry-After": "1"}), Answer(0))
    url = issuers.github_job()["ACTIONS_ID_TOKEN_REQUEST_URL"]
    assert requests.get(url, timeout=5).headers["Retry-After"] == "1"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert requests.get(url, timeout=5).status_code == 401


def test_a_job_is_the_run_that_its_token_speaks_of(issuers: Issuers) -> None:
    github = detect(issuers.github_job(ref="refs/tags/v1.2.3", sha="2e" * 20))
    gitlab = detect(issuers.gitlab_job(ref="v1.2.3", ref_type="tag", sha="2e" * 20))
    for run in (github, gitlab):
        assert run is not None
        assert (run.repository, run.commit, run.ref, run.ref_kind) == (
            "acme/d2-apps",
            "2e" * 20,
            "refs/tags/v1.2.3",
            "tag",
        )


def test_claims_follow_from_each_other_and_can_be_left_out() -> None:
    claims = github_claims(ref="refs/heads/next", path=".github/workflows/ship.yaml", job_workflow_sha=None)
    assert claims["workflow_ref"] == "acme/d2-apps/.github/workflows/ship.yaml@refs/heads/next"
    assert claims["job_workflow_ref"] == claims["workflow_ref"]
    assert "job_workflow_sha" not in claims
    assert github_claims(event_name="pull_request")["sub"] == "repo:acme/d2-apps:pull_request"
    gitlab = gitlab_claims(project_path="acme/platform/apps", config="ci/ship.yml", iss=SELF_MANAGED)
    assert gitlab["namespace_path"] == "acme/platform"
    assert gitlab["ci_config_ref_uri"] == "gitlab.acme.example/acme/platform/apps//ci/ship.yml@refs/heads/main"


def _signed_bytes(sct: Any, tbs: bytes, authorities: Authorities) -> bytes:
    milliseconds = int(sct.timestamp.replace(tzinfo=timezone.utc).timestamp() * 1000)
    issuer = hashlib.sha256(public_der(authorities.fulcio.key.public_key())).digest()
    entry = issuer + len(tbs).to_bytes(3, "big") + tbs
    head = struct.pack(">BBQH", 0, 0, milliseconds, 1)
    return bytes(head + entry + struct.pack(">H", len(sct.extension_bytes)) + sct.extension_bytes)


@pytest.mark.parametrize("claims", [github_claims(), gitlab_claims(environment="x" * 200)])
def test_a_paper_certificate_is_signed_logged_and_says_who(claims: dict[str, Any], authorities: Authorities) -> None:
    identity = Identity.from_github(claims) if claims["iss"] == GITHUB else Identity.from_gitlab(claims)
    certificate = issue(authorities, new_key().public_key(), identity, AT)
    certificate.verify_directly_issued_by(authorities.fulcio.certificate)
    authorities.fulcio.certificate.verify_directly_issued_by(authorities.fulcio_root.certificate)
    assert Identity.of(certificate) == identity
    (sct,) = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    signed = _signed_bytes(sct, certificate.tbs_precertificate_bytes, authorities)
    authorities.ct.public_key().verify(sct.signature, signed, ec.ECDSA(hashes.SHA256()))
    assert sct.log_id == hashlib.sha256(public_der(authorities.ct.public_key())).digest()


def test_a_paper_certificate_can_be_wrong_in_one_thing(authorities: Authorities) -> None:
    identity, key = Identity.from_github(github_claims()), new_key().public_key()
    bare = issue(authorities, key, identity, AT, logs=[], names=[], usages=[])
    for absent in (x509.PrecertificateSignedCertificateTimestamps, x509.SubjectAlternativeName, x509.ExtendedKeyUsage):
        with pytest.raises(x509.ExtensionNotFound):
            bare.extensions.get_extension_for_class(absent)
    names = [x509.RFC822Name("alice@acme.example"), x509.UniformResourceIdentifier(identity.subject)]
    logs = [CtLog(authorities.ct), CtLog(new_key(), indexed=False)]
    other = issue(authorities, key, identity, AT, lifetime=timedelta(hours=1), logs=logs, names=names)
    assert list(other.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == names
    scts = other.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    assert [sct.extension_bytes for sct in scts] == [b"\0\0\x05\0\0\0\0\0", b""]
    assert other.not_valid_after_utc == AT + timedelta(hours=1)


def test_the_ct_log_signs_a_precertificate_without_its_poison(authorities: Authorities) -> None:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authorities.fulcio.certificate.subject)
        .public_key(new_key().public_key())
        .serial_number(7)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(minutes=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a" * 300 + ".example")]), critical=True)
    )
    poisoned = builder.add_extension(x509.PrecertPoison(), critical=True)
    poisoned = poisoned.add_extension(x509.OCSPNoCheck(), critical=False)
    plain = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    expected = plain.sign(authorities.fulcio.key, hashes.SHA256()).tbs_certificate_bytes
    precertificate = poisoned.sign(authorities.fulcio.key, hashes.SHA256())
    der = precertificate.public_bytes(_DER)
    assert without_poison(der) == expected
    log = CtLog(authorities.ct)
    with Loopback(log.answer) as server:
        chain = [base64.b64encode(each).decode() for each in (der, authorities.fulcio.certificate.public_bytes(_DER))]
        url = f"{server.url}/ct/ct/v1/add-pre-chain"
        answered = requests.post(url, json={"chain": chain}, timeout=5).json()
        assert requests.get(url, timeout=5).status_code == 404
    assert log.precertificates == [der]
    assert base64.b64decode(answered["id"]) == log.log_id


def test_a_trusted_root_names_the_log_as_its_keys_are_named(authorities: Authorities) -> None:
    ecdsa = make_authorities(AT, rekor=new_key())
    for each, details in ((authorities, "PKIX_ED25519"), (ecdsa, "PKIX_ECDSA_P256_SHA_256")):
        (log,) = trusted_root(each)["tlogs"]
        assert log["publicKey"]["keyDetails"] == details
        assert base64.b64decode(log["logId"]["keyId"]) == rekor_log_id(each.rekor.public_key())
        assert len(base64.b64decode(log["logId"]["keyId"])) == 32
    (tsa,) = trusted_root(authorities)["timestampAuthorities"]
    leaf = x509.load_der_x509_certificate(base64.b64decode(tsa["certChain"]["certificates"][0]["rawBytes"]))
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]

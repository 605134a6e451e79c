"""GitHub's and GitLab's token issuers in this process, under their real names, with GitHub's runtime endpoint.

Use it as a context manager; what a client needs to reach it is in `client_environment`::

    with Issuers(tmp_path) as issuers:
        issuers.gitlab_token(ref="v1.2.3", ref_type="tag")        # a token, as GitLab puts it into a job
        issuers.github_job(environment="production")              # the variables of a GitHub job, endpoint included
        issuers.github_token(forgery=Forgery(algorithm="none"))   # a token that must be refused
        issuers.github_token(iat=1_700_000_000)                   # … an expired one
        issuers.answer_next("/.well-known/jwks", Answer(503))     # the issuer's bad day

The issuers' hosts are reached by CONNECT through `url`, with TLS from the root in `root`; nothing is asked of DNS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.fakes.sigstore.authorities import make_tls
from tests.fakes.sigstore.claims import (
    GITHUB,
    GITLAB,
    Claims,
    github_claims,
    github_variables,
    gitlab_claims,
    gitlab_variables,
)
from tests.fakes.sigstore.loopback import Answer, Loopback, Request, Tunnel

RUNTIME = "/runtime/token"
"""The path of GitHub's runtime endpoint, on plain http."""
DISCOVERY = "/.well-known/openid-configuration"
JWKS_PATHS = {GITHUB: "/.well-known/jwks"}
GITLAB_JWKS = "/oauth/discovery/keys"


@dataclass(frozen=True)
class Forgery:
    """How a token's envelope lies; its claims lie by being given.

    Attributes:
        algorithm: `RS256`; `none` leaves the signature empty; `HS256` takes the public key for a shared secret.
        kid: The key named in the header instead of the true one; empty for no name at all.
        foreign: Signed by a key that the issuer never had, under the true key's name.
        tampered: One claim is changed after signing.
        header: More of the header, such as `jku` or `jwk`.
    """

    algorithm: str = "RS256"
    kid: str | None = None
    foreign: bool = False
    tampered: bool = False
    header: Mapping[str, Any] = field(default_factory=dict)


HONEST = Forgery()


class Issuer:
    """One issuer: its key and its documents.

    Args:
        url: Its name, as tokens carry it.
        jwks_path: Where below it the keys are.
    """

    def __init__(self, url: str, jwks_path: str) -> None:
        self.url = url
        self.jwks_url = f"{url}{jwks_path}"
        self.host = urlsplit(url).hostname or ""
        self._generation = 1

    @property
    def kid(self) -> str:
        """The name of its key."""
        return hashlib.sha256(self._name().encode()).hexdigest()[:16]

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """Its key."""
        return _rsa_key(self._name())

    def rotate(self) -> None:
        """Take a new key under a new name; the old one is forgotten."""
        self._generation += 1

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": self.jwks_url,
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        }

    def jwks(self) -> dict[str, Any]:
        """The key set."""
        numbers = self.key.public_key().public_numbers()
        shown = {name: _base64url(_bytes(number)) for name, number in (("n", numbers.n), ("e", numbers.e))}
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, **shown}]}

    def token(self, claims: Mapping[str, Any], forgery: Forgery = HONEST) -> str:
        """A token with these claims."""
        kid = self.kid if forgery.kid is None else forgery.kid
        header = {"typ": "JWT", "alg": forgery.algorithm, **({"kid": kid} if kid else {}), **forgery.header}
        signed = f"{_json(header)}.{_json(claims)}"
        signature = _base64url(self._sign(signed.encode(), forgery))
        if forgery.tampered:
            signed = f"{_json(header)}.{_json({**claims, 'jti': 'changed after signing'})}"
        return f"{signed}.{signature}"

    def _sign(self, content: bytes, forgery: Forgery) -> bytes:
        if forgery.algorithm == "none":
            return b""
        if forgery.algorithm == "HS256":
            encoding, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            return hmac.digest(self.key.public_key().public_bytes(encoding, shape), content, "sha256")
        key = _rsa_key("a stranger") if forgery.foreign else self.key
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())

    def _name(self) -> str:
        return f"{self.url} {self._generation}"


class Issuers(Loopback):
    """The server of all issuers, and what jobs get from it.

    Args:
        home: A folder for the TLS root and key.
        self_managed: More GitLab issuers by their URL.
    """

    def __init__(self, home: Path, self_managed: Iterable[str] = ()) -> None:
        urls = (GITHUB, GITLAB, *self_managed)
        self.all = {url: Issuer(url, JWKS_PATHS.get(url, GITLAB_JWKS)) for url in urls}
        self.github, self.gitlab = self.all[GITHUB], self.all[GITLAB]
        self.root = home / "issuers-root.pem"
        self._next: list[tuple[str, Answer]] = []
        hosts = [issuer.host for issuer in self.all.values()]
        super().__init__(self._answer, Tunnel(frozenset(hosts), _tls(home, self.root, hosts)))

    def __enter__(self) -> Issuers:
        super().__enter__()
        return self

    def answer_next(self, path: str, *answers: Answer) -> None:
        """Give these answers to the next requests for that path, one each."""
        self._next += [(path, answer) for answer in answers]

    def client_environment(self) -> dict[str, str]:
        """Variables with which a Go program, or one that uses requests, finds the issuers under their names."""
        return {
            "HTTPS_PROXY": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(self.root),
            "REQUESTS_CA_BUNDLE": str(self.root),
        }

    def github_token(self, forgery: Forgery = HONEST, **given: str | int | None) -> str:
        """A token as GitHub mints it now; `given` as `github_claims` takes it."""
        claims = github_claims(**given)
        return self.all.get(str(claims.get("iss")), self.github).token(claims, forgery)

    def gitlab_token(self, forgery: Forgery = HONEST, **given: str | int | None) -> str:
        """A token as GitLab puts it into a job; `given` as `gitlab_claims` takes it."""
        claims = gitlab_claims(**given)
        return self.all.get(str(claims.get("iss")), self.gitlab).token(claims, forgery)

    def github_job(self, forgery: Forgery = HONEST, **given: str | int | None) -> dict[str, str]:
        """The variables of a GitHub job that may ask for tokens: minted at each request, with fresh times."""
        job = {"given": given, "forgery": asdict(forgery)}
        return {
            **github_variables(github_claims(**given)),
            # GitHub's own address has a query too: clients that add `?audience=` are wrong.
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}{RUNTIME}?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": _json(job),
        }

    def gitlab_job(self, forgery: Forgery = HONEST, **given: str | int | None) -> dict[str, str]:
        """The variables of a GitLab job with `id_tokens: SIGSTORE_ID_TOKEN`: one token, minted now."""
        claims = gitlab_claims(**given)
        token = self.all.get(str(claims.get("iss")), self.gitlab).token(claims, forgery)
        return {**gitlab_variables(claims), "SIGSTORE_ID_TOKEN": token}

    def _answer(self, request: Request) -> Answer:
        for index, (path, answer) in enumerate(self._next):
            if path == request.path:
                del self._next[index]
                return answer
        if not request.host:
            return self._mint(request) if request.path == RUNTIME else Answer(404)
        for issuer in self.all.values():
            if issuer.url + DISCOVERY == f"https://{request.host}{request.path}":
                return Answer.of(issuer.discovery())
            if issuer.jwks_url == f"https://{request.host}{request.path}":
                return Answer.of(issuer.jwks())
        return Answer(404)

    def _mint(self, request: Request) -> Answer:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        try:
            job = json.loads(base64.urlsafe_b64decode(bearer + "=" * (-len(bearer) % 4)))
        except ValueError:
            return Answer(401)
        if scheme.lower() != "bearer" or "api-version" not in request.query:
            return Answer(401 if scheme.lower() != "bearer" else 400)
        claims: Claims = github_claims(**job["given"])
        if "aud" not in job["given"]:
            claims["aud"] = request.query.get("audience", f"https://github.com/{claims['repository_owner']}")
        token = self.github.token(claims, Forgery(**job["forgery"]))
        return Answer.of({"count": len(token), "value": token})


_KEYS: dict[str, rsa.RSAPrivateKey] = {}
_MAKING = threading.Lock()


def _rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key for each name in this process: making one takes a tenth of a second. Requests come side by side."""
    with _MAKING:
        if name not in _KEYS:
            _KEYS[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return _KEYS[name]


def _tls(home: Path, root: Path, names: list[str]) -> ssl.SSLContext:
    made = make_tls(names)
    pair = home / "issuers-tls.pem"
    root.write_bytes(made.root)
    pair.write_bytes(made.key + made.chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context


def _json(document: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(document, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")

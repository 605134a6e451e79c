"""What a keyless signer needs beside its services: a job's tokens, and a time that passes without waiting."""

from __future__ import annotations

import base64
import json
import threading
import time
from datetime import datetime, timedelta, timezone

from tests.fakes.sigstore.claims import Claims, github_claims
from tests.fakes.sigstore.identities import Identity as Named
from tests.fakes.sigstore.paper_server import PaperServer

from gitless.errors import RemoteError
from gitless.model.identity import Identity
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken
from gitless.model.workload import EXTENSIONS, Workload
from gitless.signing.instance import Version, private_instance
from gitless.signing.keyless import KeylessSigner
from gitless.web.patience import Patience


class Time:
    """The machine's time, moved on by every wait; implements `Clock`."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.passed, timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic() + self.passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.passed += seconds
            self.waits.append(seconds)

    def patience(self, attempts: int = 30, total_seconds: float = 120.0) -> Patience:
        """The product's patience, at this time."""
        return Patience(
            attempts,
            total_seconds,
            now=self.monotonic,
            sleep=self.sleep,
            uniform=lambda low, high: high,
            read_seconds=10.0,
        )


class Tokens:
    """A token source without a signature to verify; implements `TokenSource`.

    Args:
        clock: The time tokens are minted at.
        only: Whether there is one token, as on GitLab, or a fresh one each time.
        seconds: How long one lives.
    """

    def __init__(self, clock: Time, *, only: bool = False, seconds: float = 300.0, **claims: str) -> None:
        self.given = 0
        self._clock, self._only, self._seconds, self._claims = clock, only, seconds, claims
        self._first = self._mint()

    def token(self, seconds: float) -> IdentityToken:
        self.given += 1
        token = self._first if self._only else self._mint()
        if token.expires < self._clock.now() + timedelta(seconds=seconds):
            raise RemoteError("The job's token ran out.", temporary=False)
        return token

    @property
    def workload(self) -> Workload:
        """What the tokens say."""
        return self._first.workload

    def _mint(self) -> IdentityToken:
        at = self._clock.now()
        claims = github_claims(iat=int(at.timestamp()), **self._claims)
        claims["exp"] = int(claims["iat"]) + int(self._seconds)
        expires = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
        return IdentityToken(Secret(unsigned(claims)), "github", workload_of(claims), expires)


def unsigned(claims: Claims) -> str:
    """A token with these claims, and a signature that nobody looks at."""
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    return ".".join([*(_base64url(json.dumps(part).encode()) for part in parts), _base64url(b"signature")])


def workload_of(claims: Claims) -> Workload:
    """What a certificate for these claims says."""
    named = Named.from_github(claims)
    values = {attribute: named.values.get(arc, "") for attribute, arc in EXTENSIONS.items()}
    return Workload(Identity(named.values[8], named.subject), **values)


def signer_for(
    server: PaperServer,
    clock: Time,
    tokens: Tokens | None = None,
    rekor: Version = 2,
    patience: Patience | None = None,
) -> KeylessSigner:
    """A signer that uses the server's instance."""
    instance = private_instance(server.paper.trusted_root(), server.paper.signing_config(server.url, rekor), rekor)
    return KeylessSigner(instance, tokens or Tokens(clock), clock, env={}, patience=patience or clock.patience())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

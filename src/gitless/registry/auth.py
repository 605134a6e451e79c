"""Tokens of one host, kept apart by repository and actions; asks the realm, never the user."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gitless.errors import RemoteError, UntrustedContentError
from gitless.model.canonical import read_json_object
from gitless.model.secret import Secret
from gitless.registry.credentials import Credential
from gitless.registry.hosts import check_realm
from gitless.registry.wire import Challenge, absolute, parse_challenge

_MARGIN_SECONDS = 10.0
_MAX_TOKEN = 64 * 1024
PULL = "pull"
PULL_PUSH = "pull,push"


class AskRealm(Protocol):
    """Sends one request to a token realm and returns the body of its 200 answer."""

    def __call__(self, method: str, url: str, *, fields: Mapping[str, str], authorization: Secret | None) -> bytes:
        """Send it; RemoteError for any other answer."""
        ...


@dataclass(frozen=True)
class _Token:
    value: Secret
    expires_at: float


@dataclass
class Authorizer:
    """Knows how one host wants to be asked, and holds the tokens it gave.

    Attributes:
        home: The registry's address.
        find: Finds the credential of a repository path.
        now: A monotonic clock in seconds.
        realm_host: One more host that may make tokens.
    """

    home: str
    find: Callable[[str], Credential | None]
    now: Callable[[], float]
    realm_host: str = ""
    _challenge: Challenge | None = None
    _tokens: dict[tuple[str, str], _Token] = field(default_factory=dict, repr=False)
    _credentials: dict[str, Credential | None] = field(default_factory=dict, repr=False)
    _locks: dict[str, threading.RLock] = field(default_factory=dict, repr=False)

    def header(self, repository: str, actions: str, ask: AskRealm) -> Secret | None:
        """The Authorization header for a request, or None before the host has asked for one.

        With a credential a token for pull and push is asked for at once, so that a run needs one token only.

        Args:
            repository: The repository's name in the API.
            actions: PULL or PULL_PUSH, what the request needs.
            ask: Sends the token request.

        Raises:
            RemoteError: The realm refused.
            UntrustedContentError: The realm must not see the credential, or answered malformed.
        """
        with self._lock(repository):
            if self._challenge is None:
                return None
            credential = self.credential(repository)
            if self._challenge.scheme == "basic":
                return credential.basic if credential and credential.username else None
            if credential and credential.bearer:
                return Secret(f"Bearer {credential.bearer.reveal()}")
            return self._bearer(repository, actions, credential, ask)

    def learn(self, header: str, repository: str, used: Secret | None) -> bool:
        """Take in the challenge of a 401; whether asking again can help.

        Args:
            header: The WWW-Authenticate header.
            repository: The repository that was asked for.
            used: The Authorization the refused request carried.
        """
        challenge = parse_challenge(header)
        if challenge is None:
            return False
        with self._lock(repository):
            credential = self.credential(repository)
            known, self._challenge = self._challenge, challenge
            if challenge.scheme == "basic" or (credential and credential.bearer):
                return bool(credential) and used is None
            for key in ((repository, PULL), (repository, PULL_PUSH)):
                token = self._tokens.get(key)
                # a token another thread has fetched meanwhile stays
                if token and used == Secret(f"Bearer {token.value.reveal()}"):
                    del self._tokens[key]
            return True if used is None else known is not None

    def credential(self, repository: str) -> Credential | None:
        """The credential for a repository, looked up once."""
        with self._lock(repository):
            if repository not in self._credentials:
                self._credentials[repository] = self.find(repository)
            return self._credentials[repository]

    def shares_access(self, first: str, second: str) -> bool:
        """Whether a request for the first repository may read the second one too.

        Tokens name one repository; a token for two costs as many requests as a mount would save.
        """
        if self._challenge is None:
            return True
        credential = self.credential(first)
        if credential != self.credential(second):
            return False
        return self._challenge.scheme == "basic" or bool(credential and credential.bearer)

    def _lock(self, repository: str) -> threading.RLock:
        # one for each repository: fifty tokens are fetched side by side, and none of them twice
        return self._locks.setdefault(repository, threading.RLock())

    def _bearer(self, repository: str, actions: str, credential: Credential | None, ask: AskRealm) -> Secret:
        for key in ((repository, PULL_PUSH), (repository, actions)):
            token = self._tokens.get(key)
            if token and token.expires_at - _MARGIN_SECONDS > self.now():
                return Secret(f"Bearer {token.value.reveal()}")
        wanted = PULL_PUSH if credential else actions
        try:
            token = self._fetch(repository, wanted, credential, ask)
        except RemoteError as error:
            # some realms refuse the whole request where they would grant a part of it
            if wanted == actions or error.status not in (401, 403):
                raise
            wanted = actions
            token = self._fetch(repository, wanted, credential, ask)
        self._tokens[repository, wanted] = token
        return Secret(f"Bearer {token.value.reveal()}")

    def _fetch(self, repository: str, actions: str, credential: Credential | None, ask: AskRealm) -> _Token:
        assert self._challenge is not None
        realm = absolute(self.home, self._challenge.realm)
        check_realm(self.home, realm, self.realm_host)
        fields = {"service": self._challenge.service, "scope": f"repository:{repository}:{actions}"}
        if credential and credential.refresh_token:
            fields |= {
                "grant_type": "refresh_token",
                "client_id": "gitless",
                "refresh_token": credential.refresh_token.reveal(),
            }
            body = ask("POST", realm, fields=fields, authorization=None)
        else:
            basic = credential.basic if credential else None
            body = ask("GET", realm, fields=fields, authorization=basic)
        return self._read(read_json_object(body, "The token realm's answer"))

    def _read(self, answer: Mapping[str, Any]) -> _Token:
        value = answer.get("token") or answer.get("access_token")
        if not isinstance(value, str) or len(value) > _MAX_TOKEN or not value.isprintable():
            raise UntrustedContentError("The token realm answered without a usable token.")
        seconds = answer.get("expires_in")
        # 60 seconds is the default of the distribution token specification
        lifetime = float(seconds) if isinstance(seconds, int) and 0 < seconds < 10**6 else 60.0
        return _Token(Secret(value), self.now() + lifetime)

"""The job's own OIDC token on GitHub and GitLab; implements the port `TokenSource`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from gitless.ci.documents import Documents
from gitless.ci.job import AUDIENCE as AUDIENCE
from gitless.ci.job import REQUEST_TOKEN, REQUEST_URL, describe_job, issuer_of
from gitless.ci.jwks import IssuerKeys
from gitless.ci.token_check import TokenCheck
from gitless.errors import CheckError, RemoteError
from gitless.identity.preflight import check_job
from gitless.model.secret import Secret
from gitless.model.token import IdentityToken
from gitless.ports import Clock

MAX_ANSWER_BYTES = 64 * 1024


class _JobTokens:
    """What both platforms' sources share: what a token must be, the time, and who issues."""

    def __init__(self, check: TokenCheck, clock: Clock) -> None:
        self._check, self._clock = check, clock
        self._lock = threading.Lock()

    @property
    def platform(self) -> Literal["github", "gitlab"]:
        """Who issues the job's tokens."""
        return self._check.platform

    @property
    def issuer(self) -> str:
        """The configured issuer."""
        return self._check.keys.issuer

    def prepare(self) -> None:
        """Begin to fetch the issuer's keys beside other work."""
        self._check.keys.prepare()


class GitHubTokens(_JobTokens):
    """Tokens that GitHub mints on demand; each is valid for five minutes.

    Args:
        url: ACTIONS_ID_TOKEN_REQUEST_URL, which has a query already.
        bearer: ACTIONS_ID_TOKEN_REQUEST_TOKEN; it goes to that address only.
        check: What a token must be.
        documents: How to ask.
        clock: The current time.
    """

    def __init__(self, url: str, bearer: Secret, check: TokenCheck, documents: Documents, clock: Clock) -> None:
        super().__init__(check, clock)
        mark = "&" if "?" in url else "?"
        self._url = f"{url}{mark}audience={quote(check.audience, safe='')}"
        self._authorization = Secret(f"Bearer {bearer.reveal()}")
        self._documents = documents
        self._last: IdentityToken | None = None

    def token(self, seconds: float) -> IdentityToken:
        """See `ports.TokenSource`; asks GitHub only when the last token ends too soon."""
        self.prepare()
        with self._lock:
            now = self._clock.now()
            if self._last is None or _left(self._last, now) < seconds:
                self._last = self._mint(seconds)
            return self._last

    def _mint(self, seconds: float) -> IdentityToken:
        doing = "get the job's identity token from GitHub"
        value = self._documents.get(self._url, doing, MAX_ANSWER_BYTES, self._authorization).get("value")
        if not isinstance(value, str):
            raise RemoteError(f"Cannot {doing}.", why="The answer holds no token.")
        now = self._clock.now()
        token = self._check.verify(Secret(value), now, fresh=True)
        if _left(token, now) < seconds:
            raise _too_short(token, now, seconds, "GitHub's tokens are valid for five minutes, by GitHub's clock.")
        if self._last and token.workload != self._last.workload:
            changed = ", ".join(self._last.workload.differences(token.workload))
            raise CheckError("The job's identity changed while it ran.", why=f"Another token differs in {changed}.")
        return token


class GitLabTokens(_JobTokens):
    """The one token that GitLab fixed when the job started.

    Args:
        raw: The token.
        check: What it must be.
        clock: The current time.
    """

    def __init__(self, raw: Secret, check: TokenCheck, clock: Clock) -> None:
        super().__init__(check, clock)
        self._raw = raw
        self._verified: IdentityToken | None = None

    def token(self, seconds: float) -> IdentityToken:
        """See `ports.TokenSource`."""
        with self._lock:
            now = self._clock.now()
            if self._verified is None:
                self._verified = self._check.verify(self._raw, now, fresh=False)
            if _left(self._verified, now) < seconds:
                raise _too_short(
                    self._verified, now, seconds, "GitLab fixes the token when the job starts, for the job's timeout."
                )
            return self._verified


def detect_tokens(
    env: Mapping[str, str],
    clock: Clock,
    *,
    server: str | None = None,
    issuer: str | None = None,
    audience: str = AUDIENCE,
) -> GitHubTokens | GitLabTokens | None:
    """The token source of this job; None outside of GitHub Actions and GitLab CI.

    Args:
        env: The environment.
        clock: The current time.
        server: Web address of the platform's server as configured; None for the one the environment names.
        issuer: The configured issuer; None for the one that belongs to the server.
        audience: Whom the token is for: the client id that Fulcio expects.

    Raises:
        UsageError: The job has no token, or may not have one; the hint holds the lines to paste.
    """
    job = describe_job(env, audience)
    if job is None:
        return None
    check_job(job)
    documents, at = Documents(env, clock), server or job.server
    check = TokenCheck(job.platform, at, audience, IssuerKeys(issuer_of(job, server, issuer), documents))
    if job.platform == "github":
        return GitHubTokens(env[REQUEST_URL], Secret(env[REQUEST_TOKEN]), check, documents, clock)
    return GitLabTokens(Secret(env[job.variable]), check, clock)


def _left(token: IdentityToken, now: datetime) -> float:
    return (token.expires - now).total_seconds()


def _too_short(token: IdentityToken, now: datetime, seconds: float, why: str) -> RemoteError:
    return RemoteError(
        f"The job's identity token ends in {_left(token, now):.0f} s, and {seconds:.0f} s are needed.",
        why=why,
        hint="Run the job again; it completes the work.",
    )
